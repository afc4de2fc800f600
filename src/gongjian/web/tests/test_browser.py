"""The sheet of parts in a browser: accessibility, width, policy, keyboard, and each behaviour once."""

import base64
import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from gongjian.places.models import Territory
from gongjian.project.reference import load_reference
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.urls("gongjian.web.tests.urls")]
LOOKS = {
    "normal": "",
    "elder": "elder.1.normal.light.on",
    "largest": "elder.3.normal.light.on",
    "contrast": "normal.1.more.light.on",
    "dark": "normal.1.normal.dark.on",
}
BAR_END = """Math.max(0, ...[...document.querySelectorAll(".topbar__links > *")].map((e) =>
    e.getBoundingClientRect().right))"""
HARMLESS = re.compile(r"\[DOM\]|Service Worker registration blocked")


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    """Serve with the reference data of the run: these pages write nothing, so nothing need be flushed."""
    with django_db_blocker.unblock():
        if not Territory.objects.exists():
            load_reference(at=MONDAY_MORNING)
        serving = LiveServer("localhost")
        yield serving.url
        serving.stop()


@pytest.fixture
def visit(page: Page, server: str):
    """Open a path as a reader with language and look; the console must stay silent until the test ends."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if not HARMLESS.search(message.text):
            said.append(f"{message.type}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(str(error)))

    def go(path: str, *, language: str = "zh-hans", look: str = "normal", width: int = 1280) -> Page:
        cookies = [{"name": "gj_lang", "value": language, "url": server}]
        if LOOKS[look]:
            cookies.append({"name": "gj_look", "value": LOOKS[look], "url": server})
        page.context.add_cookies(cookies)
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{server}{path}")
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    go.said = said
    yield go
    assert said == []


@pytest.mark.parametrize("path", ["/parts/", "/parts/staff/"])
@pytest.mark.parametrize("look", ["normal", "elder", "contrast", "dark"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_barrier_is_found(visit, path: str, look: str, language: str):
    page = visit(path, language=language, look=look)
    expect(page.locator("[data-map-ready]").or_(page.locator("table[data-rows]")).first).to_be_attached()

    found = Axe().run(page, options={"preload": False}).response["violations"]
    # Axe puts elements of its own on the page, whose styles the policy forbids; the console tells.
    visit.said[:] = [words for words in visit.said if "inline style" not in words]

    assert [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found] == []


@pytest.mark.parametrize("look", ["normal", "elder", "largest"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_page_scrolls_sideways(visit, look: str, language: str):
    for path in ("/parts/", "/parts/staff/", "/look/", "/parts/503/"):
        page = visit(path, language=language, look=look, width=320)
        for width in (320, 360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert wide <= room, f"{path} at {width}: {wide}"
            # A desk clips what sticks out instead of scrolling: 12349 at the end of the bar must not be cut.
            assert page.evaluate(BAR_END) <= room, f"bar of {path} at {width}"


@pytest.mark.parametrize(("look", "least"), [("normal", 40), ("elder", 56)])
def test_targets_are_large_enough_for_a_thumb(visit, look: str, least: int):
    page = visit("/parts/", look=look, width=360)

    small = page.evaluate(
        """least => [...document.querySelectorAll('.btn, .input, .choice, .tile')]
        .map(e => [e.className, e.getBoundingClientRect()])
        .filter(([, r]) => r.width && Math.min(r.width, r.height) < least).map(([name]) => name)""",
        least,
    )

    assert small == []


def test_the_first_key_skips_to_the_content(visit):
    page = visit("/look/")

    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_staff_keys_act_and_are_listed(visit):
    page = visit("/parts/staff/")

    page.keyboard.press("?")
    help_dialog = page.locator("#keys-help")
    expect(help_dialog).to_be_visible()
    expect(help_dialog).to_contain_text("采纳并派件")
    expect(help_dialog.locator("dt").filter(has_text="Shift A")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(help_dialog).to_have_count(0)

    page.keyboard.press("a")
    expect(page.locator("#accept")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#accept")).to_be_hidden()


def test_single_letter_keys_rest_in_fields_and_where_they_are_switched_off(visit):
    page = visit("/parts/staff/")
    page.locator("textarea").press("a")
    expect(page.locator("#accept")).to_be_hidden()
    expect(page.locator("textarea")).to_have_value("a")
    page.locator("textarea").fill("")

    LOOKS["quiet"] = "normal.1.normal.light.off"
    page = visit("/parts/staff/", look="quiet")
    page.keyboard.press("a")
    page.keyboard.press("j")

    expect(page.locator("#accept")).to_be_hidden()
    expect(page.locator("tr[aria-selected]")).to_have_count(0)


def test_rows_are_walked_ticked_and_opened_by_keyboard(visit):
    page = visit("/parts/staff/")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("tbody tr").nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.locator("tbody tr").nth(1)).to_be_focused()
    expect(page.locator("[data-rows-count]")).to_have_text("已选 1 件")
    page.keyboard.press("k")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("#row-1$"))


def test_suggestions_follow_pinyin_initials_and_the_choice_takes_its_value(visit):
    page = visit("/parts/")
    field = page.get_by_label("类别")

    field.press_sequentially("yjsg")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    field.press("Enter")

    expect(field).to_have_value("夜间施工噪声")
    expect(page.locator("input[name=topic_id]")).to_have_value("1")
    field.press_sequentially("x")
    expect(page.locator("input[name=topic_id]")).to_have_value("")


def test_a_photo_is_made_smaller_seen_and_removable(visit):
    page = visit("/parts/")
    large = io.BytesIO()
    Image.effect_noise((2100, 1400), 90).convert("RGB").save(large, "JPEG", quality=95)
    field = page.locator("input[type=file]").first

    field.set_input_files([{"name": "hole.jpg", "mimeType": "image/jpeg", "buffer": large.getvalue()}])

    expect(page.locator(".upload__list img")).to_have_count(1)
    expect(page.locator("[data-photos-count]")).to_contain_text("已选 1 张（最多 5 张）。 这张太大")
    sent = page.evaluate(
        """async () => { const f = document.querySelector('input[type=file]').files[0];
        const b = new Uint8Array(await f.arrayBuffer()); let s = ''; for (const x of b) s += String.fromCharCode(x);
        return btoa(s); }"""
    )
    assert max(Image.open(io.BytesIO(base64.b64decode(sent))).size) == 1920

    page.get_by_role("button", name="删去第 1 张").click()
    expect(page.locator(".upload__list li")).to_have_count(0)


def test_an_unfinished_form_is_offered_again(visit):
    page = visit("/parts/")
    page.locator("textarea[name=words]").fill("路灯不亮")
    expect(page.locator("[data-draft-state]")).to_contain_text("草稿已存在本机")

    page = visit("/parts/")
    expect(page.locator("textarea[name=words]")).to_have_value("")
    page.get_by_role("button", name="接着写").click()

    expect(page.locator("textarea[name=words]")).to_have_value("路灯不亮")


@pytest.mark.parametrize("answer", [{"status": 204, "headers": {"HX-Redirect": "/sign-in/"}}, {"status": 403}])
def test_words_stay_here_when_the_session_has_ended(visit, answer: dict):
    page = visit("/parts/staff/")
    page.route("**/look/choose/", lambda route: route.fulfill(**answer))
    page.locator("textarea").press_sequentially("刘女士说")
    expect(page.locator("[data-autosave-state]")).to_contain_text("草稿已存在本机")
    assert "刘女士说" in page.evaluate("Object.values(localStorage).join()")
    visit.said.clear()


def test_times_are_the_district_s_wherever_the_browser_stands(browser, server: str):
    away = browser.new_context(timezone_id="America/New_York")
    page = away.new_page()
    page.goto(f"{server}/parts/")
    page.wait_for_selector("html[data-ready]", state="attached")
    told = page.evaluate(
        "import('web/words').then(({clock}) => [clock(new Date('2026-11-23T16:05:09Z'), true),"
        " clock(new Date('2026-11-23T06:05:09Z'))])"
    )
    away.close()
    assert told == ["00:05:09", "14:05"]


def test_a_staff_form_is_saved_by_itself_and_kept_here_while_the_server_is_away(visit):
    page = visit("/parts/staff/")
    answers = [503, 204]
    page.route("**/look/choose/", lambda route: route.fulfill(status=answers.pop(0)))

    page.locator("textarea").press_sequentially("刘女士说")
    expect(page.locator("form .notice")).to_contain_text("先记在本机")
    assert "刘女士说" in page.evaluate("Object.values(localStorage).join()")
    page.locator("textarea").press_sequentially("，又响了")
    expect(page.locator("[data-autosave-state]")).to_contain_text("已自动保存")

    expect(page.locator("form .notice")).to_have_count(0)
    assert page.evaluate("localStorage.length") == 0
    assert len(visit.said) == 1, "the browser itself tells of the 503"
    visit.said.clear()


def test_the_marker_moves_where_the_map_is_tapped_or_the_keyboard_says(visit):
    page = visit("/parts/")
    map_box = page.locator("[data-map-ready]")
    expect(map_box.locator(".ground-land")).to_be_attached()

    map_box.click(position={"x": 60, "y": 60})
    first = page.locator("input[name=lat]").input_value()
    map_box.press("Enter")

    assert float(first) > 22.58
    assert page.locator("input[name=lat]").input_value() != first


def test_a_dialog_opens_at_its_first_act_and_closes(visit):
    page = visit("/parts/")

    page.get_by_role("button", name="退回给派件员？").click()
    expect(page.locator("#return")).to_be_visible()
    page.get_by_role("button", name="不退回").click()

    expect(page.locator("#return")).to_be_hidden()


def test_the_error_summary_takes_the_focus_and_leads_into_the_field(visit):
    page = visit("/parts/")

    expect(page.locator("#errors")).to_be_focused()
    page.get_by_role("link", name="还没填“件号”。").click()

    expect(page.locator("#id_e-number")).to_be_focused()


def test_a_chart_shows_its_table_instead(visit):
    page = visit("/parts/")
    panel = page.locator(".chartpanel").nth(1)

    panel.get_by_label("表", exact=True).check()

    expect(panel.locator("table")).to_be_visible()
    expect(panel.locator("svg.chart")).to_be_hidden()


def test_a_password_can_be_seen_and_hidden_again(visit):
    page = visit("/parts/")

    page.get_by_role("button", name="显示").click()
    expect(page.locator("#secret")).to_have_attribute("type", "text")
    page.get_by_role("button", name="隐藏").click()

    expect(page.locator("#secret")).to_have_attribute("type", "password")


def test_everything_that_matters_works_without_script(browser, server: str):
    page = browser.new_context(java_script_enabled=False, locale="zh-CN").new_page()
    page.goto(f"{server}/look/")

    page.get_by_role("link", name="换成长辈版").click()
    expect(page.locator("html")).to_have_attribute("data-mode", "elder")
    page.get_by_label("夜间").check()
    page.get_by_role("button", name="就这样显示").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto(f"{server}/parts/staff/")
    page.locator("summary").click()
    page.get_by_role("link", name="日间显示").click()

    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_reduced_print_keeps_status_words_and_leaves_out_bars(visit):
    page = visit("/parts/")

    page.emulate_media(media="print")

    expect(page.locator(".topbar")).to_be_hidden()
    expect(page.locator(".printhead")).to_be_visible()
    expect(page.locator(".due").first).to_be_visible()
