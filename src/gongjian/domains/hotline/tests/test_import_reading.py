"""Files as people hand them in: no row is swallowed, nothing is left out without a word, by command and in the browser."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.translation import override

from gongjian.casework.models import Case
from gongjian.documents.tablefiles import pages_of
from gongjian.documents.tables import again, words_of
from gongjian.documents.tests.books import book, merged, row, sheet
from gongjian.domains.hotline.actions import importing as acts
from gongjian.domains.hotline.bulk.importing import Layout, LayoutError, check, run, write, write_fault_file
from gongjian.domains.hotline.models import ImportBatch
from gongjian.domains.hotline.queries.importing import faults
from gongjian.domains.hotline.tests.staff_pages import AT, SUPERVISOR, at_desk, page
from gongjian.identity.actor import SYSTEM
from gongjian.project.cli import run as command
from gongjian.project.terminal import Refusal
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
HEAD = ("原编号", "状态", "登记时间", "办结时间", "标题", "内容", "地点", "承办单位", "诉求人", "电话")


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch, settings, tmp_path):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    settings.MEDIA_ROOT = tmp_path / "media"


def record(n, **over):
    told = dict(
        zip(
            HEAD,
            (f"T{n}", "在办", "2025-03-01", "", f"灯{n}", "路灯不亮", "海山路", "", "甲某", "13800006021"),
            strict=True,
        )
    )
    return list((told | over).values())


def csv_of(*records, head=HEAD):
    return "\r\n".join([",".join(head), *(",".join(one) for one in records)]).encode()


def book_of(*records, head=HEAD, names=(), **parts):
    rows = (row(n, *(value or None for value in one)) for n, one in enumerate(records, start=2))
    return book(sheet(row(1, *head), *rows, **parts), names=names)


def take_in(content, layout=None):
    layout = layout or Layout()
    batch = acts.begin(program="old", file_name="x", mapping=layout.to_toml(), actor=SYSTEM, at=MONDAY_MORNING)
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    check(batch, source, layout, at=MONDAY_MORNING)
    write(batch, source, layout, at=MONDAY_MORNING)
    return batch


def descriptions():
    return list(Case.objects.order_by("request__external_number").values_list("request__description", flat=True))


def told(batch):
    return [words_of(note) for note in again(batch.notes)]


def test_one_stray_quote_costs_one_row_of_thirty():
    records = [record(n, 内容='"路灯不亮' if n == 10 else "路灯不亮") for n in range(1, 31)]
    batch = take_in(csv_of(*records))
    assert (batch.read, batch.created, batch.rejected) == (30, 29, 1)
    assert faults(batch, 9)[0][:2] == (11, "")
    assert set(descriptions()) == {"路灯不亮"}


def test_a_broken_byte_and_a_huge_cell_cost_their_own_rows(tmp_path):
    content = csv_of(*(record(n, 内容="长" * 200_000 if n == 2 else "路灯不亮") for n in range(1, 6)))
    content = content.replace("灯4".encode(), "灯4".encode() + b"\xff")
    batch = take_in(content)
    assert (batch.read, batch.created, batch.rejected) == (5, 3, 2)
    assert [(number, field) for number, field, _said in faults(batch, 9)] == [(3, "description"), (5, "title")]
    out = tmp_path / "wrong.xlsx"
    write_fault_file(batch, io.BytesIO(content), Layout(), out, language="zh-hans", at=MONDAY_MORNING)
    assert out.stat().st_size


def test_the_row_that_could_not_be_split_is_handed_back_whole(tmp_path):
    content = csv_of(record(1), record(2, 内容='他说"不亮"了,很久'))
    batch, out = take_in(content), io.BytesIO()
    write_fault_file(batch, io.BytesIO(content), Layout(), out, language="zh-hans", at=MONDAY_MORNING)
    found = [one.cells for one in pages_of(out)[0].rows()][1]
    assert {'他说"不亮"了', "很久", "13800006021"} <= set(found)


def test_damaged_cells_of_a_workbook_cost_their_own_rows():
    damaged = '<c r="F3" t="e"><v>#REF!</v></c>'
    uncounted = '<c r="F4"><f>1+1</f></c>'
    rows = [
        row(1, *HEAD), row(2, *record(1)[:6]), row(3, *record(2)[:5], damaged), row(4, *record(3)[:5], uncounted),
        row(5, '<c r="A5"><v>20250301000012345</v></c>', *record(4)[1:6]), row(6, '<c r="A6"><v>20250301000012346</v></c>', *record(5)[1:6]),
    ]  # fmt: skip
    batch = take_in(book(sheet(*(one.replace("<t></t>", "<t> </t>") for one in rows))))
    assert (batch.read, batch.created, batch.rejected, batch.repeated) == (5, 1, 4, 0)
    fields = [(number, field) for number, field, _said in faults(batch, 9)]
    assert fields == [(3, "description"), (4, "description"), (5, "external_number"), (6, "external_number")]


def test_a_damaged_cell_in_a_composed_text_costs_its_row():
    layout = Layout.from_toml('[compose]\ndescription = "{内容}，{地点}"')
    rows = [row(2, *record(1)[:6], '<c r="G2" t="e"><v>#N/A</v></c>'), row(3, *record(2)[:7])]
    batch = take_in(book(sheet(row(1, *HEAD), *rows)), layout)
    assert (batch.created, batch.rejected) == (1, 1)
    assert "#N/A" in faults(batch, 9)[0][2]


def test_what_was_not_read_is_on_record_in_either_language():
    other = sheet(row(1, *HEAD), row(2, *record(9)[:6]), row(3, *record(8)[:6]))
    first = sheet(
        row(1, "统计表"),
        row(2, *HEAD, "备注"),
        row(3, *record(1)[:6], hidden="1"),
        row(4, *record(2)[:6]),
        after=merged("G3:G4"),
    )
    batch = take_in(book(first, other, names=["1月", "2月"]))
    said = "\n".join(told(batch))
    assert "“1月”" in said
    assert "2月（3 行）" in said
    for words in ("列名取自第 2 行", "隐藏", "备注"):
        assert words in said
    with override("en"):
        assert "2月 (rows: 3)" in "\n".join(told(batch))
    batch.refresh_from_db()
    assert told(batch)
    acts.sweep(at=MONDAY_MORNING.replace(year=2027))
    batch.refresh_from_db()
    assert batch.notes == []


def test_dates_of_every_kind_are_taken_and_two_meanings_refused():
    written = [
        "2025-3-1 9:30",
        "2025年3月1日上午9时30分",
        "20250301093000",
        "45717.395833",
        "２０２５-０３-０１ 09：30",
        "3/1/2025",
    ]
    batch = take_in(csv_of(*(record(n, 登记时间=said) for n, said in enumerate(written))))
    assert (batch.created, batch.rejected) == (5, 1)
    assert "分不清" in faults(batch, 9)[0][2]
    assert len(set(Case.objects.values_list("opened_at", flat=True))) == 1
    assert take_in(csv_of(record(9, 登记时间="3/1/2025")), Layout(dates=["%m/%d/%Y"])).created == 1


def test_a_mapping_says_sheet_titles_and_encoding():
    layout = Layout.from_toml('sheet = "2月"\nhead = 2\nencoding = "big5"\ndates = ["%d.%m.%y"]')
    assert Layout.from_toml(layout.to_toml()) == layout
    for wrong in ("sheet = 1", "head = 99", 'head = "x"', 'encoding = "latin9"', 'dates = ["%Q"]', 'dates = ["%Y %Y"]'):
        with pytest.raises(LayoutError):
            Layout.from_toml(wrong)
    two = book(
        sheet(row(1, *HEAD), row(2, *record(1)[:6])),
        sheet(row(1, "x"), row(2, *HEAD), row(3, *record(2)[:6])),
        names=["1月", "2月"],
    )
    assert take_in(two, Layout(sheet="2月", head=2)).created == 1


# The command.


def words_for(path, *more):
    return ["hotline", "import", str(path), "--program", "old", *more]


def test_the_command_tells_what_it_found_out(tmp_path, capsys):
    path = tmp_path / "x.xlsx"
    path.write_bytes(
        book(
            sheet(row(1, *HEAD), row(2, *record(1)[:6])),
            sheet(row(1, "x"), row(2, *HEAD), row(3, *record(2)[:6]), row(4, *record(3)[:6])),
        ).getvalue()
    )
    assert command(words_for(path, "--json")) == 0
    out = capsys.readouterr()
    notes = json.loads(out.out)["notes"]
    assert [note["code"] for note in notes] == ["sheets", "unused"][: len(notes)]
    assert notes[0]["others"] == [{"name": "表2", "rows": 4, "hidden": False}]
    assert ("没有读" in notes[0]["zh"], "Not read" in notes[0]["en"]) == (True, True)
    assert "Not read" in out.err
    assert command(words_for(path, "--sheet", "表2", "--head", "2", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["created"] == 2


@pytest.mark.parametrize(
    ("content", "more", "zh", "en"),
    [
        (b"\0\1\2" * 99, (), "既不是表格也不是文字", "neither a workbook nor text"),
        (b"", (), "没有内容", "nothing in this file"),
        ("标题,内容\nx,y\n".encode(), (), "第 1 行：标题、内容", "Row 1 was read as the titles: 标题, 内容"),
        (csv_of(record(1)), ("--encoding", "latin9"), "encoding 只能是", ""),
        (book_of(record(1)).getvalue(), ("--sheet", "没有"), "没有工作表“没有”", "no sheet “没有”"),
    ],
)  # fmt: skip
def test_the_command_refuses_a_file_in_two_languages(tmp_path, content, more, zh, en):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(Refusal) as refused:
        command(words_for(path, *more))
    said = " ".join(map(str, refused.value.args))
    assert zh in said
    assert en in said


def test_the_command_says_in_both_languages_what_is_wrong_with_a_row(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_bytes(csv_of(record(1), record(2, 内容='"'), record(3, 登记时间="3/4/2025")))
    assert command(words_for(path, "--dry-run")) == 0
    said = capsys.readouterr().err
    for words in ("引号", "quote", "分不清几月几日", "could be two days"):
        assert words in said


def test_the_command_reads_an_encoding_that_was_chosen(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_bytes(csv_of(record(1, 内容="路燈不亮")).decode().encode("utf-16-le"))
    assert command(words_for(path, "--encoding", "utf-16", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["created"] == 1


# In the browser.


@pytest.fixture
def client():
    return at_desk(SUPERVISOR)


def hand_in(client, content, name="旧.csv"):
    answer = client.post(reverse("hotline:imports"), {"program": "旧热线", "file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302, answer.context["form"].errors
    return ImportBatch.objects.latest("pk")


def at_page(batch):
    return reverse("hotline:import", args=[batch.pk])


def test_the_preview_names_the_encoding_and_shows_what_is_wrong(client):
    batch = hand_in(
        client, csv_of(record(1), record(2, 内容='"x'), record(3, 标题="灯" * 300)).decode().encode("gb18030")
    )
    said = page(client.get(at_page(batch)))
    for words in ("GB18030", "引号", "最多 80 个字", "列名在第几行", "文字编码"):
        assert words in said
    assert "灯" * 121 not in said


@pytest.mark.parametrize("written", ["2025-03-01 09:30", "2025年3月1日 9时30分", "2025/3/1", "45717.395833"])
def test_numbers_and_moments_are_not_broken_over_lines(client, written):
    batch = hand_in(client, csv_of(record(1, 登记时间=written, 内容="路灯三天不亮，晚上走路看不见")))
    said = page(client.get(at_page(batch)))
    for cell in (written, "13800006021"):
        assert f'imports__cell imports__cell--one">{cell}<' in said
    assert 'imports__cell">路灯三天不亮，晚上走路看不见<' in said


def test_another_sheet_and_another_encoding_can_be_chosen(client):
    other = sheet(row(1, *HEAD), row(2, *record(2, 标题="二月的")[:6]))
    content = book(sheet(row(1, *HEAD), row(2, *record(1, 标题="一月的")[:6])), other, names=["1月", "2月"]).getvalue()
    batch = hand_in(client, content, "x.xlsx")
    said = page(client.get(at_page(batch)))
    assert ("一月的" in said, "二月的" in said, "2月（2 行）" in said) == (True, False, True)
    assert client.post(at_page(batch), {"act": "read", "sheet": "2月", "head": ""}).status_code == 302
    said = page(client.get(at_page(batch)))
    assert ("一月的" in said, "二月的" in said) == (False, True)
    assert client.post(at_page(batch), {"act": "read", "sheet": "3月"}).status_code == 422
    assert client.post(at_page(batch), {"act": "read", "sheet": "2月", "head": "9"}).status_code == 302
    said = page(client.get(at_page(batch)))
    assert "第 9 行没有内容" in said
    client.post(at_page(batch), {"act": "read", "head": ""})
    assert "一月的" in page(client.get(at_page(batch)))
    text = hand_in(client, csv_of(record(1)))
    client.post(at_page(text), {"act": "read", "encoding": "big5"})
    assert Layout.from_toml(ImportBatch.objects.get(pk=text.pk).mapping).encoding == "big5"


def test_giving_up_is_asked_once_and_keeps_what_was_chosen(client):
    batch = hand_in(client, csv_of(record(1)))
    answer = client.post(at_page(batch), {"act": "discard", "column_title": "内容"})
    assert "放弃，删去文件" in page(answer)
    assert answer.context["form"]["column_title"].value() == "内容"
    assert ImportBatch.objects.get().state == "uploaded"
    client.post(at_page(batch), {"act": "discard", "sure": "1"})
    assert ImportBatch.objects.get().state == "discarded"


def test_the_report_says_how_the_file_was_read(client):
    batch = hand_in(client, csv_of(record(1), record(2, 内容='"')))
    columns = {
        f"column_{key}": title
        for key, title in zip(
            ("external_number", "status", "opened_at", "title"), (HEAD[0], HEAD[1], HEAD[2], HEAD[4]), strict=True
        )
    }
    client.post(at_page(batch), {"act": "check", "coordinates": "wgs84", **columns})
    run(batch.pk, at=AT)
    said = page(client.get(at_page(batch)))
    for words in ("怎么读的这个文件", "UTF-8", "这些列没有用到：办结时间、内容", "引号"):
        assert words in said
    wrong = client.get(reverse("hotline:import_wrong", args=[batch.pk]))
    assert b"".join(wrong.streaming_content).startswith(b"PK")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", "路灯\n".encode("utf-16")[:-1], b"a,b\n1,2\n"])
def test_a_file_that_fits_nothing_is_told_on_its_page(client, content):
    batch = hand_in(client, content)
    assert client.get(at_page(batch)).status_code == 200
