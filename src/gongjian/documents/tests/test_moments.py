# ruff: noqa: DTZ001 - text that names no offset is naive
"""Days and moments as people write them: every form of one reads back as it, and nothing else is guessed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gongjian.documents.moments import NotAMoment, Reason, read
from gongjian.documents.tables import WrongCell, day, moment

MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 31))
DAYS = "一二三四五六日"
DIGITS = "〇一二三四五六七八九"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789-/.:"}


def chinese(number):
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else DIGITS[tens]) + ("十" if tens else "") + (DIGITS[ones] if ones or not tens else "")


def days_of(at):
    """Every way to write a day."""
    y, m, d = at.year, at.month, at.day
    for sign in "-/.、_ ·":
        yield f"{y}{sign}{m}{sign}{d}"
        yield f"{y} {sign} {m} {sign} {d}"
        yield f"{y}{sign}{m:02}{sign}{d:02}"
        yield f"{y}{sign}{m:02}{sign}{d:02}".translate(WIDE)
    yield f"{y}年{m}月{d}日"
    yield f"{y} 年 {m:02} 月 {d:02} 日"
    yield f"{y}年{m}月{d}号"
    yield f"{y}. {m}. {d}."
    yield f"{y}年{m}月{d}日星期{DAYS[at.weekday()]}"
    yield f"{y}-{m}-{d}（周{DAYS[at.weekday()]}）"
    yield f"{y}-{m:02}-{d:02}({DAYS[at.weekday()]})"
    yield f"{at:%a} {MONTHS[m - 1]} {d:02} {y}"
    yield "".join(DIGITS[int(n)] for n in str(y)) + f"年{chinese(m)}月{chinese(d)}日"
    yield f"{y}{m:02}{d:02}"
    yield f"{MONTHS[m - 1]} {d}, {y}"
    yield f"{d} {MONTHS[m - 1]} {y}"
    yield f"{d}-{MONTHS[m - 1]}-{y}"
    yield f"\u200e{y}\u2013{m}\u2013{d}\ufeff"


def times_of(at):
    """Every way to write a time of day to the minute."""
    h, m = at.hour, at.minute
    yield from (
        f"{h}:{m:02}",
        f"{h:02}:{m:02}",
        f"{h:02}：{m:02}",
        f"{h}∶{m:02}",
        f"{chinese(h)}时{chinese(m)}分",
        f"{h}时{m}分",
        f"{h}点{m:02}分",
        f"{h}点{m:02}",
    )
    yield f"{(h - 1) % 12 + 1}:{m:02} {'AM' if h < 12 else 'PM'}"
    yield f"{'AM' if h < 12 else 'PM'} {(h - 1) % 12 + 1}:{m:02}"
    if m in {0, 15, 30, 45}:
        yield f"{h}点{['整', '一刻', '半', '三刻'][m // 15]}"
    yield f"{(h - 1) % 12 + 1}:{m:02}{'a.m.' if h < 12 else 'p.m.'}"
    if 1 <= h < 12:
        yield f"上午{h}:{m:02}"
        yield f"早上{h}点{m}分"
    if h > 12:
        yield f"下午{h - 12}时{m:02}分"
        yield f"下午 {h}:{m:02}"
    if h == 12:
        yield f"中午12:{m:02}"


@given(MOMENTS, st.data())
def test_every_form_of_a_moment_reads_back_as_it(at, data):
    at = at.replace(second=0, microsecond=0)
    written = data.draw(st.sampled_from(list(days_of(at))))
    assert read(written) == at.replace(hour=0, minute=0)
    time = data.draw(st.sampled_from(list(times_of(at))))
    gap = data.draw(st.sampled_from([" ", "\u3000", "  ", ", "]))
    assert read(f"{written}{gap}{time}") == at


@given(MOMENTS, st.sampled_from(["", " UTC", " +0800"]))
def test_a_time_may_stand_before_the_day_or_before_the_year(at, zone):
    at = at.replace(microsecond=0)
    named = {"": None, " UTC": UTC, " +0800": timezone(timedelta(hours=8))}[zone]
    month = MONTHS[at.month - 1]
    assert read(f"{at:%a} {month} {at.day:2} {at:%H:%M:%S}{zone} {at.year}") == at.replace(tzinfo=named)
    assert read(f"{at:%H:%M:%S} {at:%Y-%m-%d}") == at
    assert read(f"{at:%H:%M}, {month} {at.day}, {at.year}") == at.replace(second=0)


@given(
    MOMENTS,
    st.sampled_from([0, 3, 6]),
    st.sampled_from(" T"),
    st.sampled_from(["", "Z", "+08:00", " +0800", "-0330", " UTC+8", " GMT+0800 (China Standard Time)"]),
)
def test_seconds_fractions_and_offsets_are_kept(at, digits, gap, offset):
    at = at.replace(microsecond=at.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits))
    fraction = f".{at.microsecond:06}"[: digits + 1] if digits else ""
    zone = {"": None, "Z": UTC, "-0330": timezone(-timedelta(hours=3, minutes=30))}.get(
        offset, timezone(timedelta(hours=8))
    )
    assert read(f"{at:%Y-%m-%d}{gap}{at:%H:%M:%S}{fraction}{offset}") == at.replace(tzinfo=zone)


@given(MOMENTS)
def test_digits_alone_and_counts_of_days_read_back(at):
    at = at.replace(microsecond=0)
    assert read(f"{at:%Y%m%d%H%M%S}") == at
    assert read(f"{at:%Y%m%d%H%M}") == at.replace(second=0)
    serial = (at - datetime(1899, 12, 30)) / timedelta(days=1)
    assert read(serial) == at
    assert read(f"{serial:.6f}") == pytest.approx(at, abs=timedelta(seconds=1))
    assert read(int(serial)) == at.replace(hour=0, minute=0, second=0)


@pytest.mark.parametrize("end", ["24:00", "24:00:00", "24时", "24点00分", "24:00:00.0"])
@pytest.mark.parametrize("day", ["2025-03-01", "2025年2月28日", "2024-12-31", "2024-2-29"])
def test_midnight_may_end_a_day(day, end):
    assert read(f"{day} {end}") == read(day) + timedelta(days=1)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("25/03/2025", datetime(2025, 3, 25)), ("03/25/2025", datetime(2025, 3, 25)), ("3.3.2025", datetime(2025, 3, 3)),
        ("2025-W10-1", datetime(2025, 3, 3)), ("2025-3-1 9点半", datetime(2025, 3, 1, 9, 30)), ("20250301 0930", datetime(2025, 3, 1, 9, 30)),
        ("2025-03-01 凌晨12:30", datetime(2025, 3, 1, 0, 30)), ("2025-03-01 12:30 AM", datetime(2025, 3, 1, 0, 30)),
        ("2025-03-01 晚上8点", datetime(2025, 3, 1, 20)), ("2025-03-01 中午1点", datetime(2025, 3, 1, 13)),
        ("Saturday, March 1st, 2025 3:05 PM", datetime(2025, 3, 1, 15, 5)), ("20250301T093000Z", datetime(2025, 3, 1, 9, 30, tzinfo=UTC)),
        ("2025-03-01t09:30z", datetime(2025, 3, 1, 9, 30, tzinfo=UTC)), ("2025-3-1_9:30:15", datetime(2025, 3, 1, 9, 30, 15)),
        ("'2025-03-01", datetime(2025, 3, 1)), ('="2025-03-01 9:30"', datetime(2025, 3, 1, 9, 30)), ("2025。3。1", datetime(2025, 3, 1)),
        ("2025年3月1日。", datetime(2025, 3, 1)), ("2025-03-01 上午九点半", datetime(2025, 3, 1, 9, 30)), ("2025-03-01 上午 9:30 AM", datetime(2025, 3, 1, 9, 30)),
    ],
)  # fmt: skip
def test_what_has_one_meaning_is_taken(said, meant):
    assert read(said) == meant


REFUSED = {
    Reason.TWO_DAYS: ["3/4/2025", "01/03/2025", "12-11-2025", "1.2.2025 9:30"],
    Reason.TWO_TIMES: ["2025-03-01 上午12:30", "2025-03-01 上午13:00", "2025-03-01 下午0:30", "2025-03-01 晚上1点", "2025-03-01 晚上12:30", "2025-03-01 14:30 AM", "2025-03-01 上午 9:30 PM"],
    Reason.SHORT_YEAR: ["25-3-1", "3/4/25", "25年3月1日", "3/1/25 9:30", "25 3 1"],
    Reason.WITHOUT_DAY: ["2025", "2025-03", "2025年", "2025年3月", "2025/3", "2025 03"],
    Reason.NO_SUCH_DAY: ["2025-02-29", "2025年2月30日", "20250230", "31/11/2025", "2025-03-01 星期日", "2025-W60-1", "2025-00-10"],
    Reason.NO_SUCH_TIME: ["2025-03-01 24:01", "2025-03-01 25:00", "2025-03-01 09:60", "2025-03-01 09:30:60", "2025-03-01 09:30+25:00"],
    Reason.STAMP: ["1740792600", "1740792600000", "1740792600.5"],
    Reason.FAR: ["9999-12-31", "0001-01-01", "1066年10月14日", "3000-01-01"],
    Reason.UNKNOWN: ["", "昨天", "9:30", "9:30 10:30", "Sat Mar 1 09:30:00 CST 2025", "2025-03-01109:30", "2025-060", "99999", "20000", "0.5", "-45717", "2025-3.1", "2025-03-01 nonsense", "民国114年3月1日"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "said"), [(reason, said) for reason, all_said in REFUSED.items() for said in all_said]
)
def test_what_has_none_or_two_says_so(reason, said):
    with pytest.raises(NotAMoment) as told:
        read(said)
    assert told.value.reason == reason
    with pytest.raises(WrongCell, match=r"."):
        moment(UTC)(said)


@given(
    st.one_of(
        st.text(), st.floats(), st.integers(), st.text(alphabet="0123456789-/:.年月日时分 上午TZ+"), st.booleans()
    )
)
@example("9999-12-31 24:00")
@example("0001-01-01T00:00:00+23:59")
@example("十十年十十月十十日")
@example("٢٠٢٥-٠٣-٠١")
@example("²⁰²⁵-³-¹")
def test_nonsense_is_wrong_and_never_a_fault(said):
    for parse in (moment(UTC), moment(None), day()):
        try:
            found = parse(said)
        except WrongCell:
            continue
        assert 1900 <= found.year <= 3000


def test_a_format_that_was_named_settles_what_has_two_meanings():
    assert moment(UTC, ["%m/%d/%Y"])("3/4/2025") == datetime(2025, 3, 4, tzinfo=UTC)
    assert day(["%d/%m/%Y"])("3/4/2025").month == 4
    assert moment(UTC, ["%m/%d/%Y"])("2025年3月4日") == datetime(2025, 3, 4, tzinfo=UTC)
