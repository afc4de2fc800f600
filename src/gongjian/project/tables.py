"""Tables in a terminal: drawn with rich on a terminal, plain columns in a pipe."""

import io
import unicodedata
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

WIDEST = 120


def table(rows: Sequence[dict[str, Any]], *, rich: bool) -> str:
    """Return rows with the same keys as text; the keys are the heading."""
    if not rows:
        return ""
    heading = list(rows[0])
    body = [[str(row[key]) for key in heading] for row in rows]
    return _drawn(heading, body) if rich else _plain([heading, *body])


def _drawn(heading: list[str], body: list[list[str]]) -> str:
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for name in heading:
        drawn.add_column(name, no_wrap=True)
    for row in body:
        drawn.add_row(*row)
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=WIDEST).print(drawn)
    return out.getvalue().rstrip()


def _plain(lines: list[list[str]]) -> str:
    widths = [max(map(_cells, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(text + " " * (width - _cells(text)) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _cells(text: str) -> int:
    """Return how many terminal cells a text takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
