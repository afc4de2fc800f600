"""Writes a workbook row by row in little memory; runs as its own process, because the writer takes 20 MB and time.

Takes the target's path as its option. Reads lines of JSON: first columns and notes, then one line for each row. A cell
is null, a number, true or false, text, or {"date": ISO} or {"moment": ISO without offset}, or {"wrong": any of these}.
"""

import json
import sys
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

MOST_ROWS = 1_048_576
TEXT_LENGTH = 32_767
NOTE_WIDTH = 28  # in characters
LISTS = "Lists"
LOOKS: dict[str, dict[str, Any]] = {
    "": {},
    "date": {"num_format": "yyyy-mm-dd"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm"},
}
REDS: dict[str, dict[str, Any]] = {"": {}, "red": {"bg_color": "#F8D7DA", "font_color": "#8A1C1C"}}


def write(path: str, lines: Iterable[str]) -> None:
    """Write the rows below a bold head that stays in sight; raises ValueError for more rows than a sheet holds."""
    source = iter(lines)
    head = json.loads(next(source))
    columns = head["columns"]
    # Text stays text: a leading "=" is no formula and an address no link.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        formats = {key + red: book.add_format(look | more) for key, look in LOOKS.items() for red, more in REDS.items()}
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column["width"])
            sheet.write_string(0, place, column["title"], bold)
        _notes(book, bold, head["notes"])
        _choices(book, sheet, columns)
        sheet.freeze_panes(1, 0)
        number = 0
        for number, line in enumerate(source, start=1):
            if number >= MOST_ROWS:
                raise ValueError("too many rows for a sheet")
            for place, value in enumerate(json.loads(line)):
                _cell(sheet, number, place, value, formats)
        if columns:
            sheet.autofilter(0, 0, number, len(columns) - 1)


def _notes(book: Any, bold: Any, notes: dict[str, Any] | None) -> None:
    """Add the sheet that explains the columns."""
    if notes is None:
        return
    sheet, wrap = book.add_worksheet(notes["title"]), book.add_format({"text_wrap": True, "valign": "top"})
    for row, words in enumerate(notes["rows"]):
        for place, word in enumerate(words):
            sheet.write_string(row, place, word, wrap if row else bold)
    sheet.set_column(0, len(max(notes["rows"], key=len)) - 1, NOTE_WIDTH)


def _choices(book: Any, sheet: Any, columns: list[dict[str, Any]]) -> None:
    """Give the columns that have choices a drop-down list; the choices stand on a hidden sheet, however long."""
    lists = [(place, column["choices"]) for place, column in enumerate(columns) if column["choices"]]
    if not lists:
        return
    hidden = book.add_worksheet(LISTS)
    hidden.hide()
    for row in range(max(len(choices) for _, choices in lists)):
        for at, (_, choices) in enumerate(lists):
            if row < len(choices):
                hidden.write_string(row, at, choices[row])
    for at, (place, choices) in enumerate(lists):
        column = xl_col_to_name(at, col_abs=True)
        source = f"={LISTS}!{column}$1:{column}${len(choices)}"
        sheet.data_validation(1, place, MOST_ROWS - 1, place, {"validate": "list", "source": source})


def _cell(sheet: Any, row: int, place: int, value: Any, formats: dict[str, Any], red: str = "") -> None:
    if isinstance(value, dict) and "wrong" in value:
        _cell(sheet, row, place, value["wrong"], formats, "red")
    elif value is None:
        if red:
            sheet.write_blank(row, place, None, formats[red])
    elif isinstance(value, bool):
        sheet.write_boolean(row, place, value, formats[red])
    elif isinstance(value, int | float):
        sheet.write_number(row, place, value, formats[red])
    elif isinstance(value, str):
        sheet.write_string(row, place, value[:TEXT_LENGTH], formats[red])
    else:
        name, told = next(iter(value.items()))
        moment = date.fromisoformat(told) if name == "date" else datetime.fromisoformat(told)
        sheet.write_datetime(row, place, moment, formats[name + red])


def main() -> None:
    """Write the workbook that standard input describes."""
    write(sys.argv[1], sys.stdin)


if __name__ == "__main__":
    main()
