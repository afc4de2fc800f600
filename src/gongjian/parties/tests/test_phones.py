from datetime import UTC, datetime

import phonenumbers
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from gongjian.parties.actions import contact_row
from gongjian.parties.phones import TEXTABLE, can_text, display_phone, normalise_phone, tail_of
from gongjian.parties.queries import phone_index, tail_index
from gongjian.parties.refusals import InvalidPhone
from gongjian.sealing.masking import mask_phone


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("13812345678", "+8613812345678"),
        ("138 1234 5678", "+8613812345678"),
        ("138-1234-5678", "+8613812345678"),
        ("１３８１２３４５６７８", "+8613812345678"),
        ("　＋８６ 138，1234。5678 ", "+8613812345678"),
        ("8613812345678", "+8613812345678"),
        ("008613812345678", "+8613812345678"),
        ("0755-25551234", "+8675525551234"),
        ("（0755）2555 1234", "+8675525551234"),
        ("0755—2555—1234", "+8675525551234"),
        ("+852 2123 4567", "+85221234567"),
        ("00852 9123 4567", "+85291234567"),
        ("4008123456", "+864008123456"),
        ("+1 202 555 0123", "+12025550123"),
        ("86-138 1234 5678", "+8613812345678"),
        ("(0755)25551234", "+8675525551234"),
        ("+86 (0)755 2555 1234", "+8675525551234"),
        ("852 2123 4567", "+85221234567"),
        ("(852) 2123-4567", "+85221234567"),
        ("８５２－２１２３－４５６７", "+85221234567"),
        ("853 2835 1234", "+85328351234"),
        ("886 912 345 678", "+886912345678"),
        ("0755-25551234-801", "+8675525551234;ext=801"),
        ("0755 2555 1234 801", "+8675525551234;ext=801"),
        ("０７５５－２５５５１２３４－８０１", "+8675525551234;ext=801"),
        ("0755 2555 1234 转 801", "+8675525551234;ext=801"),
        ("0755-25551234转801", "+8675525551234;ext=801"),
        ("（0755）25551234 轉分機 801", "+8675525551234;ext=801"),
        ("0755-25551234-ext 801", "+8675525551234;ext=801"),
        ("0755 25551234 EXT. 801", "+8675525551234;ext=801"),
        ("0755-25551234 x801", "+8675525551234;ext=801"),
        ("0755-25551234#801", "+8675525551234;ext=801"),
        ("+8675525551234;ext=801", "+8675525551234;ext=801"),
        ("400-812-3456-2", "+864008123456;ext=2"),
        ("170 1234 5678 转 1234", "+8617012345678;ext=1234"),  # a number lent for one delivery
    ],
)
def test_a_number_is_kept_in_one_form_however_it_is_written(written, kept):
    assert normalise_phone(written) == kept


@pytest.mark.parametrize(
    ("written", "zh", "en"),
    [
        ("", "还没写", "Give us"),
        ("  　", "还没写", "Give us"),
        ("1381234567", "这里写了 10 位", "this has 10"),
        ("138123456789", "这里写了 12 位", "this has 12"),
        ("25551234", "0755", "+852"),
        ("0755-25551234转人工", "只写数字", "digits only"),
        ("0755-25551234-8012345", "只写数字", "digits only"),
        ("0755-25551234/25555678", "一次写一个", "one number"),
        ("13812345678-2", "这里写了 12 位", "this has 12"),
        ("0755-2555-12345", "没有这个", "No such"),
        ("转 801", "只写数字", "digits only"),
        ("刘先生13812345678", "只写数字", "digits only"),
        ("13812345678/13812345679", "一次写一个", "one number"),
        ("1380000", "这里写了 7 位", "this has 7"),
        ("12349", "没有这个", "No such"),
        ("0755123", "没有这个", "No such"),
        ("9" * 3000, "一次写一个", "one number"),
        ("+", "只写数字", "digits only"),
        ("+999123456", "没有认出", "could not read"),
    ],
)
def test_a_refusal_names_the_field_and_the_remedy_in_both_languages(written, zh, en):
    with pytest.raises(InvalidPhone) as refused:
        normalise_phone(written, field="callback_phone")
    assert refused.value.field == "callback_phone"
    with translation.override("zh-hans"):
        assert zh in str(refused.value)
    with translation.override("en"):
        assert en in str(refused.value)


def test_a_mobile_can_be_texted_and_a_land_line_cannot():
    assert can_text("+8613812345678")
    assert can_text("+85291234567")
    assert not can_text("+8675525551234")
    assert not can_text("+85221234567")


def test_a_number_is_shown_as_people_here_write_it():
    assert display_phone("+8613812345678") == "138 1234 5678"
    assert display_phone("+8675525551234") == "0755 2555 1234"
    assert display_phone("+85221234567") == "+852 2123 4567"
    assert display_phone("+8675525551234;ext=801") == "0755 2555 1234 转 801"
    with translation.override("en"):
        assert display_phone("+8675525551234;ext=801") == "0755 2555 1234 ext. 801"


def test_an_extension_is_kept_and_the_line_is_what_callers_are_known_by():
    row = contact_row(
        name="前台", phone="0755-25551234-801", email="", language="zh-hans", at=datetime(2026, 12, 1, tzinfo=UTC)
    )
    assert (row["phone"], row["notify_by"]) == ("+8675525551234;ext=801", "none")
    assert row["phone_index"] == phone_index("0755 2555 1234") == phone_index("0755-25551234-802")
    assert row["tail_index"] == tail_index("1234")
    assert mask_phone(row["phone"]) == row["mask_phone"] == mask_phone("+8675525551234")
    assert not can_text(row["phone"])


def test_the_tail_is_four_digits_and_nothing_else():
    assert tail_of(" ５６７8 ") == "5678"
    for wrong in ("567", "56789", "567a", ""):
        with pytest.raises(InvalidPhone):
            tail_of(wrong)


@given(st.text(alphabet="0123456789０１２３+＋-— ()（）转x.。1١²①\u200b刘", max_size=60) | st.text(max_size=60))
def test_any_text_is_kept_or_refused_and_what_is_kept_stays(text):
    try:
        kept = normalise_phone(text)
    except InvalidPhone:
        return
    assert kept.startswith("+")
    line, _sign, extension = kept[1:].partition(";ext=")
    assert kept.isascii()
    assert line.isdigit()
    assert not extension or extension.isdigit()
    assert normalise_phone(kept) == kept == normalise_phone(display_phone(kept))
    can_text(kept)


@given(st.integers(10_000_000, 99_999_999), st.text(alphabet=" -—（）", max_size=3))
def test_a_mobile_is_found_under_any_dress(rest, mark):
    digits = f"138{rest}"
    dressed = mark.join((digits[:3], digits[3:7], digits[7:]))
    wide = dressed.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    assert normalise_phone(dressed) == normalise_phone(wide) == normalise_phone("+86" + dressed) == "+86" + digits


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_an_ordinary_mobile_is_read_as_the_library_reads_it(written):
    number = phonenumbers.parse(written, "CN")
    if not phonenumbers.is_valid_number(number):
        with pytest.raises(InvalidPhone):
            normalise_phone(written)
        return
    kept = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert normalise_phone(written) == kept
    assert can_text(kept) == (phonenumbers.number_type(number) in TEXTABLE)
