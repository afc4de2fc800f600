import gzip
import io
from datetime import UTC, date, datetime

import pytest
from python_calamine import CalamineWorkbook

from gongjian.documents.sheets import Column as SheetColumn
from gongjian.documents.sheets import write_xlsx
from gongjian.documents.tables import (
    Choice,
    Column,
    MissingColumns,
    RowError,
    Table,
    UnreadableSheet,
    compare,
    day,
    decimal,
    look_at,
    moment,
    open_table,
    read,
    text,
    whole,
    write_errors,
    write_rows,
    write_template,
    yes_no,
)

PEOPLE = Table(
    "people",
    columns=(
        Column("username", "工号", "User name", required=True, example="li.na", parse=text(10)),
        Column(
            "role",
            "岗位",
            "Role",
            choices=(Choice(1, "经办人", "Handler"), Choice(2, "督办员", "Supervisor")),
            example=1,
        ),
        Column("phone", "手机号", "Phone", narrow=True),
        Column("since", "入职日期", "Since", parse=day()),
        Column("seats", "席位", "Seats", parse=whole(1, 9)),
        Column("active", "在岗", "Active", parse=yes_no, empty=True),
    ),
)
HEAD = "工号,岗位,手机号,入职日期,席位,在岗"


def as_csv(*lines, encoding="utf-8", head=HEAD):
    return io.BytesIO("\r\n".join([head, *lines]).encode(encoding))


def as_xlsx(*rows, head=HEAD):
    out = io.BytesIO()
    write_xlsx(out, [SheetColumn(t) for t in head.split(",")], rows)
    out.seek(0)
    return out


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_whatever_program_saved_it(encoding):
    rows = list(read(as_csv("a1,经办人,１３８００１３８０００,2026-11-23,3,否", encoding=encoding), PEOPLE))
    assert rows[0].errors == ()
    assert rows[0].values == {
        "username": "a1", "role": 1, "phone": "13800138000", "since": date(2026, 11, 23), "seats": 3, "active": False,
    }  # fmt: skip


def test_a_packed_csv_and_one_with_other_separators_are_read():
    packed = io.BytesIO(gzip.compress(as_csv("a1,Handler").read()))
    assert next(read(packed, PEOPLE)).values["role"] == 1
    other = io.BytesIO("工号;岗位\na1;督办员\n".encode())
    assert next(read(other, PEOPLE)).values["role"] == 2


def test_a_workbook_is_read_with_its_own_kinds_of_cells():
    book = as_xlsx(["a1", "Supervisor", 13800138000, date(2026, 11, 23), 3, True])
    assert next(read(book, PEOPLE)).values == {
        "username": "a1", "role": 2, "phone": "13800138000", "since": date(2026, 11, 23), "seats": 3, "active": True,
    }  # fmt: skip


def test_columns_are_found_by_either_title_by_key_or_by_the_mapping():
    for head in ("工号*,角色名", "user_name,角色名", "USERNAME,角色名"):
        row = next(read(as_csv("a1,经办人", head=head), PEOPLE, {"role": "角色名"}))
        assert (row.values["username"], row.values["role"]) == ("a1", 1)


def test_every_wrong_cell_is_told_with_its_row_and_column():
    rows = list(read(as_csv("a1,经办人", "", ",老板,,昨天,12,也许", "ABCDEFGHIJKL"), PEOPLE))
    assert [row.number for row in rows] == [2, 4, 5]
    assert {e.field for e in rows[1].errors} == {"username", "role", "since", "seats", "active"}
    assert {e.row for e in rows[1].errors} == {4}
    assert "老板" in next(e.message for e in rows[1].errors if e.field == "role")
    assert rows[1].values["active"] is True
    assert rows[2].errors[0].field == "username"


def test_a_missing_column_is_told_before_anything_is_read():
    with pytest.raises(MissingColumns, match="工号"):
        read(as_csv("x", head="岗位"), PEOPLE)
    look = look_at(as_csv("经办人,1", head="岗位,备注"), PEOPLE)
    assert [c.key for c in look.missing] == ["username"]
    assert [note.facts["titles"] for note in look.notes if note.code == "unused"] == [["备注"]]
    assert look.first[0].values["role"] == 1


def test_the_first_look_stops_after_its_rows():
    assert len(look_at(as_csv(*(f"a{n}" for n in range(50))), PEOPLE).first) == 20


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"PK\x03\x04 no workbook", b"\x1f\x8b no gzip", b"\xff\xd8\xff\xe0\x00\x10JFIF\xff\xfe\x80"],
)
def test_what_is_no_table_is_refused(content):
    with pytest.raises((UnreadableSheet, MissingColumns)):
        list(read(io.BytesIO(content), PEOPLE))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_template_is_read_again_and_its_example_left_out(language):
    out = io.BytesIO()
    write_template(out, PEOPLE, language)
    assert list(read(out, PEOPLE)) == []
    out.seek(0)
    assert CalamineWorkbook.from_object(out).sheet_names[0] == "Sheet1"
    out.seek(0)
    assert len(CalamineWorkbook.from_object(out).get_sheet_by_index(1).to_python()) == len(PEOPLE.columns) + 1


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_rows_that_were_written_are_read_again(language):
    values = {
        "username": "=a1", "role": 2, "phone": "+86138", "since": date(2026, 1, 2), "seats": 1, "active": False,
    }  # fmt: skip
    out = io.BytesIO()
    write_rows(out, PEOPLE, [values], language)
    assert next(read(out, PEOPLE)).values == values


def test_the_error_file_holds_the_wrong_rows_and_why_and_is_read_again():
    source = as_csv("a1,经办人", "a2,老板", "a3,经办人")
    errors = {r.number: r.errors for r in read(source, PEOPLE) if r.errors}
    out = io.BytesIO()
    write_errors(out, open_table(source, PEOPLE), errors, "zh-hans")
    again = list(read(out, PEOPLE))
    assert [row.values["username"] for row in again] == ["a2"]
    assert "老板" in again[0].cells[-1]
    assert len(again[0].cells) == 7
    twice = io.BytesIO()
    write_errors(twice, open_table(out, PEOPLE), {2: [RowError(2, "username", "别的")]}, "zh-hans", all_rows=True)
    assert next(read(twice, PEOPLE)).cells[-1] == "别的"


def test_a_comparison_tells_new_changed_same_and_wrong():
    rows = read(as_csv("a1,经办人", "a2,督办员", "a3,经办人", "a3,经办人", "a4,老板"), PEOPLE)
    plan = compare(rows, {"a1": {"role": 1}, "a2": {"role": 1}}, key="username")
    assert [v["username"] for v in plan.new] == ["a3"]
    assert [v["username"] for v in plan.changed] == ["a2"]
    assert [v["username"] for v in plan.same] == ["a1"]
    assert [(e.row, e.field) for e in plan.wrong] == [(5, "username"), (6, "role")]
    assert plan.rows == 5


def test_parsers_take_what_they_should():
    assert moment(UTC)("2026/11/23 09:30") == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert moment(UTC)("2026-11-23T09:30:00+08:00").utcoffset().seconds == 8 * 3600
    assert decimal(-90, 90)("22.5") == 22.5
    for parse, cell in (
        (decimal(), "nan"),
        (decimal(), "inf"),
        (decimal(), date(2026, 1, 1)),
        (whole(), 1.5),
        (text(), "a\x00"),
    ):
        with pytest.raises(ValueError):
            parse(cell)
