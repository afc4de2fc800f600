"""Deadlines of a million invented cases: the arithmetic of `workdays.rules` on whole seconds and tables made once.

A moment is a number of seconds since midnight of the first day, in Asia/Shanghai. A test holds every answer against
`workdays.rules`.
"""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from gongjian.workdays.rules import Calendar, Term, Unit, midnight

DAY: Final = 86_400
HOUR: Final = 3_600
MINUTE: Final = 60
# Seconds that one unit of a term in clock time has.
CLOCK_TIME: Final = {Unit.MINUTES: MINUTE, Unit.HOURS: HOUR}


class WorkTime:
    """Working time between two days of one calendar."""

    def __init__(self, calendar: Calendar, first: date, last: date) -> None:
        days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
        self.base: Final = midnight(first).astimezone(UTC)
        self._asked, self._answer = 0, self.base  # one moment is asked for several times
        self.works: Final = [calendar.is_working(day) for day in days]
        self.spans: Final = [
            _spans(calendar, day) if works else () for day, works in zip(days, self.works, strict=True)
        ]
        self._worked: Final = [0]  # working seconds before each day
        self._count: Final[list[int]] = []  # working days up to and including each day
        self._nth: Final[list[int]] = [0]  # the day of the n-th working day
        for i, spans in enumerate(self.spans):
            self._worked.append(self._worked[-1] + sum(closes - opens for opens, closes in spans))
            self._nth.extend([i] if self.works[i] else [])
            self._count.append(len(self._nth) - 1)

    def moment(self, t: int) -> datetime:
        """Return the moment in UTC."""
        if t != self._asked:
            self._asked, self._answer = t, self.base + timedelta(seconds=t)
        return self._answer

    def second(self, moment: datetime) -> int:
        """Return the last whole second up to a moment."""
        return int((moment - self.base).total_seconds())

    def worked(self, t: int) -> int:
        """Return the working seconds from the first midnight to a moment."""
        day, second = divmod(t, DAY)
        total = self._worked[day]
        for opens, closes in self.spans[day]:
            if second >= closes:
                total += closes - opens
            elif second > opens:
                total += second - opens
        return total

    def when(self, worked: int) -> int:
        """Return the first moment by which so many seconds, at least one, have been worked."""
        day = bisect_left(self._worked, worked) - 1
        rest = worked - self._worked[day]
        for opens, closes in self.spans[day]:
            if rest <= closes - opens:
                return day * DAY + opens + rest
            rest -= closes - opens
        raise ValueError("The calendar handed in does not reach so far.")

    def forward(self, t: int, work: int) -> int:
        """Return when so much work is done that begins at a moment."""
        return self.when(self.worked(t) + max(work, 1))

    def back(self, t: int, work: int) -> int:
        """Return when work must have begun that is done at a moment."""
        return self.when(max(self.worked(t) - work, 1))

    def due(self, term: Term, t: int) -> int:
        """Return when a term ends that starts at a moment."""
        if term.unit in CLOCK_TIME:
            return t + term.amount * CLOCK_TIME[term.unit]
        if term.unit is Unit.WORKING_HOURS:
            return self.when(self.worked(t) + term.amount * HOUR)
        return self._after_days(term, t // DAY)

    def extend(self, due: int, term: Term) -> int:
        """Return the deadline that is one more term away."""
        if term.unit in CLOCK_TIME or term.unit is Unit.WORKING_HOURS:
            return self.due(term, due)
        return self._after_days(term, (due - 1) // DAY)

    def resume(self, term: Term, due: int, paused: int, resumed: int) -> int:
        """Return the deadline after a pause; terms in working hours are never paused on the hotline."""
        if paused >= due:
            return due
        if term.unit in CLOCK_TIME:
            return due + resumed - paused
        if term.unit is not Unit.WORKING_DAYS:
            raise ValueError("Only clock time and working days are paused.")
        left = self._count[(due - 1) // DAY] - self._count[paused // DAY]
        day = resumed // DAY
        return max(due, self._after_working_days(left, day) if left else self._after_working_days(1, day - 1))

    def _after_days(self, term: Term, day: int) -> int:
        if term.unit is Unit.CALENDAR_DAYS:
            return (day + term.amount + 1) * DAY
        return self._after_working_days(term.amount, day)

    def _after_working_days(self, amount: int, day: int) -> int:
        return (self._nth[self._count[day] + amount] + 1) * DAY


def _spans(calendar: Calendar, day: date) -> tuple[tuple[int, int], ...]:
    seconds = [(_seconds(opens), _seconds(closes)) for opens, closes in calendar.hours_on(day).spans]
    if any(before[1] > after[0] for before, after in pairwise(seconds)):
        raise ValueError("Working hours overlap.")
    return tuple(seconds)


def _seconds(clock: time) -> int:
    return clock.hour * HOUR + clock.minute * MINUTE + clock.second
