"""Small-cell suppression: a published table must not tell about a handful of people.

Source: design, look/README (under 5 is not shown; a second cell is hidden when the first could be worked out).
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

FLOOR = 5
FEWEST_HIDDEN = 2


def suppress[K: Hashable](table: Mapping[K, int], floor: int = FLOOR) -> dict[K, int | None]:
    """Return the cells of one line whose total is published; hidden ones are None, zero included.

    Every cell under the floor is hidden. Hidden cells must be at least two and hold at least `floor` together, so that
    the total less the shown ones tells nothing: else the smallest shown cell is hidden too. A total under the floor
    must itself be hidden by the caller; no choice of cells can protect it.
    """
    hidden = {key for key, count in table.items() if count < floor}
    _protect_line(table, hidden, floor)
    return {key: None if key in hidden else count for key, count in table.items()}


def suppress_crossed[R: Hashable, C: Hashable](
    table: Mapping[tuple[R, C], int], floor: int = FLOOR
) -> dict[tuple[R, C], int | None]:
    """Return the cells of a table whose row and column totals are both published; hidden ones are None.

    1. Cells under the floor are hidden.
    2. Every row and column is protected as `suppress` does.
    3. While a hidden cell can be worked out by adding and subtracting lines, the smallest shown cell of its row or
       column is hidden and step 2 is done again. It can be worked out exactly when it is a bridge of the graph that
       joins rows and columns by hidden cells.
    """
    lines: dict[tuple[str, R | C], dict[tuple[R, C], int]] = defaultdict(dict)
    for (row, column), count in table.items():
        lines["row", row][row, column] = count
        lines["column", column][row, column] = count
    hidden = {key for key, count in table.items() if count < floor}
    _protect_lines(lines.values(), hidden, floor)
    while weak := _bridges(hidden):
        beside = {key for row, column in weak for key in (*lines["row", row], *lines["column", column])} - hidden
        if not beside:
            break
        hidden.add(min(beside, key=lambda key: (table[key], repr(key))))
        _protect_lines(lines.values(), hidden, floor)
    return {key: None if key in hidden else count for key, count in table.items()}


def _protect_lines[K: Hashable](lines: Iterable[Mapping[K, int]], hidden: set[K], floor: int) -> None:
    """Hide further cells until no line needs one; what is hidden for a row may weaken a column."""
    lines = list(lines)
    before = -1
    while before != len(hidden):
        before = len(hidden)
        for line in lines:
            _protect_line(line, hidden, floor)


def _protect_line[K: Hashable](line: Mapping[K, int], hidden: set[K], floor: int) -> None:
    here = [count for key, count in line.items() if key in hidden]
    shown = sorted(
        ((count, repr(key), key) for key, count in line.items() if key not in hidden), key=lambda cell: cell[:2]
    )
    while here and shown and (len(here) < FEWEST_HIDDEN or sum(here) < floor):
        count, _, key = shown.pop(0)
        hidden.add(key)
        here.append(count)


def _bridges[R: Hashable, C: Hashable](hidden: set[tuple[R, C]]) -> list[tuple[R, C]]:
    """Return the hidden cells that lie on no closed path of hidden cells: only they have a single possible value."""
    return [cell for cell in sorted(hidden, key=repr) if not _is_closed(cell, hidden - {cell})]


def _is_closed[R: Hashable, C: Hashable](cell: tuple[R, C], others: set[tuple[R, C]]) -> bool:
    """Tell whether the cell's row and column stay joined without it."""
    joined: dict[Hashable, set[Hashable]] = defaultdict(set)
    for row, column in others:
        joined["row", row].add(("column", column))
        joined["column", column].add(("row", row))
    reached: set[Hashable] = set()
    waiting: list[Hashable] = [("row", cell[0])]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting.extend(joined[node])
    return ("column", cell[1]) in reached
