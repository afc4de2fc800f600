"""The audit record, for auditors."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

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
from gongjian.web.paging import BadCursor, Keyset, Page
from gongjian.web.parts import Option
from gongjian.workdays.clock import now
from gongjian.workdays.rules import SHANGHAI

PAGE = 50
ORDER = Keyset("-id")
CHECKED = timedelta(days=7)
FIELDS = ("area", "who", "object", "from", "to")
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
    asked = {name: request.GET.get(name, "").strip()[:80] for name in FIELDS}
    rows = entries(**_filters(asked))
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
        "areas": [Option(code, str(words), code == asked["area"]) for code, words in AREAS.items()],
        "sealed": sealed_up_to(),
        "found": verify(since=now() - CHECKED) if "verify" in request.GET else None,
        "verify_url": f"{reverse('console:audit')}?{urlencode({**kept, 'verify': '1'})}",
        "more_url": f"{reverse('console:audit')}?{urlencode({**kept, 'after': page.next})}",
    }
    return render(request, "console/audit.html", context)


def _filters(asked: dict[str, str]) -> dict[str, Any]:
    """Return what to ask the record for; a user name nobody bears finds nothing."""
    kind, _colon, number = asked["object"].partition(":")
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
        return datetime.combine(date.fromisoformat(text) + timedelta(days=after), time(), SHANGHAI)
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
