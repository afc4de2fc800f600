"""Paging by key over real rows: units, some of them without a parent."""

import pytest

from gongjian.identity.models import Unit
from gongjian.web.paging import BadCursor, Keyset, decode, encode, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def units():
    """Seven units with names that repeat."""
    Unit.objects.filter(code__startswith="pg-").delete()
    for n, name in enumerate(["甲", "乙", "乙", "乙", "丙", "丙", "丁"]):
        Unit.objects.create(
            code=f"pg-{n}", name_zh=name, name_en=f"u{n}", short_zh=name, short_en="u", kind="department"
        )
    return Unit.objects.filter(code__startswith="pg-")


def walk(keyset: Keyset, rows, size: int) -> list[str]:
    codes, cursor = [], ""
    while True:
        page = keyset.page(rows, size=size, cursor=cursor)
        codes += [row.code for row in page.rows]
        cursor = page.next
        if not cursor:
            return codes


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10])
@pytest.mark.parametrize("fields", [("name_zh", "id"), ("-name_zh", "id"), ("name_zh", "-id"), ("-id",)])
def test_every_row_comes_once_and_in_order(units, fields, size):
    assert walk(Keyset(*fields), units, size) == [row.code for row in units.order_by(*fields)]


def test_a_row_added_above_moves_nothing(units):
    keyset = Keyset("-id")
    first = keyset.page(units, size=3)
    Unit.objects.create(code="pg-new", name_zh="新", name_en="new", short_zh="新", short_en="n", kind="department")

    second = keyset.page(units, size=3, cursor=first.next)

    assert [row.code for row in second.rows] == ["pg-3", "pg-2", "pg-1"]


def test_rows_without_a_value_stand_last(units):
    parent = units.get(code="pg-0")
    units.filter(code__in=["pg-2", "pg-4"]).update(parent=parent)

    for fields in (("parent_id", "id"), ("-parent_id", "id")):
        codes = walk(Keyset(*fields, nullable=["parent_id"]), units, 2)
        assert codes == ["pg-2", "pg-4", "pg-0", "pg-1", "pg-3", "pg-5", "pg-6"]


def test_one_query_for_a_page(units, django_assert_num_queries):
    cursor = Keyset("name_zh", "id").page(units, size=2).next

    with django_assert_num_queries(1):
        Keyset("name_zh", "id").page(units, size=2, cursor=cursor)


def test_the_end_has_no_cursor_and_nothing_is_an_empty_page(units):
    assert Keyset("id").page(units, size=7).next == ""
    assert Keyset("id").page(units.none(), size=7).rows == []
    assert page_of([1, 2, 3], 2, str).next == "2"
    assert page_of([], 2, str).next == ""


@pytest.mark.parametrize("cursor", ["x", "!!!", encode([1]), encode([1, 2, 3]), "bnVsbA", "eyJhIjoxfQ", "é"])
def test_a_cursor_that_was_not_made_here_is_refused(units, cursor):
    with pytest.raises(BadCursor):
        Keyset("name_zh", "id").page(units, size=2, cursor=cursor)


def test_a_value_of_the_wrong_kind_is_refused(units):
    with pytest.raises(BadCursor):
        Keyset("id").page(units, size=2, cursor=encode(["abc"]))
    with pytest.raises(BadCursor):
        Keyset("id").page(units, size=2, cursor=encode([None]))


def test_moments_travel_as_text(units):
    from gongjian.workdays.clock import now

    at = now()
    assert decode(encode([at, 3, None, "字"]), 4) == [at.isoformat(), 3, None, "字"]
