"""What is published must not let anybody work out a small cell."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gongjian.sealing.suppression import suppress, suppress_crossed

lines = st.dictionaries(st.integers(0, 30), st.integers(0, 30), max_size=12)


def test_a_small_cell_takes_the_next_smallest_with_it():
    table = {"永安": 3, "盐田": 41, "东海": 17, "明珠": 22}
    assert suppress(table) == {"永安": None, "盐田": 41, "东海": None, "明珠": 22}


def test_two_small_cells_protect_each_other_when_they_hold_enough():
    assert suppress({"a": 3, "b": 4, "c": 20, "d": 30}) == {"a": None, "b": None, "c": 20, "d": 30}


def test_two_small_cells_whose_sum_is_small_need_a_third():
    assert suppress({"a": 1, "b": 1, "c": 20, "d": 30}) == {"a": None, "b": None, "c": None, "d": 30}


def test_nothing_small_nothing_hidden():
    assert suppress({"a": 5, "b": 9}) == {"a": 5, "b": 9}
    assert suppress({}) == {}


def test_a_lone_small_cell_is_hidden():
    assert suppress({"a": 2}) == {"a": None}


def test_the_floor_is_a_parameter():
    assert suppress({"a": 9, "b": 10, "c": 11}, floor=10) == {"a": None, "b": None, "c": 11}


@given(lines, st.integers(1, 12))
def test_the_rest_of_the_total_never_tells_a_cell(table, floor):
    shown = suppress(table, floor)
    assert list(shown) == list(table)
    hidden = [key for key, count in shown.items() if count is None]
    assert all(shown[key] == table[key] for key in table if key not in hidden)
    assert all(key in hidden for key, count in table.items() if count < floor)
    if hidden and len(hidden) < len(table):
        assert len(hidden) >= 2
        assert sum(table[key] for key in hidden) >= floor


def can_be_worked_out(shown):
    """Return hidden cells that the row and column totals determine, by linear algebra."""
    hidden = [key for key, count in shown.items() if count is None]
    rows, columns = sorted({r for r, _ in hidden}), sorted({c for _, c in hidden})
    matrix = np.array(
        [[r == row for r, _ in hidden] for row in rows] + [[c == col for _, c in hidden] for col in columns]
    )
    if not hidden:
        return []
    rank = np.linalg.matrix_rank(matrix.astype(float))
    unit = np.eye(len(hidden))
    return [
        key for key, one in zip(hidden, unit, strict=True) if np.linalg.matrix_rank(np.vstack([matrix, one])) == rank
    ]


@given(st.integers(2, 5), st.integers(2, 5), st.data())
def test_no_combination_of_totals_tells_a_cell_of_a_table(rows, columns, data):
    keys = list(product(range(rows), range(columns)))
    counts = data.draw(st.lists(st.integers(0, 40), min_size=len(keys), max_size=len(keys)))
    table = dict(zip(keys, counts, strict=True))
    shown = suppress_crossed(table)
    assert all(shown[key] is None for key in keys if table[key] < 5)
    assert can_be_worked_out(shown) == []


def test_two_closed_groups_joined_by_one_cell_are_seen():
    counts = [[1, 2, 30, 31], [3, 4, 32, 33], [40, 41, 2, 3], [42, 43, 4, 1]]
    counts[1][2] = 0  # alone joins the group of the upper left with that of the lower right
    table = {(r, c): counts[r][c] for r, c in product(range(4), range(4))}
    shown = suppress_crossed(table)
    assert can_be_worked_out(shown) == []
    assert sum(count is None for count in shown.values()) < 16


def test_a_table_of_one_row_is_a_line():
    shown = suppress_crossed({("all", "a"): 3, ("all", "b"): 9, ("all", "c"): 20})
    assert shown["all", "a"] is None
