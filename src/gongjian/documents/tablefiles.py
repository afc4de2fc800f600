"""Opens a file of rows, whatever it is: its first bytes tell, never its name."""

from typing import Final

from gongjian.documents.cells import Page
from gongjian.documents.decoding import Source, opened
from gongjian.documents.delimited import Delimited
from gongjian.documents.workbooks import sheets

WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx and its like; xls, and whatever has a password


def pages_of(source: Source, encoding: str = "") -> list[Page]:
    """Return the sheets of a workbook, or a csv or csv.gz as the one page it is. Raises UnreadableSheet."""
    with opened(source) as file:
        first = file.read(len(WORKBOOKS[0]))
    if first in WORKBOOKS:
        return list(sheets(source))
    return [Delimited(source, encoding)]
