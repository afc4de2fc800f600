"""What the hotline's pages share: navigation by rights, rows of lists, a case or 404, refusals as form errors."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from functools import lru_cache
from typing import Final, NamedTuple

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gongjian.casework.access import CaseworkRight
from gongjian.casework.errors import CaseError, IllegalMoveError, LastChange, RefusedError, StaleCaseError
from gongjian.casework.kinds import Badge, kind_of
from gongjian.casework.models import Case
from gongjian.casework.queries import Desk, count
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.queries import Listed, case_for, catalogue
from gongjian.domains.hotline.queries.files import last_left
from gongjian.identity.access import IdentityRight
from gongjian.identity.actor import Actor
from gongjian.identity.queries import units
from gongjian.notify.queries import unread
from gongjian.places.queries import communities
from gongjian.web.forms import Form
from gongjian.web.links import link, where
from gongjian.web.missing import MissingError
from gongjian.web.parts import DueBadge, NavItem, StateBadge
from gongjian.web.templatetags.gongjian import plain_moment
from gongjian.web.words import ago_words, due_state, due_words, english, language
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import Remaining, local_clock, remaining

VERSION_DIGITS: Final = 9
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
    ("field", HotlineRight.CASE_HANDLE, "pin", "g p"),
    ("review", HotlineRight.CASE_REVIEW, "check", "g r"),
    ("callback", HotlineRight.CASE_CALLBACK, "bell", "g k"),
    ("supervise", HotlineRight.CASE_SUPERVISE, "shield", "g s"),
    ("figures", CaseworkRight.FIGURES_READ, "home", "g f"),
    ("search", HotlineRight.CASE_READ_UNIT, "search", "g q"),
)


class CaseRow(NamedTuple):
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
    return not english()


def named(thing: object | None) -> str:
    """Return name_zh or name_en of a unit, topic or community in the reader's language."""
    return "" if thing is None else str(getattr(thing, "name_zh" if chinese() else "name_en"))


def desk_words() -> dict[str, str]:
    return {
        "call_desk": _("话务台"),
        "board": _("派件台"),
        "inbox": _("我的件"),
        "field": _("现场"),
        "review": _("审核"),
        "callback": _("回访"),
        "supervise": _("督办"),
        "figures": _("运行看板"),
        "search": _("查件"),
    }


def desk_nav(actor: Actor, current: str) -> list[NavItem]:
    """Return the entries of the top bar that this actor may open."""
    return list(_nav(actor.rights, current, language(), where()))


@lru_cache(maxsize=512)
def _nav(rights: frozenset[str], current: str, _language: str, _where: tuple[str, str]) -> tuple[NavItem, ...]:
    """Return the entries; the same for everybody with these rights who reads this language."""
    words = desk_words()
    hidden = {"inbox"} if HotlineRight.CASE_INTAKE in rights or HotlineRight.CASE_SUPERVISE in rights else set()
    desks = tuple(
        NavItem(words[name], reverse(f"hotline:{name}"), icon, current=name == current, key=key)
        for name, right, icon, key in DESKS
        if (right in rights or (name == "search" and HotlineRight.CASE_READ_ALL in rights)) and name not in hidden
    )
    extra = [
        ("reassign", HotlineRight.CASE_ASSIGN, "transfer", _("分件")),
        ("office", IdentityRight.OFFICE_OPEN, "settings", pgettext("栏目", "管理")),
    ]
    if current == "office":  # what stands beside it on the other pages of administration
        extra += [
            ("people", IdentityRight.PEOPLE_MANAGE, "users", _("人员")),
            ("units", IdentityRight.UNITS_MANAGE, "council", pgettext("栏目", "单位")),
        ]
    return desks + tuple(
        NavItem(label, address, icon, current=name == current)
        for name, right, icon, label in extra
        if right in rights and (address := link(f"console:{name}"))
    )


def case_url(number: str) -> str:
    """Return the address of a case."""
    return _pattern("hotline:case", 1, where()) % number


def act_url(number: str, move: str) -> str:
    """Return the address of an act of a case."""
    return _pattern("hotline:case_act", 2, where()) % (number, move)


@lru_cache
def _pattern(name: str, places: int, _where: tuple[str, str]) -> str:
    """Return an address with %s for what stands in it: looking one up for each row would cost more than the row."""
    return reverse(name, args=["0-0-0"] * places).replace("%", "%%").replace("0-0-0", "%s")


def frame(actor: Actor, current: str) -> dict[str, object]:
    """Return what every staff page hands to its frame: navigation and unread notices (one statement)."""
    return {"desk": desk_nav(actor, current), "unread": unread(actor.user_id) if actor.user_id else 0}


def open_count(states: Sequence[str], units_: frozenset[int] | None = None) -> int:
    """Return how many open cases stand in these states, up to the cap."""
    return count(Desk(units=units_, states=tuple(states)))


def state_badge(case: Case | Listed) -> StateBadge:
    """Return where a case stands, in the words of staff."""
    return _state_badge(case.kind, case.state, language())


@lru_cache
def _state_badge(kind: str, name: str, _language: str) -> StateBadge:
    state = kind_of(kind).state_of[name]
    return StateBadge(state.badge, str(state.label), ICONS[state.badge])


def kind_words(kind: str) -> str:
    """Return the label of a kind in the reader's language."""
    return _kind_words(kind, language())


@lru_cache
def _kind_words(kind: str, _language: str) -> str:
    return str(kind_of(kind).label)


def due_badge(
    case: Case | Listed,
    at: datetime,
    *,
    started_at: datetime | None = None,
    known: dict[datetime, Remaining] | None = None,
    reader: str | None = None,
) -> DueBadge | None:
    """Return how long is left until the nearest deadline; None for a closed case.

    `known` carries what was counted already from row to row: terms in days end at midnight, so few deadlines differ;
    `reader` is the language, known to whoever words many.
    """
    due_at = case.due_at
    if due_at is None:
        return None
    left = known.get(due_at) if known else None
    if left is None:
        left = remaining(due_at, at, calendar())
        if known is not None:
            known[due_at] = left
    if case.state == "waiting_citizen" and not left.late:
        return due_words(left, hold=_("等居民"), reader=reader)
    state = due_state(started_at=started_at or case.opened_at, due_at=due_at, at=at)
    # Only a term in days ends with a day.
    working = local_clock(due_at) == time.min
    return due_words(left, state=state, working=working, clock=due_clock_words(case), reader=reader)


def due_clock_words(case: Case | Listed) -> str:
    """Return the name of the term that ends at the nearest deadline, where it was read along with the case."""
    name = getattr(case, "due_clock", "")
    return clock_label(case.kind, name, language()) if name else ""


@lru_cache
def clock_label(kind: str, name: str, _language: str) -> str:
    """Return what a clock is called in the reader's language."""
    return str(kind_of(kind).clock_of[name].label)


def rows(cases: Iterable[Case | Listed], at: datetime) -> list[CaseRow]:
    """Return list rows without any further statement: names come from memory."""
    topics = catalogue(at).topics
    places = {c.id: c for c in communities()}
    book = units().by_id
    known: dict[datetime, Remaining] = {}
    reader = language()
    name, short = ("name_zh", "short_zh") if chinese() else ("name_en", "short_en")
    return [
        CaseRow(
            number=case.number,
            title=case.title,
            url=case_url(case.number),
            kind=_kind_words(case.kind, reader),
            topic=getattr(topics.get(case.topic_id or 0), name, ""),
            unit=getattr(book.get(case.holder_unit_id or 0), short, ""),
            community=getattr(places.get(case.community_id or 0), name, ""),
            state=_state_badge(case.kind, case.state, reader),
            due=due_badge(case, at, known=known, reader=reader),
            urgent=case.urgency,
            opened_at=case.opened_at,
            due_at=case.due_at,
            version=case.version,
            id=case.pk,
        )
        for case in cases
    ]


def case_or_404(actor: Actor, number: str) -> Case:
    """Return the case with its request, or 404 for what does not exist or is out of reach."""
    case = case_for(actor=actor, number=number)
    if case is None:
        raise absent(actor, number)
    return case


def absent(actor: Actor, number: str) -> Http404:
    """Return why a case cannot be opened: whoever had it is told what took it away, others that it is not there."""
    left = last_left(actor=actor, number=number)
    if left is None:
        return Http404(number)
    facts = {"number": number, "act": kind_of(left.case.kind).move_of[left.move].past, "when": plain_moment(left.at)}
    return MissingError(
        _("这一件已经不在您的单位"),
        _("%(when)s，%(number)s：%(act)s。您的单位不用再办；要您的单位办，会重新派来。") % facts,
        url=reverse("hotline:inbox"),
        act=_("到我的件"),
    )


def as_read(case: Case, version: str) -> Case:
    """Set the version the reader's page was drawn from, so that a page that has gone stale loses the race."""
    if version.isascii() and version.isdigit():
        # No case has version 0: a number too long for the column loses like any other that is not the case's.
        case.version = int(version) if len(version) <= VERSION_DIGITS else 0
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
