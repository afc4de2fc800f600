import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from gongjian.casework import words

TEXTS = [
    "永安北一街 18 号旁工地夜间施工，凌晨一点还在打桩。",
    "深盐路公交站牌倒了，ＡＢ座门口。",
    "Street light No. 12 is out near Haishan Park",
    "路灯不亮；电话 13812345678",
]


def found(text: str, query: str) -> bool:
    literal = words.query(query)
    if not literal:
        return False
    with connection.cursor() as cursor:
        cursor.execute("select %s::tsvector @@ %s::tsquery", [words.vector([text], ["s:open"]), literal])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["路", "路灯", "路灯不亮", "施工凌晨", "ab座", "18号", "LIGHT", "永安北一街", "haishanpark"]
)
def test_a_phrase_finds_exactly_the_texts_that_contain_it(query):
    folded = words.fold(query)
    for text in TEXTS:
        assert found(text, query) == (folded in words.fold(text)), text


@pytest.mark.django_db
@settings(max_examples=150, deadline=None)
@given(
    text=st.text(alphabet="路灯不亮坏了盐田 ab1，'\\:", max_size=30), start=st.integers(0, 29), length=st.integers(1, 6)
)
def test_any_piece_of_a_text_finds_it(text, start, length):
    piece = words.fold(text)[start : start + length]
    if piece:
        assert found(text, piece)


@pytest.mark.django_db
def test_numbers_of_people_never_enter_the_index():
    assert not found(TEXTS[3], "13812345678")
    assert not found(TEXTS[3], "1381")


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["'", "\\", ":*", "路' | 's:open", "<->", "!!", "（）", ""])
def test_a_query_cannot_be_written_to_mean_something_else(query):
    assert not found("工地", query)


def test_white_space_parts_words_that_must_all_occur():
    assert words.query("路灯 坏", any_of=[["s:a", "s:b"]]) == "('路灯') & '坏':* & ('s:a'|'s:b')"


@pytest.mark.django_db
def test_a_text_that_says_one_thing_a_thousand_times_is_found_by_it_and_by_what_follows():
    text = "路灯" * 1000 + "深盐路"
    with connection.cursor() as cursor:
        for query in ("路灯", "灯路灯", "深盐路"):
            cursor.execute("select %s::tsvector @@ %s::tsquery", [words.vector([text], []), words.query(query)])
            assert cursor.fetchone()[0], query
