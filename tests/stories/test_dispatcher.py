"""The dispatcher empties the board with the keyboard alone; the supervisor and the search page beside it."""

from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from gongjian.domains.hotline.actions.dispatching import dispatch as send
from gongjian.domains.hotline.actions.dispatching import propose
from gongjian.domains.hotline.tests.staff_pages import AT, SUPERVISOR
from gongjian.testing.cases import DISPATCHER, again, make_request
from gongjian.testing.cast import actor
from tests.stories.test_handler import look, look_in_both, sit_down

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages"),
]
PHONE = {"width": 360, "height": 800}


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


@pytest.fixture
def page(context: BrowserContext) -> Page:
    made = context.new_page()
    made.set_viewport_size({"width": 1440, "height": 900})
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    # A refusal answers 409 or 422, which Chromium writes into the console.
    made.on(
        "console",
        lambda said: faults.append(said.text) if said.type == "error" and "status of 4" not in said.text else None,
    )
    yield made
    assert not faults, "\n".join(faults)


def before(minutes: int):
    return AT - timedelta(minutes=minutes)


def row(page: Page, case):
    return page.locator(f"#c{case.pk}")


def test_the_board_is_emptied_by_keyboard(page, live_server):
    base = live_server.url
    late = make_request(state="to_dispatch", at=before(60), title="盐田路加油站对面夜间施工")
    back = make_request(state="returned", at=before(40), title="养老院电梯困人后一直停用")
    place = {"lon": 114.2372, "lat": 22.5571}
    soon = make_request(state="to_dispatch", at=before(28), title="永安北二街工地凌晨打桩", **place)
    strange = make_request(
        state="to_dispatch", at=before(20), title="灵活就业断缴两个月怎么补", topic="", kind="enquiry"
    )
    court = make_request(state="to_dispatch", at=before(18), title="法院判了还不赔钱", topic="")
    batch = [make_request(state="to_dispatch", at=before(9), title=f"同一工地第 {n} 件", **place) for n in (1, 2)]

    sit_down(page, base, DISPATCHER)
    page.goto(f"{base}/desk/board/")
    page.wait_for_selector("html[data-ready]")
    pane = page.locator("#pane")
    expect(pane).to_contain_text(late.number)
    look_in_both(page, base, DISPATCHER, "board")

    # One key accepts the row under the cursor, which stays where it is; the cursor goes on by itself.
    page.wait_for_selector("html[data-ready]")
    expect(pane).to_contain_text(late.number)
    top = row(page, soon).bounding_box()["y"]
    page.keyboard.press("a")
    expect(row(page, late)).to_contain_text("已派给")
    expect(page.locator("#toasts")).to_contain_text(late.number)
    assert again(late).state == "dispatched"
    assert row(page, soon).bounding_box()["y"] == top

    # A returned case goes where the unit said.
    expect(pane).to_contain_text("第 1 次退回")
    look(page, "board-returned")
    page.keyboard.press("a")
    expect(row(page, back)).to_contain_text("已派给区城管和综合执法局")

    # Another unit, found by initials, with its reason; the key may come before the pane.
    expect(pane).to_contain_text(soon.number)
    page.keyboard.press("r")
    expect(page.locator("#unit-unit")).to_be_focused()
    page.keyboard.type("jjdd")
    expect(page.locator("#unit-unit")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#unit-unit")).to_have_value("深圳市公安局交通警察局盐田大队")
    page.keyboard.press("Enter")
    expect(page.locator("#errors")).to_contain_text("要写一句为什么")
    look(page, "board-change")
    page.locator("#unit-reason").press_sequentially("堵的是路口，归交警。")
    page.locator("#unit-reason").press("Tab")
    page.get_by_role("button", name="派给这个单位").focus()
    page.keyboard.press("Enter")
    expect(row(page, soon)).to_contain_text("已派给盐田交警大队")
    assert again(soon).request.dispatch_reason == "堵的是路口，归交警。"

    # Answered on the spot.
    expect(pane).to_contain_text(strange.number)
    page.keyboard.press("s")
    expect(page.locator("#answer-text")).to_be_focused()
    page.keyboard.type("到社保窗口补缴，带身份证。")
    page.keyboard.press("Tab")
    page.keyboard.type("办事指南")
    page.keyboard.press("Enter")
    expect(row(page, strange)).to_contain_text("已当场答复")

    # Not ours.
    expect(pane).to_contain_text(court.number)
    page.keyboard.press("b")
    expect(pane.locator("details[open] :focus")).to_have_count(1)
    page.get_by_label("正在法院审理").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(row(page, court)).to_contain_text("没有受理")
    assert again(court).state == "rejected"

    # Two at once.
    for case in batch:
        expect(pane).to_contain_text(case.number)
        page.keyboard.press("x")
        page.keyboard.press("j")
    expect(page.locator("[data-rows-count]")).to_contain_text("已选 2 件")
    look(page, "board-selected")
    page.keyboard.press("Shift+A")
    expect(page.locator("#results")).to_contain_text(batch[0].number)
    assert {again(case).state for case in batch} == {"dispatched"}
    look(page, "board-empty")


def test_a_new_case_waits_and_a_lost_race_is_told_in_the_row(page, live_server):
    base = live_server.url
    case = make_request(state="to_dispatch", at=before(20))
    sit_down(page, base, DISPATCHER)
    page.goto(f"{base}/desk/board/")
    page.wait_for_selector("html[data-ready]")
    fresh = make_request(state="to_dispatch", at=before(15), title="刚来的一件")
    page.evaluate("htmx.ajax('GET', document.querySelector('#arrived').getAttribute('hx-get'), '#arrived')")
    expect(page.locator("#arrived")).to_contain_text("有 1 条新件")
    assert row(page, fresh).count() == 0
    look(page, "board-arrived")

    unit = propose(case, AT).unit_id
    send(case=case, unit_id=unit, assist_ids=(), reason="", actor=actor("su.lijun", at=AT), at=AT)
    page.locator("body").press("a")
    expect(row(page, case)).to_contain_text("苏丽君")
    expect(row(page, case)).to_contain_text("已派给")
    look(page, "board-lost")
    page.keyboard.press("n")
    expect(row(page, fresh)).to_be_visible()
    expect(row(page, case)).to_have_count(0)


def test_the_desks_fit_a_phone_and_work_without_script(browser, live_server, context):
    base = live_server.url
    case = make_request(state="to_dispatch", at=before(20))
    make_request(state="in_progress", at=AT - timedelta(days=20))
    sit_page = context.new_page()
    sit_page.set_viewport_size(PHONE)
    for who, address, name in (
        (DISPATCHER, f"/desk/board/?case={case.number}", "board-phone"),
        (SUPERVISOR, "/desk/supervise/", "supervise-phone"),
        (SUPERVISOR, "/desk/supervise/?tab=units", "units-phone"),
        (SUPERVISOR, "/desk/search/?q=打桩", "search-phone"),
    ):
        sit_down(sit_page, base, who)
        sit_page.goto(base + address)
        look_in_both(sit_page, base, who, name)
        sit_page.set_viewport_size({"width": 320, "height": 700})
        wide = sit_page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, name
        sit_page.set_viewport_size(PHONE)
    sit_down(sit_page, base, DISPATCHER)
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(context.cookies())
    bare = plain.new_page()
    bare.goto(f"{base}/desk/board/")
    bare.get_by_role("link", name=f"看详情 {case.number}").click()
    bare.locator("#pane summary", has_text="改单位").click()
    bare.locator("#unit-unit").fill("盐田交警大队")
    bare.get_by_role("button", name="派给这个单位").click()
    expect(bare.locator("#errors")).to_contain_text("要写一句为什么")
    bare.locator("#unit-reason").fill("归交警。")
    bare.get_by_role("button", name="派给这个单位").click()
    expect(bare.locator(".board__top")).to_contain_text("已派给盐田交警大队")
    assert again(case).state == "dispatched"
    plain.close()


def test_the_supervisor_writes_to_the_unit(page, live_server):
    base = live_server.url
    old = make_request(state="in_progress", at=AT - timedelta(days=20), title="晚得最久的一件")
    make_request(state="dispatched", at=AT - timedelta(days=3), title="没有签收的一件")
    make_request(state="submitted", at=AT - timedelta(hours=2))
    sit_down(page, base, SUPERVISOR)
    page.goto(f"{base}/desk/supervise/")
    page.wait_for_selector("html[data-ready]")
    pane = page.locator("#pane")
    expect(pane).to_contain_text(old.number)
    look_in_both(page, base, SUPERVISOR, "supervise")
    page.wait_for_selector("html[data-ready]")
    expect(pane).to_contain_text(old.number)
    page.keyboard.press("s")
    expect(page.locator("textarea:focus")).to_have_count(1)
    page.keyboard.type("今天之内联系居民，说明原因。")
    page.get_by_role("button", name="发给承办单位").click()
    expect(page.locator("#toasts")).to_contain_text("督办意见已发给")
    assert again(old).version == old.version
    page.goto(f"{base}/desk/supervise/?tab=units")
    look_in_both(page, base, SUPERVISOR, "units")
    page.goto(f"{base}/desk/search/?q=打桩&state=open")
    look_in_both(page, base, SUPERVISOR, "search")
    page.goto(f"{base}/desk/search/?unit=没有")
    look(page, "search-error")
    with page.expect_download() as download:
        page.goto(f"{base}/desk/search/?q=打桩")
        page.get_by_role("link", name="导出 CSV").click()
    assert download.value.suggested_filename == "查件-2026-11-23.csv"
