"""Tables that people keep in spreadsheets: read with every fault told by row and column, written, and explained.

A room says once what its table holds:

    PEOPLE = Table("people", columns=(
        Column("username", "工号", "User name", required=True, example="li.na", parse=text(30)),
        Column("role", "岗位", "Role", choices=(Choice("handler", "经办人", "Handler"),)),
        Column("phone", "手机号", "Phone", narrow=True),
    ))

    reading = open_table(path, PEOPLE, mapping, how)   # sheet and titles are found; raises UnreadableSheet
    for row in reading.rows():                         # streams; row.values by key, row.errors where a cell is wrong
        ...
    reading.notes()                                    # what else there is to say: sheets not read, merged cells ...
    look = look_at(path, PEOPLE, mapping, how=how)     # the same for a preview: titles, columns missing, first rows
    plan = compare(reading.rows(), present, key="username")    # small tables: new, changed, same, wrong
    write_template(target, PEOPLE, language)           # head, drop-down lists, example row, notes
    write_rows(target, PEOPLE, rows, language)
    write_errors(target, reading, errors, language)    # the same columns, red cells, 错误原因

Files may be xlsx, csv or csv.gz. Nothing is guessed silently: a row that cannot be read whole is wrong and says why,
and what was found out or left out is a note. A column is found by its Chinese or English title or its key, or by what
`mapping` (key -> title in the file) says. Nothing here touches the database; a parser raises `WrongCell(message)` and
the row goes on to the next column.
"""

from gongjian.documents.cells import Note, UnreadableSheet
from gongjian.documents.decoding import ENCODINGS
from gongjian.documents.tables.comparing import Plan, compare
from gongjian.documents.tables.notes import again, kept, words_of
from gongjian.documents.tables.parsers import day, decimal, moment, one_of, text, whole, yes_no
from gongjian.documents.tables.reading import Look, Reading, look_at, open_table, read
from gongjian.documents.tables.spec import (
    Choice,
    Column,
    How,
    MissingColumns,
    Parse,
    Row,
    RowError,
    Table,
    WrongCell,
)
from gongjian.documents.tables.writing import write_errors, write_rows, write_template

__all__ = [
    "ENCODINGS", "Choice", "Column", "How", "Look", "MissingColumns", "Note", "Parse", "Plan", "Reading", "Row",
    "RowError", "Table", "UnreadableSheet", "WrongCell", "again", "compare", "day", "decimal", "kept", "look_at",
    "moment", "one_of", "open_table", "read", "text", "whole", "words_of", "write_errors", "write_rows",
    "write_template", "yes_no",
]  # fmt: skip
