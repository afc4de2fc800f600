"""A department deals with one case: signed, worked on, answered, sent back, mended, passed. Told at 1280 px."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from gongjian.domains.hotline.models import ReplyDraft
from gongjian.domains.hotline.tests.staff_pages import AT, CLERK, HANDLER, REVIEWER, at_desk
from gongjian.testing.cases import again, make_request
from tests.stories.listening import faults, listen

PICTURES = os.environ.get("GONGJIAN_PICTURES", "")
FIRST = "刘女士：您好。我局昨晚 23:10 到现场检查，该工地没有夜间施工许可，已责令立即停止夜间施工。"
MENDED = FIRST + "\n\n以后夜里再响，请直接打 12349，我们两小时内到现场。"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages"),
]


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


@pytest.fixture
def page(context: BrowserContext) -> Page:
    made = context.new_page()
    made.set_viewport_size({"width": 1280, "height": 900})
    said = listen(made, [])
    yield made
    assert not faults(said), said


def sit_down(page: Page, base: str, username: str, language: str = "zh-hans") -> None:
    """Let somebody of the cast take the seat."""
    page.context.clear_cookies()
    cookie = at_desk(username).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [
            {"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": base},
            {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": base},
        ]
    )


def look(page: Page, name: str) -> None:
    """Check the page as it stands, in both languages: axe, no sideways scroll; keep a picture where one is wanted."""
    page.wait_for_selector("html[data-ready]")
    rules = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        "resultTypes": ["violations"],
        "preload": False,
    }
    found = Axe().run(page, options=rules).response["violations"]
    assert not found, [(one["id"], [node["html"][:200] for node in one["nodes"]][:4]) for one in found]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} scrolls sideways by {wide} px"
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def look_in_both(page: Page, base: str, username: str, name: str) -> None:
    address = page.url
    look(page, f"{name}-zh")
    sit_down(page, base, username, "en")
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    look(page, f"{name}-en")
    sit_down(page, base, username)
    page.goto(address)
    page.wait_for_selector("html[data-ready]")


def test_a_department_answers_a_case(page, live_server):
    base = live_server.url
    case = make_request(state="dispatched", lon=114.2372, lat=22.5571)
    make_request(lon=114.2374, lat=22.5569, title="工地围挡占用人行道")
    make_request(state="dispatched", title="明珠道夜间渣土车鸣笛")

    sit_down(page, base, CLERK)
    page.goto(f"{base}/desk/inbox/")
    look_in_both(page, base, CLERK, "inbox")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_label(f"选中 {case.number}")).to_be_checked()
    page.keyboard.press("s")
    expect(page.locator("#results")).to_contain_text("已签收")
    assert again(case).state == "signed"

    sit_down(page, base, HANDLER)
    page.goto(f"{base}/desk/inbox/?tab=unit")
    page.get_by_role("link", name=case.title).click()
    look_in_both(page, base, HANDLER, "case-signed")
    page.get_by_role("button", name="开始办理").click()
    page.wait_for_selector(".editor")
    page.keyboard.press("c")
    page.locator("#contact-remark").fill("经平台拨打，核对了时间和位置。")
    look(page, "case-contact")
    page.locator("#contact-remark").press("Control+Enter")
    expect(page.locator(".timeline")).to_contain_text("核对了时间和位置")

    page.locator("#submit-text").fill(FIRST)
    expect(page.locator("#preview")).to_contain_text("责令立即停止")
    expect(page.locator("[data-autosave-state]")).to_contain_text("已自动保存")
    assert ReplyDraft.objects.get(case=case).text == FIRST
    page.reload()
    expect(page.locator("#submit-text")).to_have_value(FIRST)
    page.get_by_label("解决了", exact=True).check()
    look_in_both(page, base, HANDLER, "case-editor")
    page.get_by_label("解决了", exact=True).check()
    page.locator("#submit-text").press("Control+Enter")
    expect(page.locator(".badge").first).to_contain_text("待审核")

    sit_down(page, base, REVIEWER)
    page.goto(f"{base}/desk/review/")
    look_in_both(page, base, REVIEWER, "review")
    page.get_by_role("link", name=case.title).click()
    look_in_both(page, base, REVIEWER, "case-review")
    page.locator("#approve-remark").fill("没有写以后再响找谁。")
    page.get_by_role("button", name="退回重办").click()
    expect(page).to_have_url(f"{base}/desk/review/")

    sit_down(page, base, HANDLER)
    page.goto(f"{base}/desk/inbox/")
    page.get_by_role("link", name=case.title).click()
    expect(page.locator(".timeline")).to_contain_text("没有写以后再响找谁")
    page.locator("#submit-text").fill(MENDED)
    page.get_by_label("解决了", exact=True).check()
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".badge").first).to_contain_text("待审核")

    sit_down(page, base, REVIEWER)
    page.goto(f"{base}/desk/review/")
    page.get_by_role("link", name=case.title).click()
    page.get_by_role("button", name="通过，答复居民").click()
    expect(page).to_have_url(f"{base}/desk/review/")
    assert again(case).state == "replied"
    assert again(case).request.reply.splitlines() == MENDED.splitlines()
