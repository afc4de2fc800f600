"""The one rule of text."""

import argparse
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongjian.casework.words import fold
from gongjian.text import Unfit, argument, as_code, checked, clean, is_blank, says_something

SURROGATES = st.characters(categories=["Cs"])
ANYTHING = st.text(st.characters() | SURROGATES | st.sampled_from("\x00\x07\r\n\t\x0b\x1f\x7f\x85\u202e\ufdd0\u2028"))
UNFIT = [
    *map(chr, range(9)), "\x0b", "\x0c", *map(chr, range(14, 32)), *map(chr, range(127, 160)), "\ud800", "\udfff",
    "\u202a", "\u202e", "\u2066", "\u2069", "\ufdd0", "\ufffe", "\uffff", "\U0001ffff", "\U0010fffe",
]  # fmt: skip
BLANKS = ["", " ", "\t\n", "\u200b", "\ufeff", "\u3000", "\xad", "\u0301", "\u200d\u200c", "\u2060", "\u3164\u2800"]


@pytest.mark.parametrize("sign", UNFIT, ids=lambda sign: f"U+{ord(sign):04X}")
def test_a_person_loses_a_sign_nobody_sees_and_a_program_is_told_of_it(sign):
    assert clean(f"路灯{sign}不亮").replace("\n", "") == "路灯不亮"
    with pytest.raises(Unfit) as refused:
        checked(f"路灯{sign}不亮")
    assert (refused.value.place, refused.value.code) == (3, f"U+{ord(sign):04X}")
    with pytest.raises(argparse.ArgumentTypeError, match=f"U\\+{ord(sign):04X}"):
        argument(sign)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029"])
def test_a_line_ends_with_one_sign(end):
    assert clean(f"一{end}二{end}{end}三") == checked(f"一{end}二{end}{end}三") == "一\n二\n\n三"


@pytest.mark.parametrize("text", ["e\u0301", "\u1100\u1161", "ｱﾞ", "\u212b"])
def test_composed_signs_are_kept_composed(text):
    assert clean(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", BLANKS, ids=lambda text: "+".join(f"{ord(sign):04X}" for sign in text) or "nothing")
def test_what_nobody_sees_is_nothing(text):
    assert is_blank(text)
    assert clean(text) == checked(text) == ""


@pytest.mark.parametrize(
    "text", ["路\u200b灯", "👨\u200d👩\u200d👧", "e\u0323\u0301", "ก\u0e49", "①", "\ue000", "\U0001fae9", "\t路灯"]
)
def test_what_somebody_sees_stays_with_the_joiners_in_it(text):
    assert clean(text) == unicodedata.normalize("NFC", text)


@given(ANYTHING)
def test_any_text_comes_out_fit_and_stays_as_it_is(text):
    once = clean(text)
    assert clean(once) == checked(once) == once
    assert once.encode().decode() == once
    assert not any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\t\n" for sign in once)
    try:
        assert checked(text) == once
    except Unfit:
        assert any(unicodedata.category(sign) in {"Cc", "Cf", "Cn", "Cs"} for sign in text)


@given(ANYTHING)
def test_what_says_something_is_what_the_index_of_words_could_find(text):
    assert says_something(text) == bool(fold(text))


def test_numbers_and_codes_are_read_in_one_dress():
    assert as_code("ｙｔ－２６１２–00030") == as_code("yt\u200b\u20112612\u221200030") == "YT-2612-00030"
