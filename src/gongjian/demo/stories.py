"""Invented cases, told one after another in the order they were opened.

A story depends on the seed, its place in the row and the world alone, so that several processes can tell one row
together. The moves are those the table of the kind allows, at times at which the desks could have made them.
"""

from array import array
from collections.abc import Iterable, Iterator
from itertools import cycle
from random import Random
from typing import Final, NamedTuple

from gongjian.demo import plots
from gongjian.demo.people import Reporter
from gongjian.demo.plots import Plot, Situation
from gongjian.demo.tale import Tale
from gongjian.demo.teller import Draft, Teller
from gongjian.demo.wording import ENGLISH, KINDS, Phrases, Said
from gongjian.demo.worktime import DAY, HOUR, MINUTE
from gongjian.demo.world import Spot, Theme, World
from gongjian.domains.hotline.bulk import Record

ARCHIVED_AFTER: Final = 30 * DAY
ARCHIVING: Final = HOUR + 20 * MINUTE  # the time of night at which it is done
DEFAULT_LIMIT: Final = "hotline.answer"
# How many of a hundred calls come in each hour of the day.
HOURS: Final = (1, 1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 8, 5, 4, 6, 7, 7, 6, 5, 5, 5, 4, 2, 1)
# Nobody is told to an open state by way of an urgent case where the clock would end the state at once.
CALM: Final = frozenset({"waiting_citizen", "extension_pending", "returned"})
# Where a story may be told to; the last one is told to its end.
GOALS: Final = (*plots.OPEN_GOALS, *plots.ENDS, "")
# States that a clock ends by itself. In the long rows of a bench the others have lasted for months: so many cases in
# one month would use up its numbers.
BRIEF: Final = frozenset({"waiting_citizen", "extension_pending", "replied", "callback", "submitted"})
MANY, FORGOTTEN = 200_000, 240 * DAY
LATELY: Final = range(3, 20)  # days ago
ON_THE_SPOT: Final = 0.78  # of enquiries
EMERGENCY, URGENT = 0.06, 0.07
BY_PHONE, ENGLISH_SHARE, ANONYMOUS, CONSENTS, CONFIDENTIAL = 0.66, 0.1, 0.11, 0.82, 0.03
# So many cases, and so many of the open ones, are the neighbours' own: they find something under "my matters".
THEIRS, THEIRS_OPEN = 24, 12


class Asked(NamedTuple):
    """Who asked for what, drawn before the course of the case."""

    theme: Theme
    spot: Spot
    reporter: Reporter
    kind: str
    limit_key: str
    situation: Situation


class Narrator:
    """Tells stories of one world; `seed` makes them the same every time."""

    def __init__(self, world: World, seed: int, *, brief: bool = False) -> None:
        self.world, self.seed, self.brief = world, seed, brief
        self.draw = Random(seed)  # noqa: S311 - the same stories every time is the point
        self.random = self.draw.random
        self.phrases = Phrases(self.draw)
        self.teller = Teller(world, self.draw, self.phrases)
        self.theirs: dict[int, Reporter] = {}

    def give(self, numbers: Iterable[int]) -> None:
        """Let the neighbours tell these stories in turn."""
        if self.world.neighbours:
            self.theirs = dict(zip(numbers, cycle(self.world.neighbours), strict=False))

    def opening(self, number: int, goal: str, *, forgetful: bool) -> int:
        """Return when a story begins that is to be open, so that it has come to its state by now."""
        end, work = self.world.end, self.world.work
        plot = self._plot(self._asked(number, goal), goal)
        lasted, working = plots.lasting(plot, goal)
        if forgetful and goal not in BRIEF:
            lasted, working = lasted + int(self.random() * FORGOTTEN), False
        t = work.back(end, lasted) if working else end - lasted
        for act in reversed(plot.acts):
            t = work.back(t, act.delay) if act.working else t - act.delay
        return max(t, DAY)

    def tell(self, number: int, goal: str, opened: int) -> Record:
        """Tell one story."""
        asked = self._asked(number, goal)
        if not goal:
            goal = "answered" if asked.kind == "enquiry" and self.random() < ON_THE_SPOT else "closed"
        plot = self._plot(asked, goal)
        draft = self._draft(asked, opened, known=number in self.theirs or self.random() >= ANONYMOUS)
        self.teller.tell(draft, plot.acts, opened)
        self._archive(draft.tale)
        return self._record(draft)

    def _asked(self, number: int, goal: str) -> Asked:
        """Draw who asks for what; the same for the same number."""
        self.draw.seed(self.seed * 1_000_003 + number)
        world, random = self.world, self.random
        theme = world.themes[int(random() * len(world.themes))]
        subject = theme.subject
        spot = theme.spots[int(random() * len(theme.spots))]
        people = world.english if random() < ENGLISH_SHARE else world.chinese
        reporter = self.theirs.get(number) or people[int(random() * len(people))]
        kind = KINDS[subject.kinds[int(random() * len(subject.kinds))]]
        if kind == "suggestion" and (reporter.language == ENGLISH or goal == "rejected"):
            kind = "complaint"
        urgency = 0
        calm = goal in CALM or kind in {"enquiry", "suggestion"}
        if not calm and subject.urgent and random() < EMERGENCY:
            urgency, kind = 2, "help"
        elif not calm and random() < URGENT:
            urgency = 1
        key = theme.topic.limit_key
        key = f"hotline.answer.{kind}" if key == DEFAULT_LIMIT else key
        term = world.rules.limit(key, urgency).term
        by_phone = urgency > 1 or (goal != "received" and random() < BY_PHONE)
        return Asked(theme, spot, reporter, kind, key, Situation(kind, urgency, term, by_phone=by_phone))

    def _said(self, theme: Theme, spot: Spot, kind: str, language: str, urgency: int) -> Said:
        subject = theme.subject
        if language == ENGLISH:
            place = spot.in_english if subject.placed else ""
            if urgency > 1:
                return self.phrases.emergency(subject, language, place)
            return self.phrases.said_in_english(subject, kind, place)
        place = spot.place if subject.placed else ""
        if urgency > 1:
            return self.phrases.emergency(subject, language, place)
        return self.phrases.said(subject, kind, place)

    def _plot(self, asked: Asked, goal: str) -> Plot:
        return plots.plot(self.draw, goal, asked.situation, brief=self.brief)

    def _draft(self, asked: Asked, opened: int, *, known: bool) -> Draft:
        theme, spot, language, urgency = asked.theme, asked.spot, asked.reporter.language, asked.situation.urgency
        return Draft(
            theme=theme,
            spot=spot,
            reporter=asked.reporter,
            anonymous=not known,
            language=language,
            kind=asked.kind,
            situation=asked.situation,
            said=self._said(theme, spot, asked.kind, language, urgency),
            limit_key=asked.limit_key,
            tale=Tale(self.world.rules, self.world.work, urgency),
            channel="phone" if asked.situation.by_phone else "web",
            opened=self.world.work.moment(opened),
        )

    def _archive(self, tale: Tale) -> None:
        if tale.state in tale.rules.closed:
            t = (tale.t + ARCHIVED_AFTER - ARCHIVING) // DAY * DAY + DAY + ARCHIVING
            if t < self.world.end:
                tale.make("archive", t, channel="system")

    def _record(self, draft: Draft) -> Record:
        subject, topic, spot, known = draft.theme.subject, draft.theme.topic, draft.spot, not draft.anonymous
        placed = subject.placed and draft.kind != "enquiry"
        return Record(
            kind=f"hotline.{draft.kind}",
            title=draft.said.title,
            description=draft.said.description,
            topic_id=topic.id,
            topic_words=topic.name_zh,
            channel=draft.channel,
            urgency=draft.situation.urgency,
            confidentiality=int(self.random() < CONFIDENTIAL),
            address=spot.address if placed else "",
            lon=spot.lon if placed else None,
            lat=spot.lat if placed else None,
            community_id=spot.community_id,
            cell=spot.cell if placed else "",
            language=draft.language,
            contact={**draft.reporter.contact, "created_at": draft.opened} if known else None,
            person_id=draft.reporter.person_id if known else None,
            consent_contact=known and self.random() < CONSENTS,
            notify=known,
            steps=draft.tale.steps,
            receipt_index=self.draw.randbytes(16),
            detail=draft.detail | {"emergency": draft.said.service},
            rows=[(self.teller.table(name), row) for name, row in draft.rows],
        )


class Row:
    """When each story begins and where it is to end: made once, in the order of time."""

    def __init__(self, narrator: Narrator, count: int, days: int) -> None:
        self.draw = draw = Random(narrator.seed)  # noqa: S311 - the same row every time is the point
        self.narrator, self.forgetful = narrator, count >= MANY
        self.hours = [hour for hour, share in enumerate(HOURS) for _ in range(share)]
        shares = [*plots.OPEN_GOALS.values(), *plots.ENDS.values()]
        chosen = draw.choices(range(len(GOALS)), [*shares, 100 - sum(shares)], k=count)
        # Every state is there, however few the cases.
        chosen[: len(GOALS)] = range(min(len(GOALS), count))
        still = [i for i, goal in enumerate(chosen) if goal < len(plots.OPEN_GOALS)]
        theirs = draw.sample(range(count), min(THEIRS, count)) + draw.sample(still, min(THEIRS_OPEN, len(still)))
        narrator.give(theirs)
        # Those that stand for their state have begun so late that nothing of them is archived yet.
        whole, standing = range(days), len(GOALS) - 1
        opened = (self._opened(i, GOALS[g], LATELY if i < standing else whole) for i, g in enumerate(chosen))
        self.opened: Final = array("q", opened)
        self.goals: Final = array("b", chosen)
        self.order: Final = array("l", sorted(range(count), key=self.opened.__getitem__))

    def _opened(self, number: int, goal: str, ago: range) -> int:
        """Return when a story begins: some days ago, or, where it is to be open, in time for its state."""
        if goal in plots.OPEN_GOALS:
            return self.narrator.opening(number, goal, forgetful=self.forgetful)
        random, end = self.draw.random, self.narrator.world.end
        day = end // DAY - ago[int(random() * len(ago))]
        t = day * DAY + self.hours[int(random() * len(self.hours))] * HOUR + int(random() * HOUR)
        return t if t < end - 2 * MINUTE else t - DAY

    def tell(self, part: int, parts: int) -> Iterator[Record]:
        """Tell every `parts`-th story, oldest first; a process that was forked after the row was made tells a part."""
        for place in range(part, len(self.order), parts):
            number = self.order[place]
            yield self.narrator.tell(number, GOALS[self.goals[number]], self.opened[number])


def stories(*, world: World, seed: int, count: int, days: int = 365, brief: bool = False) -> Row:
    """Return a row of so many cases of the days before the world's moment.

    About 80 of 100 have ended, 5 were withdrawn, the others stand in every open state, some of them late. Brief ones
    have few moves besides those that lead to their end.
    """
    return Row(Narrator(world, seed, brief=brief), count, days)
