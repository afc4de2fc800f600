import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongjian.sealing.index import blind_index
from gongjian.sealing.tokens import (
    ALPHABET,
    GROUPS,
    SPELLING,
    groups_of,
    read_receipt_code,
    receipt_code,
    spelled,
    written,
)
from gongjian.text import as_code


def test_equal_values_of_one_purpose_are_found_again():
    assert blind_index("13812345678", "contact") == blind_index("13812345678", "contact")
    assert len(blind_index("13812345678", "contact")) == 16


def test_purposes_and_keys_keep_apart(settings):
    here = blind_index("13812345678", "contact")
    assert blind_index("13812345678", "session") != here
    settings.BLIND_INDEX_KEY = b"another key of thirty-two bytes!"
    assert blind_index("13812345678", "contact") != here


@pytest.mark.parametrize(("value", "purpose"), [("", "contact"), ("1", ""), ("1", "a\0b")])
def test_nothing_is_not_indexed(value, purpose):
    with pytest.raises(ValueError):
        blind_index(value, purpose)


def test_the_border_between_purpose_and_value_is_kept():
    assert blind_index("bc", "a") != blind_index("c", "ab")


def test_a_receipt_code_is_thirteen_clear_signs():
    codes = [receipt_code() for _ in range(300)]
    assert len(set(codes)) == 300
    assert {len(code) for code in codes} == {13}
    assert set("".join(codes)) == set(ALPHABET)
    assert not set("0O1IL") & set(ALPHABET)


@given(st.sampled_from(sorted(GROUPS)).flatmap(lambda n: st.text(ALPHABET, min_size=n, max_size=n)), st.integers(1, 9))
def test_a_typed_code_is_read_whatever_the_keyboard_did(code, cut):
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    dashed = "－".join(groups_of(code))
    cuts = (f"{code[:cut]}-{code[cut:]}", f"{code[:cut]} {code[cut:]}", " ".join(code))
    for typed in (
        code.lower(),
        f" {code} ",
        *cuts,
        wide,
        written(code),
        dashed,
        f"查询码：{written(code)}\n",
        f"Code {dashed}.",
    ):
        assert read_receipt_code(typed) == code


def test_a_code_is_written_in_its_groups_and_each_sign_has_a_word():
    assert written("K7MN4PQR2XYZW") == "K7MN 4PQR 2XYZW"
    assert written("K7MN4PQR2X") == "K7MN4 PQR2X"
    assert set(SPELLING) == set(ALPHABET)
    for language in (0, 1):
        assert len({words[language] for words in SPELLING.values()}) == len(ALPHABET)
    assert spelled("K7MN4PQR2XYZW", "en")[0] == [("K", "Kilo"), ("7", "seven"), ("M", "Mike"), ("N", "November")]
    assert "".join(sign for group in spelled("K7MN4PQR2X", "zh-hans") for sign, _word in group) == "K7MN4PQR2X"


@pytest.mark.parametrize(
    "words",
    [
        "查询码：{}",
        "查询码{}。",
        "件号 YT-2612-00030，查询码 {}，请留好",
        "receipt code: {}",
        "Your receipt code is {}. Call",
        "查询码是 {}",
    ],
)
def test_a_code_is_read_behind_its_name(words):
    for code in (
        "K7MN4PQR2X",
        "ABCDE FGHJK",
        "abcde－fghjk",
        "K7MN 4PQR 2XYZW",
        "k7mn4pqr2xyzw",
        "abcd - efgh - jkmnp",
    ):
        assert read_receipt_code(words.format(code)) == "".join(as_code(code).replace("-", " ").split())


def test_a_code_among_words_is_read_where_nothing_else_could_be_one():
    assert read_receipt_code("YT-2612-00030 K7MN4-PQR2X") == "K7MN4PQR2X"
    assert read_receipt_code("YT-2612-00030，K7MN-4PQR-2XYZW，谢谢") == "K7MN4PQR2XYZW"
    assert read_receipt_code("receipt code: K7MN4 PQR2X the number is on the paper") == "K7MN4PQR2X"
    for doubtful in ("K7MN4PQR2X 8WXYZ23456", "WATERSPRAY PARTNERSHEP"):
        assert read_receipt_code(doubtful) is None


@pytest.mark.parametrize("typed", ["", "ABC", "ABCDEFGH10", "ABCDEFGHJKM", "ABCDEFGHJKMN", "K7MN4PQR2XYZW2", "刘小明"])
def test_what_is_no_code_is_none(typed):
    assert read_receipt_code(typed) is None
