"""An empty installation: from the set-up link to the first own unit, person, topic, and the first case dispatched."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import BrowserContext, Page, expect

from gongjian.casework.models import Case
from gongjian.domains.hotline.queries import forget as forget_catalogue
from gongjian.identity.actions import issue_setup_link
from gongjian.identity.models import Unit, User
from gongjian.identity.reference import forget
from gongjian.project.reference import load_reference
from gongjian.testing.clock import MONDAY_MORNING

PICTURES = os.environ.get("GONGJIAN_PICTURES", "")
AT = MONDAY_MORNING + timedelta(hours=1)
PASSWORD = "灯塔-harbour-9-北"
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _empty(transactional_db, settings, monkeypatch):
    """Begin as `make run` does outside the demonstration: reference data, nobody, no case."""
    settings.DEMONSTRATION = False
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    call_command("flush", interactive=False, verbosity=0)
    forget()
    load_reference(at=AT)
    forget_catalogue()
    assert not User.objects.exists()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    context.set_extra_http_headers({"Accept-Language": "zh-CN"})
    made = context.new_page()
    made.set_viewport_size({"width": 1280, "height": 900})
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    yield made
    assert not faults, faults


def look(page: Page, name: str) -> None:
    """Check the page as it stands at two widths: axe, no sideways scroll; keep pictures where they are wanted."""
    page.wait_for_selector("html[data-ready]")
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
        assert not found, [(one["id"], [node["html"][:200] for node in one["nodes"]][:4]) for one in found]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} scrolls sideways by {wide} px at {width}"
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)


def test_an_administrator_opens_an_empty_installation(page, live_server, context):
    base = live_server.url
    page.goto(f"{base}/setup/{issue_setup_link(at=AT)}/")
    look(page, "setup")
    page.get_by_label("姓名").fill("周岚")
    page.get_by_label("工号").fill("zhou.lan")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="开这个账号").click()
    expect(page.get_by_role("heading", name="开张清单")).to_be_visible()
    expect(page.locator("#people")).to_contain_text("还没有人做")
    look(page, "setup-list")

    # The first unit of their own.
    page.locator("#units").get_by_role("link").click()
    look(page, "units")
    page.get_by_role("link", name="新建单位").click()
    page.get_by_label("全称", exact=True).fill("盐田区城市照明中心")
    page.get_by_label("简称", exact=True).fill("照明中心")
    page.get_by_label("代码").fill("zmzx")
    look(page, "unit-new")
    page.get_by_role("button", name="建这个单位").click()
    expect(page.locator("h1")).to_have_text("盐田区城市照明中心")
    look(page, "unit")

    # A topic of their own, which that unit answers for.
    _topic(page, base)

    # The first colleague: takes calls and dispatches, at the centre.
    page.goto(f"{base}/office/people/new/")
    page.get_by_label("工号").fill("li.na")
    page.get_by_label("姓名").fill("李娜")
    page.get_by_role("button", name="开账号").click()
    for role in ("call_taker", "dispatcher"):
        page.locator("#id_unit").select_option(str(Unit.objects.get(code="zx12349").pk))
        page.locator("#id_role").select_option(role)
        page.get_by_role("button", name="给这个岗位").click()
        expect(page.locator("#messages, [role=status]").first).to_be_visible()
    look(page, "person")
    page.get_by_role("button", name="发设密码的链接").click()
    link = page.locator("#password-link").inner_text()
    assert link.startswith(base)

    # She sets her password, signs in, takes the first call.
    hers = context.browser.new_context(locale="zh-CN").new_page()
    hers.set_viewport_size({"width": 1280, "height": 900})
    hers.goto(link)
    hers.locator("#id_new").fill(PASSWORD)
    hers.get_by_role("button", name="设这个密码").click()
    hers.get_by_label("工号或政务邮箱").fill("li.na")
    hers.locator("#id_password").fill(PASSWORD)
    hers.get_by_role("button", name="登录", exact=True).click()
    expect(hers).not_to_have_url(re.compile("sign-in"))
    _first_case(hers, base)


def _topic(page: Page, base: str) -> None:
    page.goto(f"{base}/office/topics/new/")
    page.locator("[name=code]").fill("lamp-dark")
    parent = page.locator("[name=parent]")
    parent.select_option(index=1)
    page.locator("[name=name_zh]").fill("小区景观灯不亮")
    page.locator("[name=name_en]").fill("Landscape lamp out")
    page.locator("[name=order]").fill("900")
    _save(page)
    page.goto(f"{base}/office/rules/new/")
    page.locator("[name=topic]").select_option(label="小区景观灯不亮")
    page.locator("[name=lead_unit]").select_option("zmzx")
    page.locator("[name=limit_key]").select_option(index=1)
    page.locator("[name=catalogue]").fill("2026-11")
    page.locator("[name=clause]").fill("9.9")
    page.locator("[name=reason_zh]").fill("景观灯归照明中心")
    page.locator("[name=reason_en]").fill("Landscape lamps belong to the lighting centre")
    since = page.locator("[name=since]")
    if since.count():
        since.fill("2026-11-23")
    _save(page)


def _save(page: Page) -> None:
    """Look at the preview where there is one, then save."""
    preview = page.get_by_role("button", name="先看效果")
    if preview.count():
        preview.click()
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_load_state("networkidle")


def _first_case(page: Page, base: str) -> None:
    forget_catalogue()
    page.goto(f"{base}/desk/call/")
    page.wait_for_selector("html[data-ready]")
    page.locator("[name=phone], [name=caller_phone]").first.fill("13800006021")
    page.locator("#call-topic_text").fill("小区景观灯不亮")
    page.locator("#call-description").fill("来电人说，永安北一街小区门口的景观灯连着三晚不亮，老人走路看不清。")
    page.locator("#call-community").select_option(index=1)
    page.keyboard.press("Alt+N")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"done=1"))
    case = Case.objects.get()
    assert case.state == "to_dispatch"
    page.goto(f"{base}/desk/board/")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#pane")).to_contain_text(case.number)
    page.keyboard.press("a")
    expect(page.locator(f"#c{case.pk}")).to_contain_text("已派给")
    case.refresh_from_db()
    assert case.state == "dispatched"
    assert case.holder_unit.code == "zmzx"
