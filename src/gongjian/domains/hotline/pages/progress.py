"""How a matter is told to the one who asked: where it stands, by when, why, what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from gongjian.casefile.stages import told_to_anybody, told_to_applicant
from gongjian.casework.access import moves_for
from gongjian.casework.kinds import Stage, kind_of
from gongjian.casework.limits import book
from gongjian.casework.models import Case, CaseClock, CaseDocument
from gongjian.domains.hotline.actions.applicant import reopen_until, urge_opens
from gongjian.domains.hotline.pages.common import ICONS, chinese, named
from gongjian.domains.hotline.pages.terms import Why, term_words, why
from gongjian.domains.hotline.queries import Said, Tracked, catalogue
from gongjian.identity.actor import Actor
from gongjian.identity.queries import units
from gongjian.web.parts import Day, DueBadge, Entry, StateBadge, Step
from gongjian.web.templatetags.gongjian import when
from gongjian.web.words import day_cells, due_state, due_words
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import Unit, day_strip, local_day, remaining

# More days than this do not fit side by side on a phone.
STRIP_DAYS: Final = 9
STAGES: Final = (Stage.RECEIVED, Stage.SENT, Stage.HANDLING, Stage.ANSWERED, Stage.CLOSED)
SHORT_WAY: Final = frozenset({"answered", "rejected", "cancelled"})
# Terms that the day strip shows.
DRAWN: Final = frozenset({"answer", "redo", "wait"})
# The clock that speaks to the resident, by what runs: the first of these that does.
SPEAKING: Final = ("wait", "redo", "answer", "callback", "survey", "dispatch", "accept")


@dataclass(frozen=True)
class Promise:
    """By when what happens, how long that is, and why so long."""

    words: SafeString  # with the moment
    badge: DueBadge
    term: str
    why: Why
    provisional: bool
    days: Sequence[Day]
    days_label: str


@dataclass(frozen=True)
class Acts:
    """What the resident may do now."""

    add: bool
    wanted: bool  # the unit waits for it
    urge: bool
    urge_from: datetime | None  # set while it is too early
    rate: bool
    again: bool
    again_until: datetime | None
    cancel: bool


def steps(case: Case) -> list[Step]:
    """Return the five steps; a matter that ended early shows none, because it did not pass them."""
    state = kind_of(case.kind).state_of[case.state]
    if case.state in SHORT_WAY:
        return []
    labels = (_("受理"), _("转办"), _("办理"), _("反馈"), _("评价"))
    place = STAGES.index(state.stage)
    over = not state.open
    return [
        Step(label, "done" if over or nth < place else "now" if nth == place else "")
        for nth, label in enumerate(labels)
    ]


def badge(case: Case) -> StateBadge:
    """Return where the matter stands, as a badge for whose matter it is."""
    look, word = told_to_applicant(kind_of(case.kind).state_of[case.state])
    return StateBadge(look, word, ICONS[look])


def stage_badge(kind: str, state: str) -> StateBadge:
    """Return where a matter stands, as a badge for those whose matter it is not."""
    look, word = told_to_anybody(kind_of(kind).state_of[state])
    return StateBadge(look, word, ICONS[look])


def unit_name(unit_id: int | None) -> str:
    return named(units().by_id.get(unit_id)) if unit_id else ""


def promise(case: Case, clocks: Sequence[CaseClock], at: datetime) -> Promise | None:
    """Return the deadline that concerns the resident; None for a closed matter."""
    running = {c.name: c for c in clocks if c.stopped_at is None}
    clock = next((running[name] for name in SPEAKING if name in running), None)
    if clock is None or case.closed_at is not None:
        return None
    known = calendar()
    day = local_day(clock.started_at)
    term = book().term(key=clock.limit_key, urgency=case.urgency, day=day)
    left = remaining(clock.due_at, at, known)
    hold = _("等您补充") if clock.paused_at else ""
    state = due_state(started_at=clock.started_at, due_at=clock.due_at, at=at)
    in_days = term.term.unit is Unit.WORKING_DAYS
    drawn = in_days and not hold and clock.name in DRAWN
    cells = day_cells(day_strip(clock.started_at, clock.due_at, at, known)) if drawn else []
    sentence = _("本来应当在 {moment} 前，我们晚了。") if left.late and not hold else _sentence(clock.name)
    moment = format_html("<strong>{}</strong>", when(clock.due_at, due=True))
    words = term_words(term.term)
    return Promise(
        words=format_html(sentence, moment=moment),
        badge=due_words(left, state=state, working=in_days, hold=hold, clock=_clock_words(clock.name)),
        term=words,
        why=why(case, clock, term),
        provisional=clock.provisional,
        days=cells if 1 < len(cells) <= STRIP_DAYS else (),
        days_label=_("期限：%(term)s，开始那天不算") % {"term": words},
    )


def _sentence(clock: str) -> str:
    """Return what the resident is told about the moment a clock ends."""
    return {
        "accept": _("最晚 {moment} 前看完，决定由哪个单位办"),
        "dispatch": _("最晚 {moment} 前派给负责的单位"),
        "answer": _("最晚 {moment} 前答复您"),
        "redo": _("最晚 {moment} 前重新答复您"),
        "wait": _("请在 {moment} 前补充。到时没有补，单位会按现有的材料接着办"),
        "survey": _("请在 {moment} 前告诉我们。没有收到，我们会打电话问您"),
        "callback": _("最晚 {moment} 前打电话问您解决了没有"),
    }[clock]


def _clock_words(clock: str) -> str:
    """Return what a term that is over is called to the resident; staff have names of their own for it."""
    return {
        "accept": _("受理"),
        "dispatch": _("转办"),
        "answer": _("答复"),
        "redo": _("重新答复"),
        "wait": _("等您补充"),
        "survey": _("等您评价"),
        "callback": _("回访"),
    }[clock]


def acts(tracked: Tracked, actor: Actor, at: datetime) -> Acts:
    """Return what may be done now, by the table of moves and the terms."""
    case = tracked.case
    names = {m.name for m in moves_for(kind=kind_of(case.kind), case=case, actor=actor, as_party=tracked.party.pk)}
    opens = urge_opens(case=case, request=case.request, at=at) if "urge" in names else None
    until = reopen_until(case=case, at=at) if names & {"reopen", "ask_again"} else None
    return Acts(
        add=bool(names & {"add", "supplement"}),
        wanted="supplement" in names,
        urge="urge" in names,
        urge_from=opens if opens is not None and at < opens else None,
        rate="rate_solved" in names,
        again=until is not None and at < until,
        again_until=until,
        cancel="cancel" in names,
    )


def entries(case: Case, said: Sequence[Said], files: Sequence[CaseDocument], *, words: bool = True) -> list[Entry]:
    """Return the public history, newest first; bodies by name, people never. Without `words` what happened alone."""
    moves = kind_of(case.kind).move_of
    shown = [s for s in said if s.event.public and s.event.move != "reveal"]
    by_event = _files(files)
    return [
        Entry(
            title=str(moves[s.event.move].past),
            at=s.event.at,
            text=_text(s, case.request.reply) if words else "",
            who=unit_name(s.event.unit_id),
            kind="now" if nth == 0 and case.closed_at is None else "done",
            files=by_event.get(s.event.pk, ()),
        )
        for nth, s in enumerate(shown)
    ]


def _text(said: Said, reply: str) -> str:
    """Return the words of an entry; a dispatch names the body in the reader's language, the answer stands above."""
    if said.event.move in {"approve", "answer"} and said.public == reply:
        return _("全文在上面。")
    if said.event.move == "dispatch":
        return _("交给%(unit)s办理。") % {"unit": unit_name(said.event.to_unit_id)}
    return said.public


def _files(files: Sequence[CaseDocument]) -> Mapping[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for one in files:
        if one.public and one.document.erased_at is None:
            own = found.setdefault(one.event_id, [])
            own.append((one.document.title, reverse("portal:document", args=[one.document_id])))
    return found


def why_this_unit(case: Case, at: datetime) -> str:
    """Return the rule of the catalogue that sent the matter, in the reader's language; nothing without a rule."""
    if case.request.rule_id is None or case.topic_id is None:
        return ""
    topic = catalogue(at).topics.get(case.topic_id)
    if topic is None:
        return ""
    return topic.reason_zh if chinese() else topic.reason_en
