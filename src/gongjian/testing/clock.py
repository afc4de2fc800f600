"""Fixed moments of the tests: late November 2026, with a holiday and a make-up Saturday at hand."""

from datetime import datetime, timedelta

from gongjian.workdays.rules import SHANGHAI

MONDAY_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)
MONDAY_AFTERNOON = datetime(2026, 11, 23, 14, 30, tzinfo=SHANGHAI)
MONDAY_NIGHT = datetime(2026, 11, 23, 23, 40, tzinfo=SHANGHAI)
FRIDAY_EVENING = datetime(2026, 11, 20, 17, 30, tzinfo=SHANGHAI)
SATURDAY_NOON = datetime(2026, 11, 21, 12, 0, tzinfo=SHANGHAI)
# The last working afternoon before seven free days, and the Saturday that is worked for them.
BEFORE_HOLIDAY = datetime(2026, 9, 30, 16, 0, tzinfo=SHANGHAI)
MAKE_UP_SATURDAY = datetime(2026, 10, 10, 10, 0, tzinfo=SHANGHAI)


def later(moment: datetime, *, days: int = 0, hours: int = 0, minutes: int = 0) -> datetime:
    """Return the moment so much later by the wall clock."""
    return moment + timedelta(days=days, hours=hours, minutes=minutes)
