"""Terms and reminders in process memory: dated data that changes a few times a year."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from gongjian.casework.models import Reminder, Term
from gongjian.memory import Memory
from gongjian.workdays import rules
from gongjian.workdays.rules import Calendar, local_day


class NoTermError(LookupError):
    """No term is in force for this limit; the administrator must enter one with its source."""


@dataclass(frozen=True, slots=True)
class TermInForce:
    term: rules.Term
    first: date | None
    last: date | None  # exclusive
    source: str  # what prescribes it; empty where the district sets it itself
    modelled_on: str = ""
    urgency: int = 0  # the one it was written for

    def holds_on(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day < self.last)


@dataclass(frozen=True, slots=True)
class ReminderInForce:
    when: str
    amount: int
    unit: str
    move: str
    first: date | None
    last: date | None
    source: str

    def holds_on(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day < self.last)

    def moment(self, *, started_at: datetime, due_at: datetime, calendar: Calendar) -> datetime:
        """Return when to remind: a share of the span between start and end, or a term after the end."""
        if self.when == Reminder.When.SHARE:
            return started_at + (due_at - started_at) * self.amount / 100
        return rules.extend(due_at, rules.Term(self.amount, rules.Unit(self.unit)), calendar).at


@dataclass(frozen=True, slots=True)
class LimitBook:
    terms: Mapping[tuple[str, int], tuple[TermInForce, ...]]
    reminders: Mapping[str, tuple[ReminderInForce, ...]]

    def term(self, *, key: str, urgency: int, day: date) -> TermInForce:
        """Return the term in force; an urgent case without a term of its own takes the ordinary one."""
        for level in range(urgency, -1, -1):
            for candidate in self.terms.get((key, level), ()):
                if candidate.holds_on(day):
                    return candidate
        raise NoTermError(f"no term is in force for {key} on {day}")

    def due(self, *, key: str, urgency: int, at: datetime, calendar: Calendar) -> rules.Due:
        """Return when a term ends that starts at a moment."""
        term = self.term(key=key, urgency=urgency, day=local_day(at)).term
        return rules.due(term, at, calendar)

    def steps(
        self, *, key: str, started_at: datetime, due_at: datetime, calendar: Calendar
    ) -> tuple[tuple[datetime, str], ...]:
        """Return (moment, move) of every reminder of one clock, in the order of time.

        The moment the term ends carries the empty move: the sweep then makes the overdue move of the kind's table.
        """
        day = local_day(started_at)
        found = [
            (r.moment(started_at=started_at, due_at=due_at, calendar=calendar), r.move)
            for r in self.reminders.get(key, ())
            if r.holds_on(day)
        ]
        return tuple(sorted([*found, (due_at, "")]))


class LoadBook(LimitBook):
    """The same limits for one load with one calendar: a million cases ask for the same terms and days."""

    __slots__ = ("_ends", "_terms")
    _terms: dict[tuple[str, int, date], TermInForce]
    _ends: dict[tuple[str, int, date], rules.Due]

    def __init__(self, book: LimitBook) -> None:
        super().__init__(book.terms, book.reminders)
        object.__setattr__(self, "_terms", {})
        object.__setattr__(self, "_ends", {})

    def term(self, *, key: str, urgency: int, day: date) -> TermInForce:
        """Return the term in force."""
        found = self._terms.get((key, urgency, day))
        if found is None:
            found = self._terms[key, urgency, day] = super().term(key=key, urgency=urgency, day=day)
        return found

    def due(self, *, key: str, urgency: int, at: datetime, calendar: Calendar) -> rules.Due:
        """Return when a term ends that starts at a moment; one in days ends the same for a whole day."""
        day = local_day(at)
        end = self._ends.get((key, urgency, day))
        if end is None:
            term = self.term(key=key, urgency=urgency, day=day).term
            end = rules.due(term, at, calendar)
            if term.unit in rules.DAYS:
                self._ends[key, urgency, day] = end
        return end


_memory = Memory[LimitBook]()
forget = _memory.forget


def book() -> LimitBook:
    """Return the limits, read again when older than five seconds."""
    return _memory.get(_load)


def _load() -> LimitBook:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select 'term', key, urgency, amount, unit, '', lower(valid), upper(valid), source, modelled_on, ''
              from {Term._meta.db_table}
            union all
            select 'reminder', key, 0, amount, unit, move, lower(valid), upper(valid), source, modelled_on, "when"
              from {Reminder._meta.db_table}
            """
        )
        rows = cursor.fetchall()
    terms: dict[tuple[str, int], list[TermInForce]] = {}
    reminders: dict[str, list[ReminderInForce]] = {}
    for what, key, urgency, amount, unit, move, first, last, source, modelled_on, when in rows:
        if what == "term":
            term = rules.Term(amount, rules.Unit(unit))
            terms.setdefault((key, urgency), []).append(TermInForce(term, first, last, source, modelled_on, urgency))
        else:
            reminders.setdefault(key, []).append(ReminderInForce(when, amount, unit, move, first, last, source))
    return LimitBook({k: tuple(v) for k, v in terms.items()}, {k: tuple(v) for k, v in reminders.items()})
