"""A phone without a signal: the report is written, the browser is killed, it is still there; later exactly one case."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from gongjian.casework.models import Case, CaseDocument
from gongjian.testing.clock import MONDAY_MORNING
from tests.stories.phones import phone_at
from tests.stories.test_resident import RULES, WIDE, WIDTHS, photo

PICTURES = os.environ.get("GONGJIAN_PICTURES", "")
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "documents"
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())


@pytest.fixture
def phone(playwright, tmp_path, live_server):
    with phone_at(playwright, str(tmp_path / "disk"), live_server.url) as made:
        yield made
        assert not made.unexpected(), made.unexpected()


def next_step(page, name="下一步"):
    page.locator("[data-next]").click()


def look(page, name):
    """No fault found by axe, nothing wider than the screen; a picture where one is wanted."""
    found = Axe().run(page, options=RULES).response["violations"]
    assert not found, [(one["id"], [node["html"][:200] for node in one["nodes"]][:4]) for one in found]
    size = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 740})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (name, width, page.evaluate(WIDE))
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
    page.set_viewport_size(size)


def test_a_report_written_without_a_signal_survives_the_browser_and_opens_one_case(phone):
    page = phone.open("/")
    phone.prepared()
    phone.lose_signal()

    page = phone.open("/report")
    expect(page.locator("h1").first).to_have_text("什么事？")
    page.get_by_label("说一句，是什么事").fill("路灯不亮，电线冒烟着火")
    expect(page.locator("[data-service='119']")).to_be_visible()
    page.get_by_label("说一句，是什么事").fill("路灯不亮")
    look(page, "one-what")
    next_step(page)
    next_step(page)
    expect(page.locator("[data-faults]")).to_contain_text("还没写地点")
    page.get_by_label("具体地点").fill("永安北一街 18 号")
    look(page, "one-where")
    next_step(page)
    expect(page.locator("#id_description")).to_have_value("路灯不亮")
    page.locator("#id_description").fill("巷口的路灯三天没有亮，老人晚上看不见台阶。")
    page.locator("#id_photos").set_input_files([photo()])
    expect(page.locator("[data-photos-list] img")).to_have_count(1)
    expect(page.locator("[data-kept]")).to_contain_text("草稿已存")
    look(page, "one-describe")
    page.wait_for_timeout(1000)

    phone.kill()
    page = phone.start()
    phone.open("/report")
    expect(page.locator("#id_description")).to_have_value("巷口的路灯三天没有亮，老人晚上看不见台阶。")
    expect(page.locator("[data-photos-list] img")).to_have_count(1)
    next_step(page)
    page.get_by_label("手机或座机").fill("138 0000 6021")
    look(page, "one-contact")
    next_step(page)
    expect(page.locator("[data-answers]")).to_contain_text("永安北一街 18 号")
    expect(page.locator("[data-answers]")).to_contain_text("1 张照片")
    look(page, "one-check")
    next_step(page)
    expect(page.locator(".parcel")).to_contain_text("待发送")
    expect(page.locator("[data-unsent]").first).to_contain_text("1 条存在手机里")
    look(page, "one-kept")
    assert not Case.objects.exists()

    phone.kill()
    page = phone.start()
    phone.open("/phone/unsent")
    expect(page.locator(".parcel")).to_contain_text("待发送")
    phone.find_signal()
    expect(page.locator(".parcel")).to_contain_text("发出去了", timeout=30_000)
    case = Case.objects.get()
    expect(page.locator(".parcel")).to_contain_text(case.number)
    expect(page.locator(".parcel")).to_contain_text("查询码")
    assert CaseDocument.objects.filter(event__case=case).count() == 1
    look(page, "unsent-sent")

    page.get_by_role("button", name="现在发").click()
    phone.open("/report/phone")
    expect(page.locator("#id_description")).to_have_value("")
    phone.open("/phone/unsent")
    page.get_by_role("button", name="记下了，从手机里删去").click()
    expect(page.locator("[data-outbox]")).to_contain_text("没有要发的")
    assert Case.objects.count() == 1


def test_a_report_begun_with_a_signal_goes_on_without_and_opens_one_case(phone):
    page = phone.open("/report")
    phone.prepared()
    page.get_by_label("说一句，是什么事").fill("夜里施工")
    page.locator("#id_topic input").first.check()
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/report/where")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.get_by_label("具体地点").fill("深盐路 12 号")
    phone.lose_signal()
    page.get_by_role("button", name="下一步").click()
    expect(page.locator("h1").first).to_be_attached()
    expect(page.locator("#id_description")).to_have_value("夜里施工")
    expect(page.locator("#id_address")).to_have_value("深盐路 12 号")
    for _step in range(3):
        next_step(page)
    expect(page.locator(".parcel")).to_contain_text("待发送")
    phone.find_signal()
    expect(page.locator(".parcel")).to_contain_text("发出去了", timeout=30_000)
    assert Case.objects.get().request.address == "深盐路 12 号"
