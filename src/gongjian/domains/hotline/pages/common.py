"""What the hotline's pages share: navigation by rights, rows of lists, a case or 404, refusals as form errors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.http import Http404
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gongjian.casework.access import CaseworkRight
from gongjian.casework.errors import CaseError, IllegalMoveError, LastChange, RefusedError, StaleCaseError
from gongjian.casework.kinds import Badge, kind_of
from gongjian.casework.models import Case
from gongjian.casework.queries import Desk, count
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.queries import case_for, catalogue
from gongjian.identity.actor import Actor
from gongjian.identity.queries import units
from gongjian.notify.queries import unread
from gongjian.places.queries import communities
from gongjian.web.forms import Form
from gongjian.web.parts import DueBadge, NavItem, StateBadge
from gongjian.web.words import ago_words, due_state, due_words
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import remaining

ICONS: Final = {
    Badge.HOLD: "x",
    Badge.INFO: "clock",
    Badge.LATE: "bounce",
    Badge.OK: "check-circle",
    Badge.SOON: "alert",
}
# Desks of the hotline: name of the page, the right that opens it, icon, shortcut.
DESKS: Final = (
    ("call_desk", HotlineRight.CASE_INTAKE, "phone", "g c"),
    ("board", HotlineRight.CASE_DISPATCH, "transfer", "g b"),
    ("inbox", HotlineRight.CASE_READ_UNIT, "list", "g m"),
    ("review", HotlineRight.CASE_REVIEW, "check", "g r"),
    ("callback", HotlineRight.CASE_CALLBACK, "bell", "g k"),
    ("supervise", HotlineRight.CASE_SUPERVISE, "shield", "g s"),
    ("figures", CaseworkRight.FIGURES_READ, "home", "g f"),
    ("search", HotlineRight.CASE_READ_UNIT, "search", "g q"),
)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case as lists show it: no contact data, names instead of ids, words instead of codes."""

    number: str
    title: str
    url: str
    kind: str
    topic: str
    unit: str
    community: str
    state: StateBadge
    due: DueBadge | None
    urgent: int
    opened_at: datetime
    due_at: datetime | None
    version: int
    id: int


def chinese() -> bool:
    return not (get_language() or "").startswith("en")


def named(thing: object | None) -> str:
    """Return name_zh or name_en of a unit, topic or community in the reader's language."""
    return "" if thing is None else str(getattr(thing, "name_zh" if chinese() else "name_en"))


def desk_words() -> dict[str, str]:
    return {
        "call_desk": _("话务台"),
        "board": _("派件台"),
        "inbox": _("我的件"),
        "review": _("审核"),
        "callback": _("回访"),
        "supervise": _("督办"),
        "figures": _("统计"),
        "search": _("查件"),
    }


def desk_nav(actor: Actor, current: str) -> list[NavItem]:
    """Return the entries of the top bar that this actor may open."""
    words = desk_words()
    hidden = {"inbox"} if actor.can(HotlineRight.CASE_INTAKE) or actor.can(HotlineRight.CASE_SUPERVISE) else set()
    return [
        NavItem(words[name], reverse(f"hotline:{name}"), icon, current=name == current, key=key)
        for name, right, icon, key in DESKS
        if (actor.can(right) or (name == "search" and actor.can(HotlineRight.CASE_READ_ALL))) and name not in hidden
    ]


def frame(actor: Actor, current: str) -> dict[str, object]:
    """Return what every staff page hands to its frame: navigation and unread notices (one statement)."""
    return {"desk": desk_nav(actor, current), "unread": unread(actor.user_id) if actor.user_id else 0}


def open_count(states: Sequence[str], units_: frozenset[int] | None = None) -> int:
    """Return how many open cases stand in these states, up to the cap."""
    return count(Desk(units=units_, states=tuple(states)))


def state_badge(case: Case) -> StateBadge:
    state = kind_of(case.kind).state_of[case.state]
    return StateBadge(state.badge, str(state.label), ICONS[state.badge])


def due_badge(case: Case, at: datetime, *, started_at: datetime | None = None) -> DueBadge | None:
    """Return how long is left until the nearest deadline; None for a closed case."""
    if case.due_at is None:
        return None
    left = remaining(case.due_at, at, calendar())
    if case.state == "waiting_citizen":
        return due_words(left, hold=_("等居民"))
    state = due_state(started_at=started_at or case.opened_at, due_at=case.due_at, at=at)
    # Days count as working days only where the term is long enough to be one in days.
    return due_words(left, state=state, working=case.due_at - case.opened_at > timedelta(days=1))


def rows(cases: Iterable[Case], at: datetime) -> list[CaseRow]:
    """Return list rows without any further statement: names come from memory."""
    topics = catalogue(at).topics
    places = {c.id: c for c in communities()}
    book = units().by_id
    return [
        CaseRow(
            number=case.number,
            title=case.title,
            url=reverse("hotline:case", args=[case.number]),
            kind=str(kind_of(case.kind).label),
            topic=named(topics.get(case.topic_id)) if case.topic_id else "",
            unit=_short(book.get(case.holder_unit_id)) if case.holder_unit_id else "",
            community=named(places.get(case.community_id)) if case.community_id else "",
            state=state_badge(case),
            due=due_badge(case, at),
            urgent=case.urgency,
            opened_at=case.opened_at,
            due_at=case.due_at,
            version=case.version,
            id=case.pk,
        )
        for case in cases
    ]


def _short(unit: object | None) -> str:
    return "" if unit is None else str(getattr(unit, "short_zh" if chinese() else "short_en"))


def case_or_404(actor: Actor, number: str) -> Case:
    """Return the case with its request, or 404 for what does not exist or is out of reach."""
    case = case_for(actor=actor, number=number)
    if case is None:
        raise Http404(number)
    return case


def as_read(case: Case, version: str) -> Case:
    """Set the version the reader's page was drawn from, so that a page that has gone stale loses the race."""
    if version.isdigit():
        case.version = int(version)
    return case


def show_refusal(form: Form, error: CaseError, at: datetime) -> None:
    """Put a refusal where the reader can mend it: at its field, or on top."""
    if isinstance(error, RefusedError):
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
    elif isinstance(error, StaleCaseError):
        form.add_error(None, stale_words(error.change, at))
    elif isinstance(error, IllegalMoveError):
        form.add_error(None, _("这一件已经不在能这样办的一步了。刷新后看看现在到了哪里。"))
    else:
        form.add_error(None, str(error))


def stale_words(change: LastChange | None, at: datetime) -> str:
    """Return who moved the case first: what was typed is kept."""
    if change is None:
        return _("这一件刚刚有变化。您写的内容都在，刷新后再发。")
    return _("%(who)s %(ago)s动过这一件。您写的内容都在，刷新后再发。") % {
        "who": change.by or "12349",
        "ago": ago_words(change.at, at),
    }
