"""What happens to a case, drawn before it is told: acts one after another, each with its delay.

Delays are seconds, by the wall clock or in working time. Whoever tells the tale leaves out an act that the table does
not allow when its time has come.
"""

from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple

from gongjian.demo.worktime import CLOCK_TIME, DAY, HOUR, MINUTE
from gongjian.workdays.rules import Term, Unit

WORKDAY: Final = 7 * HOUR
# How many say on the web whether it helped; the others are called.
RATED, BRIEF_RATED = 0.36, 0.7
LATE: Final = 0.03  # of the answers


class Act(NamedTuple):
    """One act: so long after the one before."""

    name: str
    delay: int
    working: bool


class Situation(NamedTuple):
    """What the course of a case depends on."""

    kind: str
    urgency: int
    term: Term  # of the answer
    by_phone: bool


# Goals: the states a tale may be left in. Of a hundred cases so many are told to each open state; the others end, and
# those that have not had the time are still open too.
OPEN_GOALS: Final = {
    "received": 0.6, "to_dispatch": 0.9, "dispatched": 2.3, "returned": 0.5, "signed": 1.2, "in_progress": 2.9,
    "waiting_citizen": 1.1, "extension_pending": 0.5, "submitted": 1.0, "redo": 0.5, "replied": 0.9, "callback": 1.1,
    "reopened": 0.3,
}  # fmt: skip
ENDS: Final = {"cancelled": 4.8, "rejected": 2.6}
# How long the last state has lasted: from, to, in working time.
LASTING: Final = {
    "received": (MINUTE, 3 * HOUR, False),
    "to_dispatch": (MINUTE, 48 * MINUTE, False),
    "dispatched": (5 * MINUTE, 5 * HOUR, True),
    "returned": (MINUTE, 48 * MINUTE, False),
    "signed": (10 * MINUTE, 10 * HOUR, True),
    "in_progress": (10 * MINUTE, 0, True),
    "waiting_citizen": (30 * MINUTE, 4 * WORKDAY, True),
    "extension_pending": (10 * MINUTE, 6 * HOUR, True),
    "submitted": (10 * MINUTE, 10 * HOUR, True),
    "redo": (30 * MINUTE, 3 * WORKDAY, True),
    "replied": (10 * MINUTE, 6 * HOUR, True),
    "callback": (2 * WORKDAY + HOUR, 6 * WORKDAY, True),
    "reopened": (30 * MINUTE, 4 * WORKDAY, True),
}


class Plot:
    """Draws the acts of one case; a brief one has those alone that lead to its goal, each in good time."""

    def __init__(self, draw: Random, situation: Situation, *, brief: bool = False) -> None:
        self.random, self.situation, self.brief = draw.random, situation, brief
        self.acts: list[Act] = []
        self.spent = 0  # since the case was sent to its unit
        # Emergencies and what the utilities do go on day and night.
        self.always = situation.urgency > 0 or situation.term.unit in CLOCK_TIME

    def add(self, name: str, least: int, most: int, *, working: bool = True) -> None:
        """Add an act; short delays are more frequent than long ones."""
        luck = self.random()
        delay = least + int((most - least) * luck * luck)
        self.acts.append(Act(name, delay, working))
        self.spent += delay

    def chance(self, share: float) -> bool:
        """Let something happen that need not happen."""
        return not self.brief and self.random() < share

    def taken_in(self) -> None:
        self.acts.append(Act("register", 0, working=False))

    def accepted(self) -> None:
        self.taken_in()
        if self.situation.by_phone:
            self.add("accept", 40, 4 * MINUTE, working=False)
        else:
            self.add("accept", 3 * MINUTE, (150 if self.chance(0.04) else 100) * MINUTE, working=False)
        if self.chance(0.06):
            self.add("retitle", 40, 3 * MINUTE, working=False)

    def sent(self) -> None:
        if self.brief and self.situation.by_phone:
            self.taken_in()  # and sent while the resident is on the telephone
        else:
            self.accepted()
        if self.situation.urgency:
            self.add("dispatch", 30, 8 * MINUTE, working=False)
        else:
            self.add("dispatch", MINUTE, (100 if self.chance(0.04) else 28) * MINUTE, working=False)
        self.spent = 0

    def returned(self) -> None:
        self.add("return", 20 * MINUTE, 3 * HOUR)

    def signed(self) -> None:
        if self.situation.urgency == 0 and self.chance(0.06):
            self.returned()
            self.add("dispatch_again", 5 * MINUTE, 90 * MINUTE, working=False)
            if self.chance(0.12):
                self.add("backstop", 20 * MINUTE, 3 * HOUR)
        if self.always:
            self.add("sign", 2 * MINUTE, (25 if self.situation.urgency > 1 else 80) * MINUTE, working=False)
        elif self.brief:
            self.add("sign", 8 * MINUTE, 50 * MINUTE)  # before anybody is reminded
        else:
            self.add("sign", 8 * MINUTE, (10 if self.chance(0.05) else 4) * HOUR)

    def begun(self) -> None:
        self.signed()
        if self.chance(0.04):
            self.add("take", 5 * MINUTE, HOUR, working=not self.always)
        if self.always:
            self.add("start", MINUTE, 20 * MINUTE, working=False)
            self.contacted(3 * MINUTE, 35 * MINUTE)
        else:
            self.add("start", 5 * MINUTE, 2 * HOUR)
            self.contacted(15 * MINUTE, (12 if self.chance(0.04) else 5) * HOUR)

    def contacted(self, least: int, most: int) -> None:
        if self.chance(0.12):
            self.add("reveal", 2 * MINUTE, HOUR, working=not self.always)
        if self.chance(0.05):
            self.add("contact_missed", least, most, working=not self.always)
        self.add("contact", least, most, working=not self.always)

    def worked_on(self) -> None:
        self.begun()
        if self.chance(0.45):
            most = 40 * MINUTE if self.situation.urgency else 3 * HOUR
            self.add("note", 5 * MINUTE, most, working=not self.always)
        if self.situation.urgency == 0 and not self.brief:
            self.dragged_on()

    def dragged_on(self) -> None:
        """Let residents add, wait and urge, and units ask for more time, where there is time for it."""
        if self.chance(0.05):
            self.add("add", HOUR, 10 * HOUR, working=False)
        if self.chance(0.06):
            self.waited()
            self.add("supplement" if self.chance(0.7) else "resume", 2 * HOUR, 4 * DAY, working=False)
            if self.chance(0.2):
                self.acts.pop()  # nobody answers, and the clock goes on by itself
        if not self.always and self.chance(0.08):
            self.extended()
        if self.chance(0.05):
            self.add("urge", HOUR, 5 * HOUR, working=False)
        if self.chance(0.03):
            self.add("desk_note", HOUR, 6 * HOUR)

    def waited(self) -> None:
        self.add("ask_citizen", 20 * MINUTE, 6 * HOUR)

    def asked_for_time(self) -> None:
        """Ask late in the term, as units do."""
        whole = self.whole()
        least = max(HOUR, int(whole * 0.55) - self.spent)
        self.add("ask_extension", least, max(least, int(whole * 0.9) - self.spent))

    def extended(self) -> None:
        self.asked_for_time()
        luck = self.random()
        if luck < 0.85:  # noqa: PLR2004 - shares of what heads decide; the rest is not decided in time
            self.add("grant_extension", 20 * MINUTE, 6 * HOUR)
        elif luck < 0.95:  # noqa: PLR2004
            self.add("refuse_extension", 20 * MINUTE, 6 * HOUR)

    def whole(self) -> int:
        """Return the term of the answer in seconds of the time it is counted in."""
        term = self.situation.term
        if term.unit in CLOCK_TIME:
            return term.amount * CLOCK_TIME[term.unit]
        return term.amount * (HOUR if term.unit is Unit.WORKING_HOURS else WORKDAY)

    def answered_by_unit(self) -> None:
        self.worked_on()
        self.submitted()

    def submitted(self) -> None:
        """Submit within the term, leaving time for the review; one of thirty is late."""
        whole = self.whole()
        share = 1.02 + self.random() if self.random() < LATE else 0.12 + 0.66 * self.random()
        rest = max(15 * MINUTE, int(whole * share) - self.spent)
        self.acts.append(Act("submit", rest, working=not self.always))

    def reviewed(self) -> None:
        self.answered_by_unit()
        if self.chance(0.05):
            self.add("redo", 20 * MINUTE, 5 * HOUR, working=not self.always)
            self.add("submit", HOUR, 6 * HOUR, working=not self.always)
        self.approved()

    def approved(self) -> None:
        if self.always:
            self.add("approve", 5 * MINUTE, 90 * MINUTE, working=False)
        else:
            self.add("approve", 15 * MINUTE, (9 if self.chance(0.03) else 3) * HOUR)

    def asked_whether(self, *, last: bool) -> None:
        """Let the resident or the callback end it; unless `last` it may go back to the unit once."""
        if self.random() < (BRIEF_RATED if self.brief else RATED):
            self.add(
                "rate_unsolved" if not last and self.chance(0.08) else "rate_solved",
                10 * MINUTE,
                20 * HOUR,
                working=False,
            )
        else:
            tries = 0
            while tries < 3 and self.chance(0.22):  # noqa: PLR2004 - after three calls nobody is called again
                self.add("call_attempt", 70 * MINUTE, 5 * HOUR)
                tries += 1
            unsolved = not last and self.chance(0.1)
            name = "close_unreached" if tries == 3 else "callback_redo" if unsolved else "close"  # noqa: PLR2004
            self.add(name, 70 * MINUTE, 9 * HOUR)
        if self.acts[-1].name in {"rate_unsolved", "callback_redo"}:
            self.done_again()

    def done_again(self) -> None:
        self.add("note", HOUR, 5 * HOUR)
        self.add("submit", 3 * HOUR, int((4.2 if self.chance(0.06) else 2.4) * WORKDAY))
        self.approved()
        self.asked_whether(last=True)

    def closed(self) -> None:
        """Tell a whole case; few are opened again by the resident."""
        self.reviewed()
        self.asked_whether(last=False)
        if self.chance(0.02):
            self.add("reopen", 5 * HOUR, 13 * DAY, working=False)
            self.done_again()

    def cancelled(self) -> None:
        luck = self.random()
        steps = (self.taken_in, self.accepted, self.sent, self._sent_and_begun)
        steps[min(3, int(luck * 5))]()
        self.add("cancel", 10 * MINUTE, 9 * HOUR, working=False)

    def rejected(self) -> None:
        self.taken_in()
        self.add("reject", MINUTE, (8 if self.situation.by_phone else 90) * MINUTE, working=False)

    def answered(self) -> None:
        self.taken_in()
        self.add("answer", MINUTE, (9 if self.situation.by_phone else 100) * MINUTE, working=False)
        if self.chance(0.012):
            self.add("ask_again", HOUR, 10 * DAY, working=False)
            self.add("dispatch", 2 * MINUTE, 25 * MINUTE, working=False)
            self.spent = 0
            self.reviewed()
            self.asked_whether(last=True)

    def _sent_and_begun(self) -> None:
        self.sent()
        self.begun()


def _to(*parts: Callable[[Plot], None]) -> Callable[[Plot], None]:
    def draw(plot: Plot) -> None:
        for part in parts:
            part(plot)

    return draw


def _sent_back(plot: Plot) -> None:
    plot.add("redo", 20 * MINUTE, 5 * HOUR, working=not plot.always)


def _reopened(plot: Plot) -> None:
    plot.add("rate_solved", 10 * MINUTE, 20 * HOUR, working=False)  # and then it is broken again
    plot.add("reopen", 5 * HOUR, 9 * DAY, working=False)


def _called(plot: Plot) -> None:
    if plot.chance(0.4):
        plot.add("call_attempt", 2 * HOUR, 9 * HOUR)


GOALS: Final[dict[str, Callable[[Plot], None]]] = {
    "received": Plot.taken_in,
    "to_dispatch": Plot.accepted,
    "dispatched": Plot.sent,
    "returned": _to(Plot.sent, Plot.returned),
    "signed": _to(Plot.sent, Plot.signed),
    "in_progress": _to(Plot.sent, Plot.worked_on),
    "waiting_citizen": _to(Plot.sent, Plot.begun, Plot.waited),
    "extension_pending": _to(Plot.sent, Plot.begun, Plot.asked_for_time),
    "submitted": _to(Plot.sent, Plot.answered_by_unit),
    "redo": _to(Plot.sent, Plot.answered_by_unit, _sent_back),
    "replied": _to(Plot.sent, Plot.reviewed),
    "callback": _to(Plot.sent, Plot.reviewed, _called),
    "reopened": _to(Plot.sent, Plot.reviewed, _reopened),
    "cancelled": Plot.cancelled,
    "rejected": Plot.rejected,
    "answered": Plot.answered,
    "closed": _to(Plot.sent, Plot.closed),
}


def plot(draw: Random, goal: str, situation: Situation, *, brief: bool = False) -> Plot:
    """Return the acts that lead to a goal."""
    drawn = Plot(draw, situation, brief=brief)
    GOALS[goal](drawn)
    return drawn


def lasting(drawn: Plot, goal: str) -> tuple[int, bool]:
    """Return how long an open case has stood in its state, and whether in working time."""
    least, most, working = LASTING[goal]
    if goal == "in_progress":  # from just begun to somewhat late
        most = max(2 * least, int(1.06 * drawn.whole()) - drawn.spent)
        working = not drawn.always
    return least + int((most - least) * drawn.random()), working
