import phonenumbers
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from gongjian.parties.phones import TEXTABLE, can_text, display_phone, normalise_phone, tail_of
from gongjian.parties.refusals import InvalidPhone


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
    ],
)
def test_a_number_is_kept_in_one_form_however_it_is_written(written, kept):
    assert normalise_phone(written) == kept


@pytest.mark.parametrize(
    ("written", "zh", "en"),
    [
        ("", "还没写", "Give us"),
        ("  　", "还没写", "Give us"),
        ("1381234567", "这里有 10 位", "this has 10"),
        ("138123456789", "这里有 12 位", "this has 12"),
        ("25551234", "0755", "+852"),
        ("0755-25551234转801", "分机", "extension"),
        ("0755-25551234-ext 801", "分机", "extension"),
        ("刘先生13812345678", "只写数字", "digits only"),
        ("13812345678/13812345679", "一次写一个", "one number"),
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
    assert kept[1:].isascii()
    assert kept[1:].isdigit()
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
