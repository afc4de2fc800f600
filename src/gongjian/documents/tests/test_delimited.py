"""Text files of rows: quotes, separators, encodings, broken bytes; no row is swallowed, none is lost."""

import csv
import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongjian.documents.cells import UnreadableSheet
from gongjian.documents.tables import Choice, Column, How, Table, look_at, open_table, text

NAMES = ("number", "status", "title", "words", "unit", "phone")
TITLES = ("编号", "状态", "标题", "内容", "单位", "电话")
WIDE = Table("wide", tuple(Column(key, title, key, parse=text(400)) for key, title in zip(NAMES, TITLES, strict=True)))
NARROW = Table("narrow", WIDE.columns[:2])
HEAD = ",".join(TITLES)
LONG = "x" * 200_000


def line(n, words="路灯不亮"):
    return f"T{n},在办,灯{n},{words},街道,1380000{n:04}"


def read(content, table=WIDE, **how):
    source = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    reading = open_table(source, table, how=How(**how))
    return list(reading.rows()), {note.code: note.facts for note in reading.notes()}


def lines(*told, head=HEAD):
    return "\r\n".join([head, *told]) + "\r\n"


def good(rows):
    return [row.values["number"] for row in rows if not row.errors]


def refused(rows):
    return [row.number for row in rows if row.errors]


STRAY = {
    "opened, never closed": '"路灯不亮',
    "in the middle of a cell": '管径5"的水管',
    "behind a quoted cell": '"路灯"不亮',
    "one alone": '"',
    "three": '"""',
    "opened behind a blank": ' "路灯不亮',
}


@pytest.mark.parametrize("words", STRAY.values(), ids=STRAY)
@pytest.mark.parametrize("at", [1, 10, 30])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_stray_quote_costs_its_own_row_and_no_other(words, at, end):
    told = [line(n, words if n == at else "路灯不亮") for n in range(1, 31)]
    rows, _notes = read(end.join([HEAD, *told]))
    assert len(rows) == 30
    assert refused(rows) == [at + 1]
    assert rows[at - 1].errors[0].field == ""
    assert "引号" in rows[at - 1].errors[0].message


@pytest.mark.parametrize(("first", "last"), [(3, 4), (3, 9), (1, 30)])
@pytest.mark.parametrize("closing", ['管径5"', '5",x'])
def test_a_quote_that_closes_rows_later_swallows_none_of_them(first, last, closing):
    words = {first: '"路灯不亮', last: closing}
    rows, _notes = read(lines(*(line(n, words.get(n, "路灯不亮")) for n in range(1, 31))))
    assert len(rows) == 30
    assert {first + 1} <= set(refused(rows))
    assert not any("T" in (row.values["words"] or "") for row in rows)
    assert set(good(rows)) <= {f"T{n}" for n in range(1, 31) if n not in {first, last}}


def test_two_quotes_that_would_pair_up_refuse_every_row_between_them():
    told = [line(1), line(2, '"开'), line(3), 'T4,在办,灯4,关",街道,1', line(5)]
    rows, _notes = read(lines(*told))
    assert (good(rows), refused(rows)) == (["T1", "T5"], [3, 4, 5])
    assert "第 3 行打开的引号到第 5 行" in rows[2].errors[0].message


@pytest.mark.parametrize(
    "words", ["一行\n两行", "一行\r\n\r\n三行", 'he said "yes"\nand left', "a,b\nc,d,e", '"\n"', "\n"]
)
@pytest.mark.parametrize("place", range(6))
def test_a_cell_of_several_lines_stays_whole(words, place):
    cells = ["T1", "在办", "灯", "话", "街道", "1"]
    cells[place] = words
    out = io.StringIO()
    csv.writer(out).writerows([TITLES, cells, ["T2", "在办", "灯", "话", "街道", "2"]])
    rows, _notes = read(out.getvalue())
    assert refused(rows) == []
    assert rows[0].values[NAMES[place]] == (words.replace("\r\n", "\n").strip() or None)
    assert rows[1].number == 3


def test_a_stray_quote_among_the_titles_refuses_the_file():
    with pytest.raises(UnreadableSheet, match="第 1 行是列名"):
        read(lines(line(1), head=HEAD.replace("内容", '"内容')))


def test_behind_a_cell_of_several_lines_row_and_line_are_both_told():
    rows, _notes = read(lines('T1,在办,灯,"一\n二\n三",街道,1', line(2, '"x')))
    assert rows[1].number == 3
    assert "文件第 5 行" in rows[1].errors[0].message


def test_a_row_with_more_cells_than_titles_is_refused():
    rows, _notes = read(lines(line(1, "路灯,不亮"), line(2), line(3) + ",,"))
    assert (good(rows), refused(rows)) == (["T2", "T3"], [2])
    assert "7 格" in rows[0].errors[0].message


def test_behind_an_open_quote_half_a_row_is_not_taken():
    rows, _notes = read(lines(line(1, '"第一段'), "T9,在办", line(2)))
    assert (good(rows), refused(rows)) == (["T2"], [2, 3])


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=6, max_size=6), max_size=5
    )
)
def test_whatever_a_program_writes_is_read_again(cells):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([TITLES, *cells])
    rows, _notes = read(out.getvalue())
    written = [[one.strip() or None for one in row] for row in cells]
    filled = [row for row in written if any(row)]
    for row in rows:
        if not row.errors:
            assert row.cells in filled
    assert len(rows) + 1 >= len(filled)


@given(st.text(alphabet='",\n\rab', max_size=60))
def test_no_text_is_lost_whatever_the_quotes(tail):
    rows, _notes = read(f"{HEAD}\n{tail}")
    told = [sign for sign in tail if sign in "ab"]
    found = [sign for row in rows for cell in row.cells for sign in str(cell or "") if sign in "ab"]
    assert found == told


def test_a_huge_cell_refuses_its_row_and_is_named():
    rows, _notes = read(lines(line(1), line(2, LONG), line(3, f'"{LONG}"'), line(4)))
    assert good(rows) == ["T1", "T4"]
    assert [[(error.field, "200000" in error.message) for error in row.errors] for row in rows[1:3]] == [
        [("words", True)]
    ] * 2


@pytest.mark.parametrize("sign", list(",;\t|"))
def test_the_separator_is_found(sign):
    rows, notes = read(lines(*(line(n) for n in range(9))).replace(",", sign))
    assert good(rows) == [f"T{n}" for n in range(9)]
    assert ("separator" in notes) == (sign != ",")


def test_commas_in_the_words_do_not_hide_the_separator():
    told = [line(n).replace(",", ";").replace("不亮", "不亮,三天,四天") for n in range(9)]
    rows, _notes = read(lines(*told, head="热线统计,2025\n" + HEAD.replace(",", ";")))
    assert rows[0].values["words"] == "路灯不亮,三天,四天"


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_line_that_names_the_separator_is_used_and_not_counted(first, mark):
    rows, notes = read(f"{mark}{first}\r\n" + lines(line(1), line(2, '"')).replace(",", ";"))
    assert notes["separator"] == {"sign": ";", "said": True}
    assert (good(rows), refused(rows)) == (["T1"], [3])
    assert "文件第 4 行" in rows[1].errors[0].message


def test_titles_below_other_lines_are_found():
    rows, notes = read(lines(line(1), head=f"盐田区热线统计表,,,,,\n制表：办公室\n\n{HEAD}"))
    assert good(rows) == ["T1"]
    assert rows[0].number == 5
    assert notes["head"]["number"] == 4


STATED = (WIDE.columns[0], Column("status", "状态", "status", required=True, choices=(Choice("open", "在办", "open"),)))


@pytest.mark.parametrize("pieces", [("路灯", "不亮"), ("路灯", "", "不亮"), ("路灯", "三天", "不亮")])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_record_torn_by_a_line_break_is_not_taken_for_its_first_half(pieces, end):
    table = Table("torn", (*STATED, *WIDE.columns[2:]))  # the first half says all that must be said
    rows, _notes = read(end.join([HEAD, line(1), line(2, end.join(pieces)), line(3), ""]), table)
    assert good(rows) == ["T1", "T3"]
    assert "换了行" in rows[1].errors[0].message


@pytest.mark.parametrize(
    "told", [["T1,在办,灯", "T2,在办,灯,亮"], ["T1,在办,灯", "T2,在办,灯,亮,街道,1"], ["T1,在办", "T2,在办"]]
)
def test_rows_without_their_last_cells_are_rows(told):
    table = Table("short", (*STATED, *WIDE.columns[2:]))
    rows, _notes = read(lines(*told), table)
    assert good(rows) == ["T1", "T2"]


def test_titles_with_a_stray_quote_are_refused_in_words():
    with pytest.raises(UnreadableSheet) as refusal:
        read(lines(line(1), head=HEAD.replace("内容", '"内容')))
    assert str(refusal.value) == "第 1 行是列名，但是：这一行打开的引号一直没有闭合。请补上引号，或删去多余的。"


SIMPLE = lines(*(line(n, "海山路的路灯三天不亮，晚上看不清") for n in range(20)))
TRADITIONAL = lines(*(line(n, "海山路的路燈三天不亮，晚上看不清楚") for n in range(20))).replace("编号", "number")
TRADITIONAL = TRADITIONAL.replace("状态,标题,内容,单位,电话", "status,title,words,unit,phone").replace("在办", "處理中")
TRADITIONAL = TRADITIONAL.replace("灯", "燈")


@pytest.mark.parametrize(
    ("told", "encoding", "name"),
    [
        (SIMPLE, "utf-8", "utf-8"), (SIMPLE, "utf-8-sig", "utf-8"), (SIMPLE, "utf-16", "utf-16"), (SIMPLE, "gb18030", "gb18030"),
        ("\ufeff" + SIMPLE, "utf-16-be", "utf-16"), (TRADITIONAL, "big5", "big5"), (TRADITIONAL, "cp950", "big5"),
        (TRADITIONAL, "gb18030", "gb18030"), (TRADITIONAL, "utf-8", "utf-8"),
        (SIMPLE, "utf-16-le", "utf-16"), (SIMPLE, "utf-16-be", "utf-16"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_the_encoding_is_found_and_told(told, encoding, name, packed):
    content = told.encode(encoding)
    rows, notes = read(gzip.compress(content) if packed else content)
    assert notes["encoding"] == {"encoding": name, "chosen": False}
    assert len(good(rows)) == 20
    assert rows[0].values["words"].startswith("海山路的路")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5"])
def test_few_words_are_enough(encoding):
    told = "number,title,words\nT1,路燈不亮,三天\n"
    rows, notes = read(told.encode(encoding))
    assert notes["encoding"]["encoding"] == encoding
    assert rows[0].values["title"] == "路燈不亮"


@pytest.mark.parametrize("sign", list("灯路海山不亮"))
def test_one_word_over_and_over_does_not_look_like_another_encoding(sign):
    rows, notes = read(lines(line(1, sign * 300)).encode("gb18030"))
    assert (notes["encoding"]["encoding"], rows[0].values["words"]) == ("gb18030", sign * 300)


@given(
    st.lists(
        st.sampled_from(
            "盐田区海山路灯不亮深圳市民服务热线投诉建议咨询求助噪音油烟垃圾清运施工物业小区电梯停水停电道路积水"
        ),
        min_size=8,
    ),
    st.sampled_from(["utf-8", "gb18030"]),
)
def test_simplified_words_are_read_as_what_they_are(signs, encoding):
    rows, _notes = read(lines(line(1, "".join(signs))).encode(encoding))
    assert rows[0].values["words"] == "".join(signs)


@given(
    st.lists(
        st.sampled_from(
            "鹽田區海山路燈不亮深圳市民服務熱線投訴建議諮詢求助噪音油煙垃圾清運施工物業小區電梯停水停電道路積水"
        ),
        min_size=8,
    ),
    st.sampled_from(["utf-8", "gb18030", "big5"]),
)
def test_traditional_words_are_read_as_what_they_are(signs, encoding):
    content = f"number,status,title,words,unit,phone\nT1,open,x,{''.join(signs)},y,1\n".encode(encoding)
    rows, _notes = read(content)
    assert rows[0].values["words"] == "".join(signs)


def test_the_encoding_can_be_chosen():
    rows, notes = read(SIMPLE.encode("utf-16-le"), encoding="utf-16")
    assert notes["encoding"] == {"encoding": "utf-16", "chosen": True}
    assert len(good(rows)) == 20
    with pytest.raises(UnreadableSheet, match="latin9"):
        read(SIMPLE, encoding="latin9")


@pytest.mark.parametrize(
    ("encoding", "broken"),
    [("utf-8", b"\xff"), ("utf-8", b"\x80"), ("utf-8", b"\xe6\xb5"), ("gb18030", b"\xff"), ("gb18030", b"\xe6"),
     ("big5", b"\xff"), ("big5", b"\xa4")],
)  # fmt: skip
def test_a_broken_byte_refuses_its_row_and_names_the_cell(encoding, broken):
    told = (TRADITIONAL if encoding == "big5" else SIMPLE).encode(encoding)
    at = told.index(b",13800000007")
    rows, notes = read(told[:at] + broken + told[at:])
    assert notes["encoding"]["encoding"] == encoding
    assert len(rows) == 20
    assert refused(rows) == [9]
    assert [error.field for error in rows[7].errors] == ["unit"]


@pytest.mark.parametrize("broken", [b"\xff", b"\xc3", b"\xe6\xb5"])
def test_a_broken_byte_in_a_file_of_plain_letters_is_one_cell_too(broken):
    content = b"number,title,words\nT1,a,b\nT2," + broken + b",b\nT3,a,b\n"
    rows, _notes = read(content)
    assert (good(rows), refused(rows)) == (["T1", "T3"], [3])


def test_a_cell_cut_off_at_the_end_of_the_file_is_one_cell_too():
    rows, _notes = read(SIMPLE.encode()[:-2] + "灯".encode()[:2])
    assert refused(rows) == [21]


@pytest.mark.parametrize(
    "content",
    [b"\x00\x01\x02" * 99, b"", b"\n\n", b"\x1f\x8b no gzip", gzip.compress(b"a,b\n" * 999, mtime=0)[:-9],
     SIMPLE.encode("utf-32"), b"\n\x00\x07\x00" * 99, b"a,b\n1,\x00\n"],
)  # fmt: skip
def test_what_is_no_text_is_refused(content):
    with pytest.raises(UnreadableSheet):
        read(content)


def test_a_number_shortened_by_excel_is_refused():
    rows, _notes = read(lines("1.23457E+11,在办,灯,灯,街道,1.38E+10", line(2)))
    assert [error.field for error in rows[0].errors] == ["number", "phone"]
    assert good(rows) == ["T2"]


def test_a_preview_names_encoding_and_first_rows():
    look = look_at(io.BytesIO(SIMPLE.encode("gb18030")), WIDE)
    assert (look.encoding, len(look.first), look.sheets) == ("gb18030", 20, ())


def test_narrow_tables_keep_their_lines():
    rows, _notes = read('编号,状态\nA1,"你好, 先生\n再见, 先生"\nA2,在办\n', NARROW)
    assert rows[0].values["status"] == "你好, 先生\n再见, 先生"
    swallowing = '编号,状态\nA1,"在办\n' + "".join(f"A{n},在办\n" for n in range(2, 9)) + 'A9,在"\nA10,在办\n'
    rows, _notes = read(swallowing, NARROW)
    assert refused(rows) == list(range(2, 11))
