"""A phone without a signal: the report is written, the browser is killed, it is still there; later exactly one case."""

import base64
import os
import re
import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import expect

from gongjian.casework.models import Case, CaseDocument, CaseEvent
from gongjian.domains.hotline.actions.handling import sign
from gongjian.domains.hotline.tests.staff_pages import AT, CLERK, HEAD, OTHER_HANDLER, at_desk
from gongjian.places.queries import communities
from gongjian.places.rules import gcj02_to_wgs84, haversine_m, wgs84_to_gcj02
from gongjian.project.settings.maps import tile_hosts
from gongjian.testing.cases import again, make_request
from gongjian.testing.cast import actor
from gongjian.web import phone as worker
from gongjian.web.links import where
from tests.stories.phones import phone_at
from tests.stories.test_resident import RULES, WIDE, WIDTHS, photo

PICTURES = os.environ.get("GONGJIAN_PICTURES", "")
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "documents"
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


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
    page.wait_for_timeout(2_000)  # until the disk has it nothing tells

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
    expect(page.locator(".parcel")).to_contain_text("发出去了")
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


def sit_down(phone, username):
    """Let somebody of the cast sign in on this phone."""
    phone.context.clear_cookies()
    key = at_desk(username).cookies[settings.SESSION_COOKIE_NAME].value
    ends = time.time() + settings.SESSION_COOKIE_AGE  # a session outlives the browser
    phone.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": phone.line.url, "expires": ends}]
    )


def drawn(page):
    page.wait_for_selector("[data-drawn]", state="attached")


def test_a_field_worker_notes_two_things_without_a_signal_and_is_asked_about_one(phone):
    first = make_request(state="in_progress", lon=114.2372, lat=22.5571, title="永安北二街井盖松动")
    second = make_request(state="dispatched", lon=114.2440, lat=22.5610, title="长者饭堂消防通道堆物")
    sit_down(phone, HEAD)
    page = phone.open("/hotline/field/")
    drawn(page)
    phone.prepared()
    expect(page.locator("[data-tasks] .task")).to_have_count(2)
    look(page, "field-list")

    phone.lose_signal()
    phone.kill()
    page = phone.start()
    phone.open("/hotline/field/")
    expect(page.locator("[data-tasks] .task")).to_have_count(2)
    expect(page.locator("[data-synced]")).to_contain_text("上次同步")
    page.get_by_role("link", name="永安北二街井盖松动").click()
    drawn(page)
    page.locator("#note-photos").set_input_files([photo()])
    expect(page.locator("[data-photos-list] img")).to_have_count(1)
    page.locator("#note-text").fill("井盖已换好，四周填平。")
    look(page, "field-case")
    page.get_by_role("button", name="记下", exact=True).click()
    expect(page.locator("[data-told]")).to_contain_text("记下了")
    expect(page.locator("#note-text")).to_have_value("")

    phone.open("/hotline/field/")
    page.get_by_role("link", name="长者饭堂消防通道堆物").click()
    drawn(page)
    page.locator("#note-text").fill("通道已清，物主答应当天搬走。")
    page.get_by_role("button", name="记下", exact=True).click()
    expect(page.locator("[data-part=case] .parcel")).to_contain_text("待发送")
    phone.open("/hotline/field/map")
    drawn(page)
    expect(page.locator("#map .pin-n")).to_have_count(2)
    expect(page.locator("[data-places] .task")).to_have_count(2)
    look(page, "field-map")
    phone.open("/hotline/field/")
    expect(page.locator("[data-tasks]")).to_contain_text("1 条待发送")
    expect(page.locator(".sync [data-unsent]")).to_contain_text("2 条存在手机里")
    look(page, "field-offline")

    sign(case=again(second), actor=actor(CLERK, at=AT), at=AT)  # somebody at the office was first
    phone.kill()
    page = phone.start()
    phone.open("/hotline/field/mine")
    expect(page.locator("[data-part=mine] .parcel")).to_have_count(2)
    phone.find_signal()
    mine = page.locator("[data-part=mine]")
    expect(mine.locator(".parcel[data-state=sent]")).to_have_count(1)
    asked = mine.locator(".parcel[data-state=conflict]")
    expect(asked).to_contain_text("通道已清，物主答应当天搬走。")
    expect(asked).to_contain_text("吴倩")
    look(page, "field-conflict")
    assert CaseDocument.objects.filter(event__case=first, public=False).count() == 1
    assert CaseEvent.objects.filter(case=first, move="note").count() == 1
    assert not CaseEvent.objects.filter(case=second, move="note").exists()
    asked.get_by_role("button", name="照样记下").click()
    expect(mine.locator(".parcel[data-state=sent]")).to_have_count(2)
    assert CaseEvent.objects.filter(case=second, move="note").count() == 1


def test_signing_out_takes_the_cases_along_and_nobody_else_sends_what_is_left(phone):
    case = make_request(state="in_progress", title="永安北二街井盖松动")
    sit_down(phone, HEAD)
    page = phone.open(f"/hotline/field/{case.number}")
    drawn(page)
    phone.prepared()
    phone.lose_signal()
    page.locator("#note-text").fill("井盖已换好。")
    page.get_by_role("button", name="记下", exact=True).click()
    expect(page.locator("[data-part=case] .parcel")).to_contain_text("待发送")
    phone.kill()
    page = phone.start()

    # Before the phone finds a signal somebody else signs in on it.
    sit_down(phone, OTHER_HANDLER)
    phone.find_signal()
    phone.open("/hotline/field/mine")
    drawn(page)
    expect(page.locator("[data-part=mine] [data-outbox]")).to_contain_text("要同一个人登录才会发")
    expect(page.locator("[data-part=mine] .parcel")).to_have_count(0)
    page.get_by_role("button", name="再试一次").click()
    page.wait_for_timeout(1500)
    assert not CaseEvent.objects.filter(case=case, move="note").exists()

    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/")
    phone.lose_signal()
    phone.open("/hotline/field/")
    expect(page.locator("[data-tasks]")).to_contain_text("还没有同步过")
    assert "永安北二街" not in page.content()

    sit_down(phone, HEAD)
    phone.find_signal()
    phone.open("/hotline/field/mine")
    expect(page.locator("[data-part=mine] .parcel[data-state=sent]")).to_have_count(1)
    assert CaseEvent.objects.filter(case=case, move="note").count() == 1


def test_a_report_begun_with_a_signal_goes_on_without_and_opens_one_case(phone):
    page = phone.open("/report")
    phone.prepared()
    page.get_by_label("说一句，是什么事").fill("夜里施工")
    page.locator("#id_topic input").first.check()
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/report/where?**")
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
    expect(page.locator(".parcel")).to_contain_text("发出去了")
    assert Case.objects.get().request.address == "深盐路 12 号"


def test_a_new_version_waits_until_it_is_asked_for(phone, monkeypatch):
    page = phone.open("/report/phone")
    phone.prepared()
    before = page.evaluate("caches.keys()")
    text = worker.worker_text(where())
    version = re.search(r'"version": "(\w+)"', text)[1]
    monkeypatch.setattr(worker, "worker_text", lambda _where: text.replace(version, "f" * 16))
    phone.open("/report/phone")
    page.get_by_label("说一句，是什么事").fill("路灯不亮")
    expect(page.locator("[data-update]")).to_contain_text("新版本已就绪")
    expect(page.locator("[data-kept]")).to_contain_text("草稿已存")
    page.get_by_role("button", name="现在更新").click()
    expect(page.get_by_label("说一句，是什么事")).to_have_value("路灯不亮")
    page.wait_for_selector("html[data-ready]", state="attached")
    expect(page.locator("[data-update]")).to_have_count(0)
    after = page.evaluate("caches.keys()")
    assert sorted(after) == [f"gj-shell-{'f' * 16}", f"gj-static-{'f' * 16}"]
    assert not set(before) & set(after)


def test_it_can_be_put_on_the_home_screen_and_keeps_no_page_of_anybody(phone):
    case = make_request(state="in_progress")
    sit_down(phone, HEAD)
    page = phone.open("/hotline/field/")
    drawn(page)
    phone.prepared()
    session = phone.context.new_cdp_session(page)
    assert session.send("Page.getAppManifest")["errors"] == []
    assert [one["errorId"] for one in session.send("Page.getInstallabilityErrors")["installabilityErrors"]] in (
        [], ["in-incognito"]
    )  # fmt: skip
    phone.open(f"/desk/cases/{case.number}/")
    phone.open("/hotline/field/")
    kept = page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(cache => cache.keys()))))"
        ".then(found => found.flat().map(one => new URL(one.url).pathname))"
    )
    assert not [path for path in kept if path.startswith("/desk") or case.number in path]
    assert {"/hotline/field/shell", "/report/phone", "/offline", "/phone/unsent"} <= set(kept)


def test_the_pages_of_a_phone_in_english_and_for_elders(phone):
    page = phone.open("/look/choose/?language=en&mode=elder&next=/report/phone")
    phone.prepared()
    expect(page.locator("html")).to_have_attribute("data-mode", "elder")
    phone.dressed()
    phone.lose_signal()
    for path, head in (
        ("/report/where", "What is it about?"),
        ("/phone/unsent", "On this phone"),
        ("/nowhere", "You are offline"),
    ):
        phone.open(path)
        expect(page.locator("html")).to_have_attribute("data-mode", "elder")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        look(page, f"elder-en{path.replace('/', '-')}")
        assert head in page.locator("main").inner_text()


def test_the_field_pages_in_english_and_for_elders(phone):
    case = make_request(state="in_progress", lon=114.2372, lat=22.5571)
    sit_down(phone, HEAD)
    page = phone.open("/look/choose/?language=en&mode=elder&next=/hotline/field/")
    drawn(page)
    for path in ("", "map", "mine", case.number):
        phone.open(f"/hotline/field/{path}")
        drawn(page)
        expect(page.locator("html")).to_have_attribute("data-mode", "elder")
        look(page, f"field-elder-en-{path or 'list'}")
        small = page.evaluate(
            "[...document.querySelectorAll('.fieldpage a, .fieldpage button, .dock a')].filter(e => e.offsetParent"
            " && !e.closest('.leaflet-container') && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 90))"
        )
        assert not small, small


def test_a_browser_that_keeps_nothing_says_so_and_sends_at_once(phone):
    phone.context.add_init_script(
        "delete window.indexedDB; Object.defineProperty(window, 'indexedDB', { value: undefined })"
    )
    page = phone.open("/report/phone")
    expect(page.locator("main")).to_contain_text("可能是无痕模式")
    page.get_by_label("说一句，是什么事").fill("路灯不亮")
    next_step(page)
    page.get_by_label("具体地点").fill("永安北一街 18 号")
    for _step in range(4):
        next_step(page)
    expect(page.locator("[data-after]")).to_contain_text("查询码")
    assert Case.objects.get().request.address == "永安北一街 18 号"
    expect(page.locator("[data-after]")).to_contain_text(Case.objects.get().number)


def test_over_tiles_in_gcj02_places_are_drawn_shifted_and_read_back(phone, settings):
    tile = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    source = {
        "url": "https://tiles.example.cn/{z}/{x}/{y}.png",
        "attribution": "审图号",
        "datum": "gcj02",
        "max_zoom": 18,
    }
    settings.MAP_TILES = [source]
    settings.SECURE_CSP = settings.SECURE_CSP | {"img-src": [*settings.SECURE_CSP["img-src"], *tile_hosts([source])]}
    asked = []
    phone.context.route(
        "https://tiles.example.cn/**",
        lambda route: (asked.append(1), route.fulfill(body=tile, content_type="image/png")),
    )
    page = phone.open("/report/phone")
    drawn_at = page.evaluate("import('web/datum').then(m => m.datumOf([{datum: 'gcj02'}]).out([22.555, 114.237]))")
    assert drawn_at[::-1] == pytest.approx(list(wgs84_to_gcj02(114.237, 22.555)), abs=1e-9)
    back = page.evaluate("import('web/datum').then(m => m.datumOf([{datum: 'gcj02'}]).back([22.5523, 114.2421]))")
    assert back[::-1] == pytest.approx(list(gcj02_to_wgs84(114.2421, 22.5523)), abs=1e-8)
    page.get_by_label("说一句，是什么事").fill("路灯不亮")
    next_step(page)
    page.locator("#map[data-map-ready]").wait_for()
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-tile-loaded").first).to_be_visible()
    assert asked
    lon, lat = (float(page.locator(f"input[name={name}]").input_value()) for name in ("lon", "lat"))
    seats = communities()
    middle = sum(s.lon for s in seats) / len(seats), sum(s.lat for s in seats) / len(seats)
    assert haversine_m(lon, lat, *middle) < 60  # the middle of the map, in WGS-84
