"""A call-taker takes a call without the mouse, from F2 to the number read out; then the callback desk asks. 1280 px."""

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from gongjian.casework.models import Case, CaseParty
from gongjian.domains.hotline.models import IntakeDraft
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, at_desk
from gongjian.testing.cases import CALLBACK, again, make_request
from tests.stories.listening import faults, listen

PICTURES = os.environ.get("GONGJIAN_PICTURES", "")
WORDS = "来电人说，永安北一街工地周末凌晨还在打桩，楼上能感到震动。问能否要求工地停工。"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages"),
]


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def page(context: BrowserContext, said: list[str]) -> Page:
    made = context.new_page()
    made.set_viewport_size({"width": 1280, "height": 900})
    listen(made, said)
    yield made
    assert not faults(said), said


def sit_down(page: Page, base: str, username: str, language: str = "zh-hans", look: str = "") -> None:
    """Let somebody of the cast take the seat."""
    page.context.clear_cookies()
    cookie = at_desk(username).cookies[settings.SESSION_COOKIE_NAME].value
    cookies = {settings.SESSION_COOKIE_NAME: cookie, settings.LANGUAGE_COOKIE_NAME: language}
    if look:
        cookies["gj_look"] = look
    page.context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])


def look_at(page: Page, name: str) -> None:
    """Check the page as it stands: axe, no sideways scroll; keep a picture where one is wanted."""
    page.wait_for_selector("html[data-ready]")
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], [node["html"][:200] for node in one["nodes"]][:4]) for one in found]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} scrolls sideways by {wide} px"


def look_everywhere(page: Page, base: str, who: str, name: str) -> None:
    """Look in both languages, at night, and on a narrow screen."""
    address = page.url
    for language, theme, width in (("zh-hans", "light", 1280), ("en", "light", 1280), ("zh-hans", "dark", 1280),
                                   ("en", "light", 360), ("zh-hans", "light", 360)):  # fmt: skip
        sit_down(page, base, who, language, f"normal.1.normal.{theme}.on")
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        page.wait_for_load_state("networkidle")
        look_at(page, f"{name}-{language}-{theme}-{width}")
    page.set_viewport_size({"width": 1280, "height": 900})
    sit_down(page, base, who)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the field has the focus, as a hand does."""
    for _ in range(40):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}")


def test_a_call_is_taken_by_keyboard_alone(page, live_server, said):
    base = live_server.url
    old = make_request(title="永安北一街工地夜间施工噪声")
    sit_down(page, base, CALL_TAKER)
    page.goto(f"{base}/desk/call/")
    page.wait_for_selector("html[data-ready]")

    page.keyboard.press("F2")
    expect(page).to_have_url(re.compile(r"call=1"))
    expect(page.locator("[data-call-state]")).to_have_text("通话中")
    page.keyboard.type("１３８００００６０２１")
    expect(page.locator("[data-call-number]")).to_have_text("138 ********")
    expect(page.locator("#history")).to_contain_text(old.number)
    page.keyboard.press("F4")
    assert page.evaluate("document.activeElement.closest('#history-rows') !== null")
    page.keyboard.press("Escape")

    page.keyboard.press("Alt+2")
    tab_to(page, "description")
    page.keyboard.type(WORDS)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.name") == "topic_text"
    page.keyboard.type("sgzs")
    expect(page.locator(".suggest__list li").first).to_contain_text("建筑施工噪声")
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / "call-topic.png"))
    page.keyboard.press("Enter")
    expect(page.locator("#call-topic_text")).to_have_value("建筑施工噪声")
    expect(page.locator("#route")).to_contain_text("5 个工作日")
    expect(page.locator("#rule")).to_contain_text("建筑施工噪声")
    tab_to(page, "address")  # behind what this class asks
    page.keyboard.type("yongan")
    page.wait_for_selector("[role=listbox]:not([hidden]) li")
    page.keyboard.press("Enter")
    expect(page.locator("#call-community")).not_to_have_value("")
    expect(page.locator("#route")).to_contain_text("协办")

    expect(page.locator("[data-autosave-state]")).to_contain_text("已自动保存")
    assert IntakeDraft.objects.exists()
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#call-description")).to_have_value(WORDS)
    expect(page.locator("[data-call-time]")).to_be_visible()
    expect(page.locator("#history")).to_contain_text(old.number)
    look_everywhere(page, base, CALL_TAKER, "call")
    page.goto(f"{base}/desk/call/")
    page.wait_for_selector("html[data-ready]")

    page.keyboard.press("F2")
    expect(page.locator("#ask-new")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#call-description")).to_have_value(WORDS)
    page.keyboard.press("Control+Enter")  # before the question was asked: it is asked for, and one key answers
    expect(page.locator("#errors")).to_contain_text("承办单位可以打给您吗")
    look_at(page, "call-consent")
    page.keyboard.press("Alt+Y")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"done=1"))
    said.clear()  # 422 is told on the console too
    case = Case.objects.exclude(pk=old.pk).get()
    assert case.state == "to_dispatch"
    party = CaseParty.objects.get(case=case)
    assert party.contact.mask_phone == "138 ********"
    assert (party.consent_contact, party.notify) == (True, False)
    expect(page.locator("#done-number")).to_have_text(case.number)
    look_everywhere(page, base, CALL_TAKER, "done")
    page.goto(f"{base}/desk/call/?done=1")
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("F2")
    expect(page.locator("#call-description")).to_have_value("")


def test_an_emergency_is_put_through_before_it_is_written_down(page, live_server, said):
    base = live_server.url
    sit_down(page, base, CALL_TAKER)
    page.goto(f"{base}/desk/call/?call=1")
    page.wait_for_selector("html[data-ready]")
    tab_to(page, "description")
    page.keyboard.type("老人晕倒")
    expect(page.locator("[data-service='120']")).to_be_visible()
    page.keyboard.press("Shift+F3")
    expect(page.locator("#transfer")).to_be_visible()
    expect(page.locator("#transfer .bignum")).to_have_text("120")
    look_at(page, "call-transfer")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "description"
    page.keyboard.type("在楼下，没有反应。")
    look_at(page, "call-emergency")

    page.keyboard.press("F9")
    assert page.evaluate("document.activeElement.name") == "text"
    page.keyboard.press("Alt+R")
    page.keyboard.press("Alt+R")

    # The line drops: nothing typed is lost, and it goes once the server is back.
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".callform > .notice")).to_contain_text("先记在本机")
    look_at(page, "call-offline")
    expect(page.locator("#call-description")).to_have_value("老人晕倒在楼下，没有反应。")
    page.context.set_offline(False)
    said.clear()  # the browser itself reports what it could not fetch
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"done=1"))
    case = Case.objects.get()
    assert (case.urgency, case.request.emergency) == (Case.Urgency.EMERGENCY, "120")


def test_a_refused_form_keeps_the_place_and_the_words(page, live_server, said):
    base = live_server.url
    sit_down(page, base, CALL_TAKER)
    page.goto(f"{base}/desk/call/?call=1")
    page.wait_for_selector("html[data-ready]")
    page.keyboard.type("1380000")
    tab_to(page, "description")
    page.keyboard.type("楼道灯不亮。")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errors")).to_be_focused()
    look_at(page, "call-refused")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#call-phone")).to_be_focused()
    page.locator("#call-phone").fill("13800006021")
    page.keyboard.press("Alt+N")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"done=1"))
    said.clear()  # 422 is told on the console too
    assert Case.objects.count() == 1


def test_the_callback_desk_asks_three_questions(page, live_server):
    base = live_server.url
    case = make_request(state="callback")
    other = make_request(state="replied", title="明珠道夜间渣土车鸣笛")
    sit_down(page, base, CALLBACK)
    page.goto(f"{base}/desk/callback/")
    look_everywhere(page, base, CALLBACK, "callback")
    page.goto(f"{base}/desk/callback/{case.number}/")
    look_everywhere(page, base, CALLBACK, "callback-case")
    page.goto(f"{base}/desk/callback/{case.number}/")
    page.wait_for_selector("html[data-ready]")
    for key in ("y", "s", "4"):
        page.keyboard.press(key)
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(f"{base}/desk/callback/")
    assert (again(case).state, again(case).request.satisfaction) == ("closed", 4)
    expect(page.locator(".queue")).to_contain_text(other.title)
