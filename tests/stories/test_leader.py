"""A leader looks at the district on one screen, finds what is stuck, looks into one unit and prints one sheet."""

import os
import re
from datetime import timedelta
from itertools import count as count_from
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from gongjian.domains.hotline.queries.figures import forget
from gongjian.domains.hotline.sweeps import count_figures
from gongjian.domains.hotline.tests.staff_pages import AT, HEAD, LEADER, at_desk
from gongjian.places.queries import communities
from gongjian.testing.cases import make_request
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.rules import SHANGHAI

PICTURES = os.environ.get("GONGJIAN_PICTURES", "")
TICKS = count_from(1)
LAST_WEEK = MONDAY_MORNING - timedelta(days=4)
SHEET = re.compile(rb"/Type\s*/Page\b")
LANDSCAPE = re.compile(rb"/MediaBox\s*\[\s*0\s+0\s+84\d(?:\.\d+)?\s+59\d")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages"),
]


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    # A text of its own for each test: the clock runs on from where a process first asked for that text.
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.replace(microsecond=next(TICKS)).isoformat())
    forget()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    made = context.new_page()
    made.set_viewport_size({"width": 1280, "height": 900})
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield made
    assert not faults, faults


@pytest.fixture
def a_week(district):
    """Thirty cases of last week in every corner of the district, some answered, some late; counted a moment ago."""
    places = [c.id for c in communities()]
    topics = ("env-site-noise", "", "env-site-noise")
    for n in range(24):
        state = ("closed", "dispatched", "in_progress")[n % 3]
        make_request(state=state, at=LAST_WEEK, community_id=places[n % 4], topic=topics[n % 3])
    make_request(state="dispatched", at=LAST_WEEK - timedelta(days=1), title="海涛花园二期消防通道停车")
    today = AT.astimezone(SHANGHAI).date()
    count_figures(first=today - timedelta(days=90), last=today, at=AT - timedelta(minutes=3))


def sit_down(page: Page, base: str, username: str, language: str = "zh-hans") -> None:
    page.context.clear_cookies()
    cookie = at_desk(username).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [
            {"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": base},
            {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": base},
        ]
    )


def look(page: Page, name: str) -> None:
    """Check the page as it stands: axe, no sideways scroll at four widths; keep a picture where one is wanted."""
    page.wait_for_selector("html[data-ready]")
    rules = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        "resultTypes": ["violations"],
        "preload": False,
    }
    found = Axe().run(page, options=rules).response["violations"]
    assert not found, [(one["id"], [node["html"][:200] for node in one["nodes"]][:4]) for one in found]
    for width in (320, 360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} scrolls sideways by {wide} px at {width}"
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def sheets(page: Page) -> tuple[int, bool]:
    """Print the page; return how many sheets that takes, and whether they are A4 landscape."""
    printed = page.pdf(prefer_css_page_size=True)
    return len(SHEET.findall(printed)), bool(LANDSCAPE.search(printed))


def test_a_leader_reads_one_screen_and_prints_one_sheet(page, live_server, a_week):
    base = live_server.url
    for language in ("zh-hans", "en"):
        sit_down(page, base, LEADER, language)
        page.goto(f"{base}/desk/figures/")
        look(page, f"figures-{language[:2]}")
        assert sheets(page) == (1, True)

    sit_down(page, base, LEADER)
    page.goto(f"{base}/desk/figures/")
    expect(page.locator(".stat")).to_have_count(6)
    expect(page.locator("#stuck")).to_contain_text("海涛花园二期消防通道停车")
    page.locator("input[name='map-as'][value='table']").check()
    expect(page.get_by_role("cell", name="沙头角街道").first.or_(page.get_by_text("小计").first)).to_be_visible()
    look(page, "figures-map-as-table")
    page.locator("input[name='units-as'][value='table']").check()
    expect(page.locator("#units .chartpanel__table")).to_be_visible()
    page.get_by_text("怎么算的").first.click()
    expect(page.locator("#how")).to_contain_text("在期限内答复的 ÷ 当期答复的")
    look(page, "figures-how")
    page.get_by_role("link", name="近 30 天").click()
    expect(page.locator(".segments [aria-current]")).to_have_text("近 30 天")

    page.evaluate("window.print = () => { document.body.dataset.printed = 'yes'; }")
    page.keyboard.press("p")
    expect(page.locator("body")).to_have_attribute("data-printed", "yes")

    page.locator("#units .chartpanel__chart a").first.click()
    expect(page.locator("#measures-t")).to_have_text("本单位的数")
    look(page, "figures-one-unit")
    page.get_by_label("单位", exact=True).select_option("")
    expect(page.locator("h1")).to_have_text("运行看板")


def test_a_unit_head_prints_the_own_unit(page, live_server, a_week):
    base = live_server.url
    for language in ("zh-hans", "en"):
        sit_down(page, base, HEAD, language)
        page.goto(f"{base}/desk/figures/")
        look(page, f"figures-unit-{language[:2]}")
        assert sheets(page) == (1, True)


def test_an_empty_district_is_readable_too(page, live_server):
    base = live_server.url
    sit_down(page, base, LEADER)
    page.goto(f"{base}/desk/figures/")
    expect(page.locator("main")).to_contain_text("还没有登记过件")
    look(page, "figures-empty")
