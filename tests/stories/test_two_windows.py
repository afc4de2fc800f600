"""Two tabs of one browser: two reports, two calls, two phones' pages — each with its own words, receipt and copy."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from gongjian.casework.models import Case
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, HANDLER, at_desk, case_url
from gongjian.testing.cases import make_request

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages"),
]
NOISE = ("工地夜里打桩", "永安北一街 18 号旁", "凌晨一点还在打桩。")
LAMP = ("路灯不亮", "明珠道 3 号", "路灯三天没有亮了。")


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "locale": "zh-CN", "viewport": {"width": 1280, "height": 900}}


def ready(page: Page) -> Page:
    page.wait_for_selector("html[data-ready]", state="attached")
    return page


def tab(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return ready(page)


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()
    ready(page)


def say_what(page: Page, said: tuple[str, str, str]) -> None:
    page.get_by_label("说一句，是什么事").fill(said[0])
    press(page, "下一步")
    if page.get_by_text("是不是下面这一类").count():
        page.get_by_text("都不是，或说不清").click()
        press(page, "下一步")


def say_where(page: Page, said: tuple[str, str, str]) -> None:
    page.get_by_label("具体地点").fill(said[1])
    page.keyboard.press("Escape")
    press(page, "下一步")


def describe(page: Page, said: tuple[str, str, str]) -> None:
    page.get_by_label("说说情况").fill(said[2])
    press(page, "下一步")


def test_two_tabs_report_two_matters(context: BrowserContext, live_server):
    one, two = (tab(context, f"{live_server.url}/report") for _ in range(2))
    say_what(one, NOISE)
    say_what(two, LAMP)
    say_where(two, LAMP)
    say_where(one, NOISE)
    one.get_by_label("说说情况").fill("写了一半")
    expect(one.locator("[data-draft-state]")).to_contain_text("草稿")
    describe(two, LAMP)
    one.reload()
    ready(one)
    expect(one.locator(".notice--acts")).to_contain_text("接着写")  # its own copy, not the other tab's
    one.get_by_role("button", name="接着写").click()
    expect(one.get_by_label("说说情况")).to_have_value("写了一半")

    one.go_back()
    ready(one)
    expect(one.get_by_label("具体地点")).to_have_value(NOISE[1])
    one.go_back()
    ready(one)
    expect(one.get_by_label("说一句，是什么事")).to_have_value(NOISE[0])
    one.go_forward()
    one.go_forward()
    ready(one)
    describe(one, NOISE)
    for page in (one, two):
        press(page, "下一步，核对一遍")
    for page, said, other in ((one, NOISE, LAMP), (two, LAMP, NOISE)):
        for mine, theirs in zip(said[1:], other[1:], strict=True):
            expect(page.locator(".answers")).to_contain_text(mine)
            expect(page.locator(".answers")).not_to_contain_text(theirs)

    twin = tab(context, one.url)
    twin.locator(".answers__change a").nth(2).click()
    ready(twin)
    describe(twin, ("", "", "凌晨两点还在打桩。"))
    press(one, "发出去")
    expect(one.locator("#errors")).to_contain_text("这份内容在另一个窗口里改过，请再看一遍")
    expect(one.locator(".answers")).to_contain_text("凌晨两点还在打桩。")
    assert not Case.objects.exists()

    numbers = {}
    for page in (two, one):
        press(page, "发出去")
        numbers[page] = page.locator(".receipt__code").first.inner_text()
    press(twin, "发出去")  # the same draft: its receipt again
    expect(twin.locator(".receipt__code").first).to_have_text(numbers[one])
    for page, words in ((one, "凌晨两点还在打桩。"), (two, LAMP[2])):
        assert Case.objects.get(number=numbers[page]).request.description == words
        page.reload()
        expect(page.locator(".receipt__code").first).to_have_text(numbers[page])
    assert Case.objects.count() == 2


def test_cookies_cleared_on_the_way_lose_no_word(context: BrowserContext, live_server):
    page = tab(context, f"{live_server.url}/report")
    say_what(page, NOISE)
    say_where(page, NOISE)
    context.clear_cookies()
    page.get_by_label("说说情况").fill(NOISE[2])
    press(page, "下一步")
    if page.get_by_text("没有提交成功").count():
        expect(page.locator("main")).to_contain_text(NOISE[2])
        press(page, "接着提交")
    expect(page.get_by_label("说说情况")).to_have_value(NOISE[2])
    press(page, "下一步")
    press(page, "下一步，核对一遍")
    for words in NOISE[1:]:
        expect(page.locator(".answers")).to_contain_text(words)


def test_two_tabs_of_the_phone_s_page_keep_two_drafts(context: BrowserContext, live_server):
    address = f"{live_server.url}/report/phone"
    one = tab(context, address)
    one.get_by_label("说一句，是什么事").fill(NOISE[0])
    expect(one.locator("[data-kept]")).to_contain_text("草稿")
    two = tab(context, address)
    expect(two.locator("form[data-ready]")).to_be_visible()
    expect(two.get_by_label("说一句，是什么事")).to_have_value("")
    two.get_by_label("说一句，是什么事").fill(LAMP[0])
    expect(two.locator("[data-kept]")).to_contain_text("草稿")
    for page, said in ((one, NOISE), (two, LAMP)):
        page.reload()
        expect(page.get_by_label("说一句，是什么事")).to_have_value(said[0])
    two.close()
    three = tab(context, address)  # what a closed tab left is gone on with
    expect(three.get_by_label("说一句，是什么事")).to_have_value(LAMP[0])


def sit_down(context: BrowserContext, base: str, username: str) -> None:
    cookie = at_desk(username).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": base}])


def take_call(page: Page, phone: str, words: str) -> None:
    page.locator("#call-phone").fill(phone)
    page.locator("#call-description").fill(words)
    page.locator("[name=consent][value=no]").check()


def test_two_windows_take_two_calls(context: BrowserContext, live_server):
    sit_down(context, live_server.url, CALL_TAKER)
    one = tab(context, f"{live_server.url}/desk/call/")
    take_call(one, "13800006021", NOISE[2])
    expect(one.locator("[data-autosave-state]")).to_contain_text("已自动保存")
    two = tab(context, f"{live_server.url}/desk/call/")
    expect(two).to_have_url(re.compile(r"new=1"))  # the first window goes on with its own
    ready(two)
    expect(two.locator("#call-description")).to_have_value("")
    take_call(two, "13800006033", LAMP[2])
    expect(two.locator("[data-autosave-state]")).to_contain_text("已自动保存")
    for page, words in ((one, NOISE[2]), (two, LAMP[2])):
        page.reload()
        ready(page)
        expect(page.locator("#call-description")).to_have_value(words)
    for page, words in ((two, LAMP[2]), (one, NOISE[2])):
        page.keyboard.press("Control+Enter")
        expect(page).to_have_url(re.compile(r"done=1"))
        expect(page.locator("#done-number")).to_have_text(Case.objects.get(request__description=words).number)
    two.reload()
    expect(two.locator("#done-number")).to_have_text(Case.objects.get(request__description=LAMP[2]).number)


def test_two_windows_write_one_answer(context: BrowserContext, live_server):
    case = make_request(state="in_progress")
    sit_down(context, live_server.url, HANDLER)
    one, two = (tab(context, f"{live_server.url}{case_url(case)}") for _ in range(2))
    for page, words in ((one, "一号窗口写的。"), (two, "二号窗口写的。"), (one, "一号窗口又写了。")):
        with page.expect_response(re.compile("/reply/draft/")):
            page.locator("#submit-text").fill(words)
    for page, mine, other in ((one, "一号窗口又写了。", "二号窗口写的。"), (two, "二号窗口写的。", "一号窗口又写了。")):
        page.reload()
        expect(page.locator("#submit-text")).to_have_value(mine)
        expect(page.locator(".editor")).to_contain_text(other)
