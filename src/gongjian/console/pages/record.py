"""The audit record, for auditors."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gongjian.audit.actions import record
from gongjian.audit.models import AuditEntry
from gongjian.audit.queries import entries, sealed_up_to, verify
from gongjian.console.access import ConsoleRight
from gongjian.console.frame import frame, language_of
from gongjian.console.words import ACTIONS, AREAS, actor_kind, detail, thing
from gongjian.identity.guard import guarded
from gongjian.identity.models import User
from gongjian.identity.queries import names_of, roles, units
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rules import fold_name
from gongjian.web.downloads import csv_response
from gongjian.web.paging import BadCursor, Keyset, Page
from gongjian.web.parts import Option
from gongjian.web.searching import NO_WORDS, Sought, sought
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day, local_moment, midnight

PAGE = 50
ORDER = Keyset("-id")
BATCH, MOST_TAKEN = 1_000, 200_000  # entries of the table that are read at once, and in all
CHECKED = timedelta(days=7)
SOUGHT = ("who", "object")
FIELDS = ("area", *SOUGHT, "from", "to")
NOBODY = -1


@dataclass(frozen=True)
class Line:
    at: datetime
    act: str
    code: str
    who: str
    unit: str
    object: str
    detail: str


@guarded(ConsoleRight.ENTRIES_READ)
@require_safe
def audit(request: ActorRequest) -> HttpResponse:
    """Show what was recorded, newest first, and on demand whether it is whole."""
    asked = _asked(request)
    rows = _found(asked)
    try:
        page: Page[AuditEntry] = ORDER.page(rows, size=PAGE, cursor=request.GET.get("after", ""))
    except BadCursor:
        page = ORDER.page(rows, size=PAGE)
    kept = {name: value for name, value in asked.items() if value}
    context = {
        **frame(request, "audit"),
        "lines": _lines(page.rows, language_of(request)),
        "page": page,
        "asked": asked,
        "none_words": _vain(asked).told(_("没有这样的记录。")),
        "areas": [Option(code, str(words), code == asked["area"]) for code, words in AREAS.items()],
        "sealed": sealed_up_to(),
        "found": verify(since=now() - CHECKED) if "verify" in request.GET else None,
        "verify_url": f"{reverse('console:audit')}?{urlencode({**kept, 'verify': '1'})}",
        "more_url": f"{reverse('console:audit')}?{urlencode({**kept, 'after': page.next})}",
        "table_url": f"{reverse('console:audit_table')}?{urlencode(kept)}",
    }
    return render(request, "console/audit.html", context)


@guarded(ConsoleRight.ENTRIES_READ)
@require_safe
def audit_table(request: ActorRequest) -> HttpResponseBase:
    """Hand out the entries that were asked for as a table, a batch at a time; that it was taken is an entry too."""
    at, asked = now(), _asked(request)
    record(
        action="hotline.export",
        actor_kind=request.actor.kind,
        actor_id=request.actor.user_id,
        unit_id=request.actor.unit_id,
        object_kind="case_list",
        object_id="audit",
        detail=urlencode({name: value for name, value in asked.items() if value}),
        at=at,
    )
    heads = (_("编号"), _("时间"), _("谁"), _("单位"), _("做了什么"), _("代码"), _("对象"), _("细节"))
    rows = _table(_found(asked), language_of(request))
    return csv_response(name=f"{_('审计')}-{local_day(at)}", columns=heads, rows=rows)


def _asked(request: ActorRequest) -> dict[str, str]:
    return {name: sought(request.GET, name, most=80).words for name in FIELDS}


def _vain(asked: dict[str, str]) -> Sought:
    """Return the words that could find nothing, where some were asked for."""
    return next((one for one in map(Sought, (asked[name] for name in SOUGHT)) if one.vain), NO_WORDS)


def _found(asked: dict[str, str]) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.none() if _vain(asked).vain else entries(**_filters(asked))


def _table(found: QuerySet[AuditEntry], language: str) -> Iterator[tuple[Any, ...]]:
    """Yield the entries newest first, as the page words them: one statement and one for the names each batch."""
    last: int | None = None
    taken = 0
    while taken < MOST_TAKEN:
        rows = found if last is None else found.filter(pk__lt=last)
        batch = list(rows.order_by("-id")[:BATCH])
        if not batch:
            return
        for row, line in zip(batch, _lines(batch, language), strict=True):
            moment = f"{local_moment(line.at):%Y-%m-%d %H:%M:%S}"
            yield row.pk, moment, line.who, line.unit, line.act, line.code, line.object, line.detail
        last, taken = batch[-1].pk, taken + len(batch)


def _filters(asked: dict[str, str]) -> dict[str, Any]:
    """Return what to ask the record for; a user name nobody bears finds nothing."""
    kind, _colon, number = asked["object"].strip().partition(":")
    since, until = _day(asked["from"]), _day(asked["to"], after=1)
    chosen: dict[str, Any] = {
        "action": asked["area"] if asked["area"] in AREAS else "",
        "object_kind": kind,
        "object_id": number,
        "since": since,
        "until": until,
    }
    if asked["who"]:
        found = User.objects.filter(username=fold_name(asked["who"])).values_list("pk", flat=True).first()
        chosen["actor_id"] = found or NOBODY
    return chosen


def _day(text: str, *, after: int = 0) -> datetime | None:
    """Return the beginning of a day, or of the day so many days later; None for what is no day."""
    try:
        return midnight(date.fromisoformat(text) + timedelta(days=after))
    except (ValueError, OverflowError):
        return None


def _lines(rows: list[AuditEntry], language: str) -> list[Line]:
    acting = {row.actor_id for row in rows if row.actor_id is not None}
    concerned = {int(row.object_id) for row in rows if _names_user(row)}
    names = names_of(acting | concerned)
    book = units().by_id
    posts = {one.code: one.name(language) for one in roles().values()} | {
        one.code: one.short(language) for one in book.values()
    }
    lines = []
    for row in rows:
        unit = book.get(row.unit_id) if row.unit_id else None
        who = names.get(row.actor_id, _("已删除的账号")) if row.actor_id else actor_kind(row.actor_kind)
        called = names.get(int(row.object_id), "") if _names_user(row) else ""
        what = f"{thing(row.object_kind)} {row.object_id} {called}".strip()
        act, said = str(ACTIONS.get(row.action, row.action)), detail(row.detail, posts)
        lines.append(Line(row.at, act, row.action, who, unit.short(language) if unit else "", what, said))
    return lines


def _names_user(row: AuditEntry) -> bool:
    return row.object_kind == "user" and row.object_id.isdecimal()
