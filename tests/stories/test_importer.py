"""The importer takes the records of an old system in: file, columns, check, wrong rows, last step, and back out."""

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from python_calamine import CalamineWorkbook

from gongjian.casework.models import Case
from gongjian.domains.hotline.bulk.importing import run
from gongjian.domains.hotline.models import ImportBatch
from gongjian.domains.hotline.tests.staff_pages import AT, SUPERVISOR
from tests.stories.test_handler import look, look_in_both, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEAD = "单号,进度,受理时间,完成时间,诉求内容,位置"
ROWS = [
    "1001,办完,2025-03-01 09:30,2025-03-04 16:00,海山路路灯三天不亮,海山路 12 号",
    "1002,处理中,2026-11-20 10:00,,楼下烧烤店油烟很大,深盐路",
    "1003,办完,2025-03-09,2025-03-01,先办完后受理的一条,",
    "1001,办完,2025-03-01 09:30,2025-03-02 16:00,海山路路灯三天不亮,海山路 12 号",
]


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch, settings, tmp_path):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def page(context: BrowserContext) -> Page:
    made = context.new_page()
    made.set_viewport_size({"width": 1280, "height": 900})
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    yield made
    assert not faults, "\n".join(faults)


def work(batch: ImportBatch) -> None:
    """Do what the worker does."""
    run(batch.pk, at=AT)


def test_an_importer_takes_old_records_in_and_back_out(page, live_server, tmp_path):
    base, file = live_server.url, tmp_path / "旧系统.csv"
    file.write_bytes("\r\n".join([HEAD, *ROWS]).encode("gb18030"))
    sit_down(page, base, SUPERVISOR)
    page.goto(f"{base}/office/")
    page.get_by_role("link", name="导入记录").first.click()
    expect(page.locator("h1")).to_have_text("导入记录")
    look_in_both(page, base, SUPERVISOR, "imports-empty")

    # The template is one click away.
    with page.expect_download() as template:
        page.get_by_role("link", name="下载模板").click()
    book = CalamineWorkbook.from_path(str(template.value.path()))
    assert "原编号*" in book.get_sheet_by_index(0).to_python()[0]

    # A file without a source is refused at its field, and nothing is kept.
    page.get_by_label("表格文件").set_input_files(file)
    page.get_by_role("button", name="交文件，看预览").click()
    expect(page.locator("#errors")).to_contain_text("来源系统")
    assert not ImportBatch.objects.exists()

    page.get_by_label("来源系统").fill("旧热线")
    page.get_by_label("表格文件").set_input_files(file)
    page.get_by_role("button", name="交文件，看预览").click()
    expect(page.locator("#import")).to_contain_text("这些字段必须有")
    columns = {"原编号": "单号", "状态": "进度", "登记时间": "受理时间", "办结时间": "完成时间", "内容": "诉求内容"}
    for field, title in {**columns, "地点": "位置"}.items():
        page.get_by_label(field, exact=True).select_option(title)
    page.get_by_label("哪些写法算“已办结”").fill("办完")
    page.get_by_role("button", name="更新预览").click()
    expect(page.locator("#import")).to_contain_text("没有“处理中”")
    page.get_by_label("哪些写法算“在办”").fill("处理中")
    page.get_by_role("button", name="更新预览").click()
    expect(page.locator("#import")).not_to_contain_text("没有“处理中”")
    look_in_both(page, base, SUPERVISOR, "import-columns")

    # The columns were only looked at; checking keeps them.
    for field, title in {**columns, "地点": "位置"}.items():
        page.get_by_label(field, exact=True).select_option(title)
    page.get_by_label("哪些写法算“已办结”").fill("办完")
    page.get_by_label("哪些写法算“在办”").fill("处理中")
    page.get_by_role("button", name="核对整个文件").click()
    expect(page.locator("#import")).to_contain_text("正在核对")
    look(page, "import-running-zh")
    batch = ImportBatch.objects.get()
    work(batch)
    expect(page.get_by_role("heading", name="写入后会怎样")).to_be_visible()
    expect(page.locator("#import")).to_contain_text("办结时间早于登记时间")
    expect(page.locator("#import")).to_contain_text("1001 和第 2 行重复")
    assert not Case.objects.exists()
    look_in_both(page, base, SUPERVISOR, "import-checked")

    with page.expect_download() as wrong:
        page.get_by_role("link", name="下载错误行").click()
    rows = CalamineWorkbook.from_path(str(wrong.value.path())).get_sheet_by_index(0).to_python()
    assert rows[0][-1] == "错误原因"
    assert [str(int(row[0])) if isinstance(row[0], float) else row[0] for row in rows[1:]] == ["1003", "1001"]

    page.get_by_role("button", name="只写入好的行").click()
    expect(page.locator("#import")).to_contain_text("正在写入")
    work(batch)
    expect(page.get_by_role("heading", name="结果")).to_be_visible()
    assert sorted(Case.objects.values_list("state", flat=True)) == ["archived", "to_dispatch"]
    look_in_both(page, base, SUPERVISOR, "import-done")

    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{base}/desk/imports/")
    look(page, "imports-phone-zh")
    page.goto(f"{base}/desk/imports/{batch.pk}/")
    look(page, "import-phone-zh")
    page.get_by_role("button", name="撤销这一批").click()
    expect(page.locator("#import")).to_contain_text("正在撤销")
    work(batch)
    expect(page.locator("#import")).to_contain_text("这一批已经撤销")
    assert not Case.objects.exists()
    look(page, "import-undone-phone-zh")
    assert timezone.is_aware(ImportBatch.objects.get().undone_at)
