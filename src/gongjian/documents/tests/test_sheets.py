import io
from datetime import UTC, date, datetime, time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gongjian.documents import engine
from gongjian.documents.cells import UnreadableSheet
from gongjian.documents.gate import judge
from gongjian.documents.rules import safe_cell
from gongjian.documents.sheets import Column, write_xlsx
from gongjian.documents.tablefiles import pages_of

COLUMNS = [Column("姓名", 20), Column("电话"), Column("日期"), Column("时间"), Column("数"), Column("是")]


def read_rows(book):
    return (row.cells for row in pages_of(book)[0].rows())


def written(rows):
    out = io.BytesIO()
    write_xlsx(out, COLUMNS, rows)
    return io.BytesIO(out.getvalue())


def test_what_is_written_is_read_again():
    day, moment = date(2026, 11, 23), datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
    book = written([["刘小明", 13800138000, day, moment, 2.5, True], [None, "0755", None, None, 0, False]])
    rows = list(read_rows(book))
    assert rows[0] == ["姓名", "电话", "日期", "时间", "数", "是"]
    assert rows[1] == ["刘小明", 13800138000, day, datetime(2026, 11, 23, 10, 30), 2.5, True]  # noqa: DTZ001
    assert rows[2] == [None, "0755", None, None, 0, False]
    assert isinstance(rows[1][1], int)
    assert type(rows[1][2]) is date


def test_the_book_passes_our_own_gate():
    upload = SimpleUploadedFile("x", written([["a"]]).getvalue())
    assert judge(upload, "sheet").type.suffix == ".xlsx"


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_becomes_a_formula(text):
    assert safe_cell(text) == "'" + text
    rows = list(read_rows(written([[text, "=HYPERLINK(1)"]])))
    assert rows[1][0].startswith("'")
    assert rows[1][1] == "'=HYPERLINK(1)"


def test_plain_words_and_numbers_stay_as_they_are():
    assert safe_cell("刘小明") == "刘小明"
    assert list(read_rows(written([[-5, time(9, 30), "a=b"]])))[1][:3] == [-5, "09:30", "a=b"]


def test_empty_rows_are_left_out_and_blanks_stripped():
    rows = list(read_rows(written([["  刘 ", "", None], [None, " ", ""], ["x"]])))
    assert [row[0] for row in rows] == ["姓名", "刘", "x"]


def test_many_rows_take_little_memory():
    book = written([f"第{n}行", n, None, None, n / 2, False] for n in range(20_000))
    assert sum(1 for _ in read_rows(book)) == 20_001


def test_rows_that_fail_half_way_leave_no_book_behind(tmp_path):
    def rows():
        yield ["a"]
        raise LookupError("the query broke")

    with pytest.raises(LookupError):
        write_xlsx(tmp_path / "x.xlsx", COLUMNS, rows())


def test_a_target_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(engine.EngineFailed):
        write_xlsx(tmp_path / "none" / "x.xlsx", COLUMNS, [["a"]])


def test_what_is_no_workbook_is_refused():
    with pytest.raises(UnreadableSheet):
        list(read_rows(io.BytesIO(b"PK\x03\x04 no workbook")))
