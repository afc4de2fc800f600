"""`python -m tests.clocks [MOMENT ...] [--today]`: one line for each clock, and 1 where something failed."""

import argparse
import signal
import sys
import time
from datetime import datetime
from typing import Final, NamedTuple

from gongjian.workdays.rules import SHANGHAI
from tests.clocks.house import House
from tests.clocks.walk import Walk, run

LISTED: Final = 40  # faults of one clock


class Clock(NamedTuple):
    """A moment in Shenzhen at which a house begins, and the zone its machine is set to."""

    moment: str
    zone: str
    why: str


CLOCKS: Final = (
    Clock("2026-12-01T00:30", "UTC", "the first of a month; in UTC it is still the month before"),
    Clock("2027-01-01T00:30", "Asia/Shanghai", "the first of a year"),
    Clock("2026-12-05T00:30", "UTC", "the fifth: fresh cases of the demonstration reach into the month before"),
    Clock("2026-11-30T07:56", "Asia/Shanghai", "the last of a month; the day in UTC changes during the run"),
    Clock("2028-02-29T00:30", "UTC", "the leap day"),
    Clock("2026-12-31T00:30", "Asia/Shanghai", "the last of a year"),
    Clock("2026-12-02T13:00", "UTC", "05:00 UTC, an ordinary noon on the second of a month"),
    Clock("2027-03-01T23:50", "Asia/Shanghai", "the day here changes during the run, that in UTC does not"),
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("moment", nargs="*", help="in Shenzhen, such as 2026-12-01T00:30; all of the list if left out")
    parser.add_argument("--today", action="store_true", help="only one of the list, chosen by the day")
    parser.add_argument("--zone", default="UTC", help="time zone of the machine, for moments given")
    return parser.parse_args()


def chosen(args: argparse.Namespace) -> tuple[Clock, ...]:
    if args.moment:
        return tuple(Clock(moment, args.zone, "as asked") for moment in args.moment)
    return (CLOCKS[datetime.now(SHANGHAI).toordinal() % len(CLOCKS)],) if args.today else CLOCKS


def live_through(clock: Clock) -> Walk:
    """Start a house under a clock, walk through it, end it."""
    house = House(datetime.fromisoformat(clock.moment).replace(tzinfo=SHANGHAI), clock.zone)
    walk = Walk(house)
    try:
        house.start()
        print(f"  first start {time.time() - house.began:.0f} s", flush=True)
        run(walk)
        walk.faults += [wrong] if (wrong := house.stop()) else []
        walk.faults += house.faults()
    except AssertionError as error:
        walk.wrong(str(error))
    finally:
        house.clear()
    return walk


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM):  # whoever ends this run ends its house too
        signal.signal(number, signal.default_int_handler)
    lines, failed = [], False
    for clock in chosen(arguments()):
        print(f"{clock.moment} {clock.zone}: {clock.why}", flush=True)
        began = time.monotonic()
        walk = live_through(clock)
        for told in dict.fromkeys(walk.remarks):
            print(f"  (remark) {told}")
        for told in walk.faults[:LISTED]:
            print(f"  {told}", flush=True)
        failed = failed or bool(walk.faults)
        what = (
            f"{len(walk.faults)} faults, the first: {walk.faults[0].splitlines()[0][:160]}" if walk.faults else "passed"
        )
        lines.append(f"{clock.moment} {clock.zone:<14} {time.monotonic() - began:4.0f} s  {what}")
    print("", *lines, sep="\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
