"""Days and moments as people write them in tables: one reader for every door, computing from the text alone.

    read("2025年3月1日 下午3时05分")   -> datetime(2025, 3, 1, 15, 5)
    read("2025-03-01 24:00")          -> datetime(2025, 3, 2)          the midnight that ends the day
    read("45717.395833")              -> datetime(2025, 3, 1, 9, 30)   Excel's own count of days
    read("2025-03-01T09:30:00Z")      -> aware; everything without an offset is naive
    read("3/4/2025")                  -> NotAMoment: March or April?

Nothing is guessed: what has two meanings raises `NotAMoment`, and its reason says which two.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum
from typing import Final

__all__ = ["FIRST_YEAR", "LAST_YEAR", "NotAMoment", "Reason", "read"]

FIRST_YEAR, LAST_YEAR = 1900, 2999
# Excel's count of days that may be meant: 1970 to 2099. A year alone, or a number of something, is outside.
FIRST_SERIAL, LAST_SERIAL = 25_569, 73_050
SERIAL_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a count of days has no zone
NOON, FULL_DAY, MINUTES = 12, 24, 60
LONGEST = 80  # signs; no moment takes more
ISO_DAY = len("2025-03-01")
LATEST_OFFSET = 14  # hours east of Greenwich; nowhere is later


class Reason(Enum):
    """Why something is no moment."""

    UNKNOWN = "unknown"  # not written as a day or a moment
    NO_SUCH_DAY = "no_such_day"  # 30 February, or a day of the week that is another one
    NO_SUCH_TIME = "no_such_time"  # 25:00
    FAR = "far"  # a year that cannot be meant
    WITHOUT_DAY = "without_day"  # a year or a month alone
    SHORT_YEAR = "short_year"  # 25-3-1
    TWO_DAYS = "two_days"  # 3/4/2025
    TWO_TIMES = "two_times"  # 上午12:30
    STAMP = "stamp"  # seconds since 1970, or a number of unclear length


class NotAMoment(ValueError):
    """Text that is no day or moment, or could be two."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


# Signs that stand for another one where a day or a time is written; NFKC does not know these.
_SIGNS: Final = (
    dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
    | dict.fromkeys(map(ord, "·•‧・。"), ".")
    | dict.fromkeys(map(ord, "∶︰"), ":")
)
_QUOTES: Final = " \t\n='\"‘’“”"  # what a table program puts around a text that it must not count with
_NUMERALS: Final = {"〇": "0", "零": "0"} | {sign: str(n) for n, sign in enumerate("一二三四五六七八九", start=1)}
_NUMERAL: Final = re.compile(r"[〇零一二三四五六七八九十]+")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAYS: Final = {
    **{sign: n for n, signs in enumerate(("一", "二", "三", "四", "五", "六", "日天")) for sign in signs},
    **{name: n for n, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
}
_WEEKDAY: Final = re.compile(
    r"\((?P<alone>[一二三四五六日])\)"
    r"|[(,]?\s*(?:(?:星期|礼拜|周)(?P<zh>[一二三四五六日天])|(?<![a-z])(?P<en>mon|tue|wed|thu|fri|sat|sun)"
    r"(?:s|nes|rs|ur)?(?:day)?(?![a-z]))\.?\s*[),]?"
)
_DAYS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<y>\d{4})\s*(?P<sign>[-/._、 ])\s*(?P<m>\d{1,2})\s*(?P=sign)\s*(?P<d>\d{1,2})(?!\d)",
        r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})(?!\d)\s*[日号]?",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?=$|[ t,]|\d{4}$|\d{6}$)",
        r"(?P<a>\d{1,2})(?P<sign>[-/.])(?P<b>\d{1,2})(?P=sign)(?P<y>\d{4})(?!\d)",
        _MONTH + r"\s*(?P<d>\d{1,2})(?:st|nd|rd|th)?\s*,?\s+(?P<y>\d{4})(?!\d)",
        r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[-\s]*" + _MONTH + r"[-,\s]*(?P<y>\d{4})(?!\d)",
    )
)
_MORNING: Final = frozenset({"上午", "早上", "早晨", "清晨"})
_HALF: Final = r"上午|早上|早晨|清晨|凌晨|中午|下午|傍晚|晚上|[ap]\.?m\.?"
_TIME: Final = re.compile(
    r"(?P<half>" + _HALF + r")?\s*(?P<h>\d{1,2})"
    r"(?:\s*:\s*(?P<m>\d{1,2})(?:\s*:\s*(?P<s>\d{1,2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"|\s*[时点]\s*(?:(?P<m2>\d{1,2})(?:\s*分\s*(?:(?P<s2>\d{1,2})\s*秒?)?)?|(?P<thirty>半)|(?P<quarters>[13])刻|整)?)"
    r"\s*(?P<ampm>[ap]\.?m\.?)?"
    r"\s*(?P<zone>z|(?:\(?(?:utc|gmt)\)?)?\s*(?P<zs>[+-])(?P<zh>\d{1,2}):?(?P<zm>\d{2})?\)?(?:\s*\([^()]*\))?"
    r"|utc|gmt)?"
)
_DIGITS: Final = re.compile(
    r"(?P<h>\d{2})(?P<m>\d{2})(?P<s>\d{2})?(?P<zone>z|(?P<zs>[+-])(?P<zh>\d{2}):?(?P<zm>\d{2}))?"
)
# The time before the day, and between day and year: "9:30 2025-03-01", "mar 1 09:30:00 2025". Put in order first.
_CLOCK: Final = r"\d{1,2}:\d{1,2}(?::\d{1,2})?"
_TURNED: Final = (
    (re.compile(rf"({_CLOCK})[\s,]+(\S.*)"), r"\2 \1"),
    (re.compile(rf"(\D+\d{{1,2}})\s+({_CLOCK})\s+((?:(?:utc|gmt|[+-]\d{{4}})\s+)?)(\d{{4}})"), r"\1 \4 \2 \3"),
)
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?")
_REASONS: Final = (
    (re.compile(r"\d{4}(?:年|\s*[-/.年 ]\s*\d{1,2}\s*月?)?"), Reason.WITHOUT_DAY),
    (re.compile(r"\d{1,2}([-/. ])\d{1,2}\1\d{1,2}(?!\d).*|\d{2}年\s*\d{1,2}\s*月.*", re.DOTALL), Reason.SHORT_YEAR),
    (re.compile(r"-?\d{9,}(?:\.\d+)?"), Reason.STAMP),
)


def read(said: str | int | float) -> datetime:  # noqa: PYI041 - as a cell holds it
    """Return the moment that a cell says, naive unless it names its offset; raises NotAMoment."""
    text = str(said)
    quick = _iso(text)
    if quick is not None:
        return quick
    plain, weekday = _plain(text[:LONGEST])
    if _SERIAL.fullmatch(plain) and FIRST_SERIAL <= float(plain) <= LAST_SERIAL:
        return _of_serial(float(plain))
    if len(plain) == ISO_DAY and plain[4:6] == "-w":
        return _iso_week(plain)
    found = next(filter(None, (pattern.match(plain) for pattern in _DAYS)), None)
    if found is None:
        raise NotAMoment(_why(plain))
    day = _day(found)
    if weekday is not None and weekday != day.weekday():
        raise NotAMoment(Reason.NO_SUCH_DAY)
    return _moment(day, plain[found.end() :])


def _iso(text: str) -> datetime | None:
    """Return what most files hold, read twenty times as fast as the rest."""
    if text[4:5] != "-" or text[7:8] != "-" or text[ISO_DAY : ISO_DAY + 1] not in {"", " ", "T"} or not text.isascii():
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR and not _far_offset(found) else None


def _far_offset(found: datetime) -> bool:
    offset = found.utcoffset()
    return offset is not None and abs(offset) > timedelta(hours=LATEST_OFFSET)


def _plain(text: str) -> tuple[str, int | None]:
    """Return a text in narrow small letters, its Chinese numerals as digits, without signs that nobody sees.

    The day of the week is taken out, and returned beside it as a number.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS).casefold()
    plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    found = _WEEKDAY.search(plain)
    if found:
        plain = f"{plain[: found.start()]} {plain[found.end() :]}"
    if any(sign in plain for sign in "年点时"):
        plain = _NUMERAL.sub(_numeral, plain)
    plain = plain.strip(_QUOTES)
    for pattern, order in _TURNED:
        plain = pattern.sub(order, plain) if pattern.fullmatch(plain) else plain
    return plain.strip(), _WEEKDAYS[found["alone"] or found["zh"] or found["en"]] if found else None


def _numeral(found: re.Match[str]) -> str:
    """Return 二〇二五 as 2025, 十 as 10, 二十一 as 21; what is no number stays and is not understood."""
    tens, ten, ones = found[0].partition("十")
    if not ten:
        return "".join(_NUMERALS[sign] for sign in tens)
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return found[0]
    return (_NUMERALS[tens] if tens else "1") + (_NUMERALS[ones] if ones else "0")


def _of_serial(days: float) -> datetime:
    """Return what Excel shows for its count of days, to the second."""
    return SERIAL_ZERO + timedelta(seconds=round(days * 24 * 3600))


def _iso_week(plain: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(plain.upper()), time())
    except ValueError as error:
        raise NotAMoment(Reason.NO_SUCH_DAY) from error


def _day(found: re.Match[str]) -> date:
    """Return the day that was found; one whose day and month could change places only where that is the same."""
    parts = found.groupdict()
    year = int(parts["y"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotAMoment(Reason.FAR)
    if "a" in parts:
        a, b = int(parts["a"]), int(parts["b"])
        days = {day for day in (_made(year, a, b), _made(year, b, a)) if day is not None}
        if len(days) > 1:
            raise NotAMoment(Reason.TWO_DAYS)
    else:
        name = parts.get("name")
        month = _MONTHS.index(name[:3]) + 1 if name else int(parts["m"])
        days = {day for day in (_made(year, month, int(parts["d"])),) if day is not None}
    if not days:
        raise NotAMoment(Reason.NO_SUCH_DAY)
    return days.pop()


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _moment(day: date, rest: str) -> datetime:
    """Return the day with the time that follows it."""
    rest = rest.strip(" ,，、._\t\n") if rest[:1] != "t" else rest[1:].strip()
    midnight = datetime.combine(day, time())
    if not rest:
        return midnight
    found = _TIME.fullmatch(rest) or _DIGITS.fullmatch(rest)
    if found is None:
        raise NotAMoment(Reason.UNKNOWN)
    parts = found.groupdict()
    return (midnight + _since_midnight(parts)).replace(tzinfo=_offset(parts))


def _since_midnight(parts: dict[str, str | None]) -> timedelta:
    hour = int(parts["h"] or 0)
    minute = (
        30 if parts.get("thirty") else 15 * int(parts.get("quarters") or 0) or int(parts["m"] or parts.get("m2") or 0)
    )
    second = int(parts["s"] or parts.get("s2") or 0)
    micro = int(f"{parts.get('f') or '':0<6}"[:6])
    halves = [said.replace(".", "") for said in (parts.get("half"), parts.get("ampm")) if said]
    hours = {_in_full(hour, half) for half in halves or [""]}
    if len(hours) > 1:
        raise NotAMoment(Reason.TWO_TIMES)
    hour = hours.pop()
    ends = hour == FULL_DAY and not (minute or second or micro)
    if not ends and (hour >= FULL_DAY or minute >= MINUTES or second >= MINUTES):
        raise NotAMoment(Reason.NO_SUCH_TIME)
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)


def _morning(hour: int) -> int | None:
    return hour if hour < NOON else None


def _before_dawn(hour: int) -> int | None:
    return hour % NOON if hour <= NOON else None


def _around_noon(hour: int) -> int | None:
    return hour if hour in {11, 12, 13} else hour + NOON if hour in {1, 2} else None


def _afternoon(hour: int) -> int | None:
    return hour if hour >= NOON else hour + NOON if hour else None


def _evening(hour: int) -> int | None:
    return hour if hour > NOON else hour + NOON if 5 <= hour < NOON else None  # noqa: PLR2004 - 晚上1点 is tomorrow


_HALVES: Final[dict[str, Callable[[int], int | None]]] = {
    **dict.fromkeys(_MORNING, _morning), "凌晨": _before_dawn, "am": _before_dawn, "中午": _around_noon,
    "下午": _afternoon, "傍晚": _afternoon, "pm": _afternoon, "晚上": _evening,
}  # fmt: skip


def _in_full(hour: int, half: str) -> int:
    """Return an hour of half a day as one of the whole; raises NotAMoment for one of the other half, or of either.

    上午12:30 is half past noon to one and half past midnight to another; 12:30 AM is always the latter.
    """
    if not half:
        return hour
    full = _HALVES[half](hour)
    if full is None:
        raise NotAMoment(Reason.TWO_TIMES)
    return full


def _offset(parts: dict[str, str | None]) -> timezone | None:
    if not parts["zone"]:
        return None
    if not parts["zs"]:
        return UTC
    hours, minutes = int(parts["zh"] or 0), int(parts["zm"] or 0)
    if hours > LATEST_OFFSET or minutes >= MINUTES:
        raise NotAMoment(Reason.NO_SUCH_TIME)
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if parts["zs"] == "-" else span)


def _why(plain: str) -> Reason:
    """Return why a text that begins with no day is not understood."""
    return next((reason for pattern, reason in _REASONS if pattern.fullmatch(plain)), Reason.UNKNOWN)
