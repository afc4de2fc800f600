"""Taking in the records of another program: which column means what, what each row is, checking, writing, undoing.

The order is always the same: `check` reads the whole file and says of each row what is to become of it, `write` reads
it again and writes all of it in one transaction. Whatever is killed in between leaves nothing behind, and a second
run finds by (program, number there) what is in already.
"""

from gongjian.domains.hotline.bulk.importing.checking import check
from gongjian.domains.hotline.bulk.importing.layout import Layout, LayoutError, table_of
from gongjian.domains.hotline.bulk.importing.locks import Busy
from gongjian.domains.hotline.bulk.importing.running import run, source_of
from gongjian.domains.hotline.bulk.importing.telling import reasons, write_fault_file
from gongjian.domains.hotline.bulk.importing.undoing import TooLate, undo
from gongjian.domains.hotline.bulk.importing.writing import write

__all__ = [
    "Busy", "Layout", "LayoutError", "TooLate", "check", "reasons", "run", "source_of", "table_of", "undo", "write",
    "write_fault_file",
]  # fmt: skip
