"""Which notices somebody wants by which way, and the messages that did not arrive."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_time
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongjian.audit.actions import record
from gongjian.console.access import ConsoleRight
from gongjian.console.frame import frame, in_office, own_tabs
from gongjian.domains.hotline.queries.everyday import cases_of
from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import require_user
from gongjian.notify import actions, queries
from gongjian.notify.kinds import Kind, comes_unasked, kind_of, kinds_for
from gongjian.notify.models import Channel, Message, Urgency
from gongjian.web.downloads import csv_response
from gongjian.web.forms import TooLongError, words_of
from gongjian.web.paging import BadCursor, Keyset, Page
from gongjian.web.parts import Crumb, Filter, Option
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day, local_minute

PAGE: Final = 50
MOST_TAKEN: Final = 10_000  # rows of the table that is taken out
ORDER: Final = Keyset("-id")
LONGEST_WHY: Final = 200
MOST_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Box:
    """One way one kind can come: chosen or not, or not to be chosen."""

    name: str
    label: str
    on: bool
    offered: bool


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    fixed: str
    boxes: Sequence[Box]


@guarded(IdentityRight.SESSIONS_OWN, resident=True)
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: ActorRequest) -> HttpResponse:
    """Show and keep by which ways this person wants to be told, and when no text messages."""
    user_id, reader = require_user(request.actor), request.actor.kind
    kinds, wrong = kinds_for(reader), ""
    if request.method == "POST":
        wrong, span = _span(request.POST)
        if not wrong:
            _keep(user_id, reader, kinds, request.POST)
            actions.set_quiet_hours(user_id=user_id, span=span)
            messages.success(request, _("记住了，从下一条通知起照这样。"))
            return redirect("console:notice_choices")
    quiet = queries.quiet_hours(user_id)
    chosen = queries.preferences(user_id)
    channels = [c for c in Channel.values if any(c in kind.channels for kind in kinds)]
    context = {
        **frame(request, "profile"),
        "tabs": own_tabs(request.actor, "notice_choices"),
        "channels": [str(Channel(c).label) for c in channels],
        "rows": [_row(kind, channels, chosen, reader) for kind in kinds],
        "starts": request.POST.get("starts") or (quiet[0].isoformat("minutes") if quiet else ""),
        "ends": request.POST.get("ends") or (quiet[1].isoformat("minutes") if quiet else ""),
        "wrong": wrong,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "console/own_notice_choices.html", context, status=status)


def _row(kind: Kind, channels: Sequence[str], chosen: Mapping[tuple[str, str], bool], reader: str) -> Row:
    boxes = [
        Box(
            name=f"{kind.template}:{channel}",
            label=f"{kind.label} {Channel(channel).label}",
            on=bool(kind.fixed) or chosen.get((kind.template, channel), comes_unasked(channel, reader)),
            offered=channel in kind.channels,
        )
        for channel in channels
    ]
    return Row(str(kind.label), str(kind.fixed), boxes)


def _keep(user_id: int, reader: str, kinds: Sequence[Kind], data: QueryDict) -> None:
    """Write down what differs from what holds: a box that is not sent is not ticked."""
    held = queries.preferences(user_id)
    for kind in kinds:
        for channel in kind.channels if not kind.fixed else ():
            wanted = f"{kind.template}:{channel}" in data
            if wanted != held.get((kind.template, channel), comes_unasked(channel, reader)):
                actions.set_preference(user_id=user_id, kind=kind.template, channel=channel, on=wanted)


def _span(data: QueryDict) -> tuple[str, tuple[time, time] | None]:
    """Return what is wrong with the quiet hours, and the hours; both fields empty mean none."""
    given = [data.get("starts", "").strip(), data.get("ends", "").strip()]
    if not any(given):
        return "", None
    found = []
    for text in given:
        try:
            found.append(parse_time(text))
        except ValueError:
            found.append(None)
    starts, ends = found
    if starts is None or ends is None:
        return _("免打扰时间：开始和结束都要写，比如 12:00 和 14:00。"), None
    if starts == ends:
        return _("免打扰时间：开始和结束不能一样。"), None
    return "", (starts, ends)


@dataclass(frozen=True, slots=True)
class Lost:
    """One message that did not arrive, as the list shows it: no address, no words."""

    id: int
    kind: str
    channel: str
    to: str
    reason: str
    detail: str
    tries: int
    at: datetime
    case: str
    case_url: str
    again: bool  # can be sent once more


@guarded(ConsoleRight.NOTICES_MEND)
@require_safe
def undelivered(request: ActorRequest) -> HttpResponse:
    """Show the messages that did not arrive, newest first."""
    return _undelivered(request)


def _undelivered(request: ActorRequest, wrong: str = "") -> HttpResponse:
    channel = request.GET.get("channel", "")
    channel = channel if channel in {Channel.SMS, Channel.EMAIL} else ""
    rows = _rows(channel)
    try:
        page: Page[Message] = ORDER.page(rows, size=PAGE, cursor=request.GET.get("after", ""))
    except BadCursor:
        page = ORDER.page(rows, size=PAGE)
    options = [Option(c, str(Channel(c).label), c == channel) for c in (Channel.SMS, Channel.EMAIL)]
    counted = queries.undelivered()
    context = {
        **frame(request, "office"),
        "lines": _lines(page.rows),
        "page": page,
        "more_url": f"?channel={channel}&after={page.next}",
        "filters": [Filter("channel", _("哪一路"), [Option("", _("短信和邮件")), *options])],
        "channel": channel,
        "total": counted.total,
        "oldest": counted.oldest_at,
        "wrong": wrong,
        "why": words_of(request, "why"),  # as it was typed, where it was refused
        "chosen": frozenset(_chosen(request.POST)),
        "crumbs": in_office(request.actor, Crumb(_("没有送达的通知"))),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "console/undelivered.html", context, status=status)


def _rows(channel: str) -> Any:
    rows = queries.lost().select_related("recipient_contact", "recipient_user")
    rows = rows.defer("recipient_contact__name", "recipient_contact__phone", "recipient_contact__email")
    return rows.filter(channel=channel) if channel else rows


def _lines(found: Sequence[Message]) -> list[Lost]:
    cases = cases_of([m.recipient_contact_id for m in found if m.recipient_contact_id is not None])
    return [_line(message, cases.get(message.recipient_contact_id or 0, "")) for message in found]


def _line(message: Message, case: str) -> Lost:
    kind, user, contact = kind_of(message.template), message.recipient_user, message.recipient_contact
    name = (user.name or user.username) if user is not None and user.kind != "resident" else ""
    to = name if user is not None else f"{contact.mask_name} {contact.mask_phone}" if contact else ""
    return Lost(
        id=message.pk,
        kind=str(kind.label) if kind is not None else message.template,
        channel=str(Channel(message.channel).label),
        to=to.strip() or _("居民"),
        reason=str(message.get_reason_display()),
        detail=message.detail,
        tries=message.tries,
        at=message.created_at,
        case=case,
        case_url=reverse("hotline:case", args=[case]) if case else "",
        again=message.urgency != Urgency.CODE,
    )


@guarded(ConsoleRight.NOTICES_MEND)
@require_POST
def undelivered_act(request: ActorRequest) -> HttpResponse:
    """Send the chosen messages once more, or give them up with what was done instead."""
    at, chosen = now(), _chosen(request.POST)
    if not chosen:
        return _undelivered(request, _("没有选中的通知。先在前面打勾。"))
    if request.POST.get("act") == "again":
        n = actions.send_again(message_ids=chosen, actor=request.actor, at=at)
        messages.success(request, _("%(n)s 条再发一次。还没有送达会回到这里。") % {"n": n})
        return redirect("console:undelivered")
    try:
        why = words_of(request, "why", LONGEST_WHY)
    except TooLongError as long:
        return _undelivered(request, str(long))
    if not why:
        return _undelivered(request, _("不再发要写一句为什么，比如：已打电话告诉本人。"))
    n = actions.give_up(message_ids=chosen, why=why, actor=request.actor, at=at)
    messages.success(request, _("%(n)s 条不再发。") % {"n": n})
    return redirect("console:undelivered")


def _chosen(data: QueryDict) -> list[int]:
    given = data.getlist("message")[:MOST_AT_ONCE]
    return [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 18]  # noqa: PLR2004 bigint


@guarded(ConsoleRight.NOTICES_MEND)
@require_safe
def undelivered_table(request: ActorRequest) -> HttpResponseBase:
    """Hand out the list as a table, without words and addresses."""
    at = now()
    channel = request.GET.get("channel", "")
    record(
        action="hotline.export",
        actor_kind=request.actor.kind,
        actor_id=request.actor.user_id,
        unit_id=request.actor.unit_id,
        object_kind="case_list",
        object_id="undelivered",
        at=at,
    )
    heads = [_("什么通知"), _("哪一路"), _("给谁"), _("原因"), _("网关的话"), _("试了几次"), _("写于"), _("件号")]
    return csv_response(name=f"{_('没有送达的通知')}-{local_day(at)}", columns=heads, rows=_cells(channel))


def _cells(channel: str) -> Iterator[Sequence[Any]]:
    lost = _rows(channel if channel in Channel.values else "")[:MOST_TAKEN]
    for one in _lines(list(lost)):
        yield (one.kind, one.channel, one.to, one.reason, one.detail, one.tries, local_minute(one.at), one.case)
