"""Writes a workbook row by row in little memory; runs as its own process, because the writer takes 20 MB and time.

Takes the target's path as its option. Reads lines of JSON: first the columns, then one line for each row. A cell is
null, a number, true or false, text, or {"date": ISO} or {"moment": ISO without offset}.
"""

import json
import sys
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import xlsxwriter

MOST_ROWS = 1_048_576
TEXT_LENGTH = 32_767


def write(path: str, lines: Iterable[str]) -> None:
    """Write the rows below a bold head that stays in sight; raises ValueError for more rows than a sheet holds."""
    source = iter(lines)
    columns = json.loads(next(source))
    # Text stays text: a leading "=" is no formula and an address no link.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet()
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column["width"])
            sheet.write_string(0, place, column["title"], head)
        sheet.freeze_panes(1, 0)
        number = 0
        for number, line in enumerate(source, start=1):
            if number >= MOST_ROWS:
                raise ValueError("too many rows for a sheet")
            for place, value in enumerate(json.loads(line)):
                _cell(sheet, number, place, value, formats)
        if columns:
            sheet.autofilter(0, 0, number, len(columns) - 1)


def _cell(sheet: Any, row: int, place: int, value: Any, formats: dict[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, place, value)
    elif isinstance(value, str):
        sheet.write_string(row, place, value[:TEXT_LENGTH])
    elif "date" in value:
        sheet.write_datetime(row, place, date.fromisoformat(value["date"]), formats["date"])
    else:
        sheet.write_datetime(row, place, datetime.fromisoformat(value["moment"]), formats["moment"])


def main() -> None:
    """Write the workbook that standard input describes."""
    write(sys.argv[1], sys.stdin)


if __name__ == "__main__":
    main()
