"""What workbooks hide: each is read as a person sees it, or refused at its cell, and told."""

import io
import re
import zipfile
from datetime import date, datetime

import pytest

from gongjian.documents.cells import UnreadableSheet
from gongjian.documents.tables import Column, How, MissingColumns, Table, day, look_at, moment, open_table, text
from gongjian.documents.tests.books import DATE_STYLE, PHONE, WORDS, ZEROS, book, cell, merged, row, sheet

RECORDS = Table(
    "records",
    columns=(
        Column("number", "编号", "Number", required=True, narrow=True, parse=text(20)),
        Column("opened", "日期", "Day", parse=day()),
        Column("unit", "单位", "Unit"),
        Column("words", "内容", "Words", parse=text(4000)),
    ),
)
HEAD = ("编号", "日期", "单位", "内容")


def read(source, table=RECORDS, **how):
    reading = open_table(source, table, how=How(**how))
    rows = list(reading.rows())
    return rows, {note.code: note.facts for note in reading.notes()}


def one(*cells, **parts):
    """Return the second row of a sheet with a head."""
    rows, _notes = read(book(sheet(row(1, *HEAD), row(2, *cells), **parts)))
    return rows[0]


@pytest.mark.parametrize("shown", ["#REF!", "#N/A", "#DIV/0!", "#NAME?", "#VALUE!", "#NULL!", "#NUM!"])
@pytest.mark.parametrize("form", ['<c r="D2" t="e"><v>{}</v></c>', '<c r="D2" t="e"><f>A9</f><v>{}</v></c>'])
def test_an_error_cell_refuses_its_row_and_is_named(shown, form):
    found = one("A1", 45717, "街道", form.format(shown))
    assert [(error.row, error.field) for error in found.errors] == [(2, "words")]
    assert shown in found.errors[0].message


def test_an_error_saved_as_text_is_an_error_too():
    for shown in ("#REF!", "#N/A", "########"):
        assert one("A1", None, "街道", shown).errors[0].field == "words"
    assert one("A1", None, "街道", "#1 楼的灯").errors == ()


@pytest.mark.parametrize("inner", ["<f>1+1</f><v></v>", "<f>1+1</f>", "<f>1+1</f><v/>", '<f t="shared" si="0"/>'])
def test_a_formula_without_a_stored_value_refuses_its_row(inner):
    assert [error.field for error in one("A1", 45717, f'<c r="C2">{inner}</c>').errors] == ["unit"]


def test_a_formula_with_its_value_is_its_value():
    found = one('<c r="A2" t="str"><f>"A"&amp;1</f><v>A1</v></c>', None, '<c r="C2" t="str"><f>""</f><v></v></c>')
    assert (found.values["number"], found.values["unit"], found.errors) == ("A1", None, ())


def test_an_error_in_a_column_nobody_reads_harms_nothing():
    rows, _notes = read(
        book(sheet(row(1, *HEAD, "备注"), row(2, "A1", None, "街道", "灯", '<c r="E2" t="e"><v>#N/A</v></c>')))
    )
    assert rows[0].errors == ()


@pytest.mark.parametrize(
    "number", ["20250301000012345", "2.0250301000012301E+16", "1000000000000000", "-9999999999999999"]
)
def test_a_number_that_excel_has_cut_is_refused_wherever_text_is_wanted(number):
    found = one(cell("A2", number).replace(' t="inlineStr"', "").replace("<is><t>", "<v>").replace("</t></is>", "</v>"))
    assert "文本格式" in found.errors[0].message
    assert found.errors[0].field == "number"


@pytest.mark.parametrize(
    ("value", "style", "shown"),
    [(123, ZEROS, "00123"), (123456, ZEROS, "123456"), (7, WORDS, "YT-0007"), (25181234, PHONE, "2518-1234"), (123, 0, "123"),
     (999999999999999, 0, "999999999999999")],
)  # fmt: skip
def test_a_number_reads_as_its_cell_shows_it(value, style, shown):
    assert one(cell("A2", value, s=style)).values["number"] == shown


def test_a_cell_with_the_format_of_a_date_is_a_date():
    assert one("A1", cell("B2", 45717, s=DATE_STYLE)).values["opened"] == date(2025, 3, 1)
    assert one("A1", 45717).values["opened"] == date(2025, 3, 1)
    found = one("A1", cell("B2", -5, s=DATE_STYLE))
    assert "####" in found.errors[0].message
    old = book(sheet(row(1, *HEAD), row(2, "A1", cell("B2", 44255, s=DATE_STYLE))), since_1904=True)
    assert read(old)[0][0].values["opened"] == date(2025, 3, 1)


def test_a_moment_is_read_to_its_second():
    table = Table("t", (Column("number", "编号", "N"), Column("opened", "日期", "D", parse=moment(None))))
    parts = (row(1, *HEAD), row(2, "A1", cell("B2", 45717.395833333336, s=DATE_STYLE)), row(3, "A2", 45717.395833))
    rows, _notes = read(book(sheet(*parts)), table)
    assert [one.values["opened"] for one in rows] == [datetime(2025, 3, 1, 9, 30)] * 2  # noqa: DTZ001


def test_cells_merged_down_a_column_hold_their_value_in_every_row():
    rows = (row(n, f"A{n}", None, "街道" if n == 2 else None, "灯") for n in range(2, 5))
    found, notes = read(book(sheet(row(1, *HEAD), *rows, after=merged("C2:C4"))))
    assert [one.values["unit"] for one in found] == ["街道"] * 3
    assert notes["filled"] == {"areas": ["C2:C4"], "count": 1}


def test_an_error_and_a_date_are_carried_down_as_well():
    parts = (row(2, "A2", cell("B2", 45717, s=DATE_STYLE), '<c r="C2" t="e"><v>#N/A</v></c>'), row(3, "A3"))
    found, _notes = read(book(sheet(row(1, *HEAD), *parts, after=merged("B2:B3", "C2:C3"))))
    assert [one.values["opened"] for one in found] == [date(2025, 3, 1)] * 2
    assert [[error.field for error in one.errors] for one in found] == [["unit"]] * 2


def test_cells_merged_over_columns_refuse_their_row():
    parts = (row(2, "A1", None, "街道和内容"), row(3, "A2", None, "街道", "灯"))
    found, _notes = read(book(sheet(row(1, *HEAD), *parts, after=merged("C2:D2"))))
    assert [error.field for error in found[0].errors] == ["words"]
    assert "合并" in found[0].errors[0].message
    assert found[1].errors == ()


def test_a_merged_area_makes_no_rows_where_nothing_else_stands():
    found, _notes = read(book(sheet(row(1, *HEAD), row(2, "A1", None, "街道"), row(3), after=merged("C2:C900000"))))
    assert len(found) == 1


def test_hidden_rows_and_columns_are_read_and_told():
    before = '<cols><col min="3" max="3" hidden="1"/></cols>'
    found, notes = read(book(sheet(row(1, *HEAD), row(2, "A1", hidden="1"), row(3, "A2"), before=before)))
    assert len(found) == 2
    assert notes["hidden_rows"] == {"count": 1}
    assert notes["hidden_columns"] == {"columns": ["C"]}


def test_other_sheets_are_named_with_their_rows_and_can_be_chosen():
    pages = [
        sheet(row(1, *HEAD), *(row(n, f"{name}{n}") for n in range(2, last))) for name, last in (("A", 4), ("B", 9))
    ]
    file = book(*pages, names=["1月", "2月"])
    found, notes = read(file)
    assert len(found) == 2
    assert notes["sheets"] == {"read": "1月", "others": [{"name": "2月", "rows": 8, "hidden": False}]}
    assert len(read(file, sheet="2月")[0]) == 7
    assert len(read(file, sheet="2")[0]) == 7
    for wrong in ("0", "3", "-1"):
        with pytest.raises(UnreadableSheet):
            read(file, sheet=wrong)
    with pytest.raises(UnreadableSheet, match="1月、2月"):
        read(file, sheet="3月")


def test_a_preview_tells_of_all_rows_though_it_shows_the_first():
    pages = [sheet(row(1, *HEAD), *(row(n, f"A{n}", hidden=int(n > 90)) for n in range(2, 101))), sheet(row(1, "x"))]
    look = look_at(book(*pages), RECORDS, rows=20)
    assert len(look.first) == 20
    assert {note.code: note.facts for note in look.notes}["hidden_rows"] == {"count": 10}
    assert look.sheets == ["表1", "表2"]


@pytest.mark.parametrize(
    "pages",
    [
        [sheet(row(1, "热线办件统计表"), row(2), row(3, *HEAD), row(4, "A1"))],
        [sheet(row(1, "填表说明"), row(2, "请按模板填写")), sheet(row(1, *HEAD), row(2, "A1"))],
        [sheet(), sheet(row(1, *HEAD), row(2, "A1"))],
        [sheet(row(1, *HEAD[:2]), row(2, "不是")), sheet(row(7, *HEAD), row(8, "A1"))],
        *([sheet(row(1, *HEAD), row(2, "A1"), before=f'<dimension ref="{wrong}"/>')] for wrong in ("A0", "", "A1", "x", "A1:XFD1048576")),
    ],
)  # fmt: skip
def test_the_titles_are_found_wherever_they_stand(pages):
    found, _notes = read(book(*pages))
    assert [one.values["number"] for one in found] == ["A1"]


def test_what_stands_above_the_titles_is_told():
    _found, notes = read(book(sheet(row(1, "统计表"), row(2, *HEAD), row(3, "A1"))))
    assert notes["head"] == {"number": 2, "above": ["统计表"]}


def test_titles_over_two_rows_are_found_in_the_lower_one():
    parts = (row(1, "编号", "时间"), row(2, None, "日期", "单位", "内容"), row(3, "A1", 45717, "街道", "灯"))
    found, _notes = read(book(sheet(*parts, after=merged("A1:A2", "B1:D1"))))
    assert (found[0].values["number"], found[0].values["words"]) == ("A1", "灯")


def test_the_row_of_the_titles_can_be_chosen():
    file = book(sheet(row(1, *HEAD), row(2, "编号", "x", "y"), row(3, "A1")))
    assert len(read(file)[0]) == 2
    assert len(read(file, head=2)[0]) == 1
    with pytest.raises(UnreadableSheet, match="9"):
        read(file, head=9)


def test_missing_columns_say_what_was_read_as_the_titles():
    with pytest.raises(MissingColumns) as told:
        read(book(sheet(row(1, "单位", "内容"), row(2, "街道"))))
    assert "第 1 行：单位、内容" in str(told.value)


def test_columns_without_a_title_or_with_one_twice_are_told():
    _found, notes = read(book(sheet(row(1, "编号", None, "单位", "单位"), row(2, "A1", "x", "街道", "别处", "y"))))
    assert notes["untitled"] == {"columns": ["B", "E"]}
    assert notes["twice"] == {"titles": ["单位"]}


def test_shared_and_rich_text_is_whole_and_readings_are_left_out():
    shared = (
        "<si><t>A1</t></si><si><r><t>海山</t></r><r><t>路</t></r></si>"
        '<si><t>灯_x000D_不亮</t><rPh sb="0" eb="1"><t>deng</t></rPh></si>'
    )
    cells = "".join(f'<c r="{letter}2" t="s"><v>{n}</v></c>' for n, letter in enumerate("ACD"))
    found, _notes = read(book(sheet(row(1, *HEAD), f'<row r="2">{cells}</row>'), shared=shared))
    assert found[0].values == {"number": "A1", "opened": None, "unit": "海山路", "words": "灯\n不亮"}


def test_cells_and_rows_may_leave_out_where_they_stand():
    file = sheet(row(1, *HEAD), "<row><c t='inlineStr'><is><t>A1</t></is></c><c><v>45717</v></c></row>")
    assert read(book(file))[0][0].values["opened"] == date(2025, 3, 1)


def test_names_may_have_a_prefix():
    file = book(sheet(row(1, *HEAD), row(2, "A1", None, '<c r="C2" t="e"><v>#REF!</v></c>')))
    with zipfile.ZipFile(file) as pack:
        parts = {name: pack.read(name).decode() for name in pack.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for name, told in parts.items():
            prefixed = re.sub(r"<(/?)(\w)", r"<\1x:\2", told).replace("xmlns=", "xmlns:x=")
            pack.writestr(name, prefixed if "sheet1" in name else told)
    assert read(out)[0][0].errors[0].field == "unit"


BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "page",
    [
        BOMB + sheet(row(1, *HEAD), row(2, "&b;")),
        sheet(row(2, *HEAD), row(1, "A1")),
        sheet(row(1, *HEAD), row(2_000_000, "A1")),
        sheet(row(1, *HEAD), '<row r="2"><c r="2"><v>1</v></c></row>'),
        sheet(row(1, *HEAD), '<row r="2"><c r="A2" t="s"><v>7</v></c></row>'),
        sheet(row(1, *HEAD))[:-20],
        "",
    ],
)
def test_what_is_no_sheet_is_refused(page):
    with pytest.raises(UnreadableSheet):
        read(book(page))


def test_a_cell_at_the_far_end_costs_nothing():
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    found, notes = read(book(sheet(row(1, *HEAD), row(2, "A1"), far)))
    assert len(found) == 1
    assert notes["far"] == {"count": 1}


def test_a_hidden_sheet_is_read_only_where_no_other_is_meant():
    pages = [sheet(row(1, *HEAD), row(2, name)) for name in ("A1", "B1")]
    assert read(book(*pages, states=["hidden", "visible"]))[0][0].values["number"] == "B1"
