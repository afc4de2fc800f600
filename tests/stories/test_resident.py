"""A resident on a small phone: reports with a photo, follows, adds, urges too early, reads the answer, says no.

`GONGJIAN_PICTURES=folder pytest tests/stories/test_resident.py` keeps a picture of every page.
"""

import io
import os
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route, expect

from gongjian.casework.models import Case
from gongjian.domains.hotline.actions.reference import NoticeText, publish_notices
from gongjian.domains.hotline.pages.following import mark_of
from gongjian.domains.hotline.tests.test_report import CONTACT, DESCRIBE, WHAT, WHERE
from gongjian.identity.models import User
from gongjian.parties.models import Person
from gongjian.testing.cases import REPLY, bring_to, make_request
from gongjian.testing.clock import MONDAY_MORNING
from tests.stories.listening import faults, listen

AT = MONDAY_MORNING
PICTURES = os.environ.get("GONGJIAN_PICTURES", "")
WIDTHS = (320, 360, 1280)
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "preload": False,
}

# Names what sticks out, for the one who has to mend it.
WIDE = """() => [...document.querySelectorAll("body *")].filter(e => !e.closest(".leaflet-pane") && e.getBoundingClientRect().right >
    document.documentElement.clientWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "locale": "zh-CN"}


@pytest.fixture
def page(context: BrowserContext) -> Page:
    made = context.new_page()
    made.set_viewport_size({"width": 360, "height": 740})
    said = listen(made, [])
    yield made
    # A refused form answers 422, which the browser notes; axe's own styles meet the policy.
    assert not [line for line in faults(said) if "422" not in line and "inline style" not in line], said


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-ready]", state="attached")


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()
    ready(page)


def photo() -> dict:
    out = io.BytesIO()
    Image.effect_noise((2400, 1600), 90).convert("RGB").save(out, "JPEG", quality=95)
    return {"name": "工地.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_words_written_before_the_page_is_ready_count(page: Page, live_server):
    late: list[Route] = []
    page.goto(live_server.url)
    page.get_by_role("link", name=re.compile("^反映问题")).click()
    page.get_by_label("说一句，是什么事").fill("工地夜里施工太吵")
    press(page, "下一步")
    page.get_by_text("建筑施工噪声").click()

    script = re.compile(r"/combobox[^/]*\.js")
    page.route(script, lambda route, _: late.append(route))
    with page.expect_request(script):
        page.get_by_role("button", name="下一步", exact=True).click()
    field = page.get_by_label("具体地点")
    field.fill("永安北一街")
    expect(field).to_be_focused()
    late[0].continue_()

    expect(page.get_by_role("option").first).to_be_visible()
    expect(field).to_be_focused()


def test_from_the_first_word_to_the_answer_and_back(page: Page, live_server, monkeypatch):
    page.goto(live_server.url)
    page.get_by_role("link", name=re.compile("^反映问题")).click()
    page.get_by_label("说一句，是什么事").fill("工地夜里施工太吵")
    press(page, "下一步")
    page.get_by_text("建筑施工噪声").click()
    press(page, "下一步")

    page.get_by_label("具体地点").fill("永安北一街")
    expect(page.get_by_role("option").first).to_be_visible()
    page.get_by_role("option").first.click()
    assert re.match(r"114\.", page.locator("input[name=spot]").input_value())
    press(page, "下一步")

    page.get_by_label("说说情况").fill("工地凌晨一点还在打桩，有人晕倒了。")
    expect(page.get_by_text("有人受伤、昏倒？先打 120。")).to_be_visible()
    page.locator("#id_photos").set_input_files(photo())
    expect(page.get_by_text("已自动缩小到", exact=False).first).to_be_visible()
    press(page, "下一步")

    expect(page.get_by_text("有人受伤、昏倒？先打 120。")).to_be_visible()
    page.get_by_label("手机或座机").fill("138 0000 602")
    press(page, "下一步，核对一遍")
    expect(page.locator("#errors")).to_be_focused()
    page.get_by_label("手机或座机").fill("１３８ ００００ ６０２１")
    page.get_by_label("办理单位可以打电话给我").check()
    press(page, "下一步，核对一遍")

    page.get_by_role("link", name="改 什么事").or_(page.locator(".answers__change a").first).first.click()
    page.go_back()
    ready(page)
    expect(page.locator(".answers img")).to_have_count(1)
    press(page, "发出去")
    expect(page.get_by_role("heading", level=1)).to_contain_text("收到了")
    case = Case.objects.get()
    expect(page.get_by_text(case.number).first).to_be_visible()
    code = page.locator("dd.receipt__code").nth(1).inner_text()
    assert case.urgency == Case.Urgency.EMERGENCY
    page.reload()
    assert Case.objects.count() == 1

    page.context.clear_cookies()
    page.goto(f"{live_server.url}/track")
    page.get_by_label("件号").fill(case.number.replace("-", "").lower())
    page.get_by_label("查询码，或手机号后 4 位").fill(code)
    press(page, "查进度")
    expect(page.get_by_text("我们收到了，正在看该由谁来办。")).to_be_visible()
    expect(page.get_by_role("button", name="催一催")).to_be_disabled()
    expect(page.get_by_text("期限过半后可以催", exact=False)).to_be_visible()

    page.get_by_role("link", name="补充情况").click()
    page.get_by_label("补充什么").fill("保安不让进门看。")
    press(page, "补充上去")
    expect(page.get_by_text("补充好了", exact=False)).to_be_visible()
    expect(page.get_by_text("保安不让进门看。")).to_be_visible()

    page.goto(f"{live_server.url}{reverse('hotline:track_urge', args=[case.number])}")
    expect(page.get_by_text("现在还不能催", exact=False)).to_be_visible()
    expect(page.get_by_role("button", name="催一催")).to_have_count(0)

    case.refresh_from_db()
    bring_to(case, "replied", at=AT + timedelta(minutes=5))
    page.goto(f"{live_server.url}{reverse('hotline:track_case', args=[case.number])}")
    expect(page.get_by_text(REPLY)).to_be_visible()
    page.get_by_role("link", name="没有解决", exact=True).click()
    expect(page.get_by_label("没有解决", exact=True)).to_be_checked()
    press(page, "告诉 12349")
    expect(page.locator("#errors")).to_contain_text("写一句哪里没有解决")
    page.get_by_label("想说的话").fill("昨晚十一点又开始了。")
    press(page, "告诉 12349")
    expect(page.get_by_text("知道了，没有解决。", exact=False)).to_be_visible()
    case.refresh_from_db()
    assert case.state == "redo"


def test_everything_works_without_script(context: BrowserContext, browser, live_server):
    plain = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}, locale="zh-CN")
    page = plain.new_page()
    page.goto(f"{live_server.url}/report?topic=env-site-noise")
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("具体地点").fill("永安北一街 18 号")
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("说说情况").fill("夜里打桩。")
    page.locator("#id_photos").set_input_files([photo(), photo()])
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="下一步，核对一遍").click()
    page.get_by_role("button", name="发出去").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("收到了")
    page.get_by_role("link", name="看进度").click()
    expect(page.get_by_text("我们收到了，正在看该由谁来办。")).to_be_visible()
    plain.close()
    assert Case.objects.get().documents.count() == 2


def visitor() -> tuple[Client, dict[str, str]]:
    """Go through the pages as a plain client, and return it with the address of every page it has opened."""
    person = Person.objects.get(user__username="r-liu.xiaomei")
    client = Client()
    client.force_login(
        User.objects.get(username="r-liu.xiaomei"), backend="gongjian.identity.backends.AssignmentBackend"
    )
    publish_notices(
        notices=[
            NoticeText(
                "梧桐路今晚检修供水管",
                "Water main repair on Wutong Road",
                "影响六个小区。",
                "Six estates affected.",
                AT,
            )
        ]
    )
    own = {"reporter": {"name": "刘晓梅", "phone": "13800006021", "consent_contact": True, "person_id": person.pk}}
    cases = {
        state: make_request(by="chen.jingyi", state=state, lon=114.2402, lat=22.5572, at=AT - timedelta(days=3), **own)
        for state in ("in_progress", "waiting_citizen", "replied", "closed", "rejected")
    }
    # Of another matter only the ending of the phone is proved.
    other = make_request(state="replied", at=AT - timedelta(days=3), reporter={"phone": "13800006033"}).number
    client.post(reverse("hotline:track"), {"number": other, "secret": "6033"})
    client.post(reverse("hotline:report"), WHAT)
    client.post(reverse("hotline:report_where"), WHERE)
    client.post(reverse("hotline:report_describe"), DESCRIBE)
    client.post(reverse("hotline:report_contact"), CONTACT)
    steps = ("report", *(f"report_{name}" for name in ("where", "similar", "describe", "contact", "check")))
    pages = {name: reverse(f"hotline:{name}") for name in steps}
    pages |= {
        f"portal_{n}": reverse(f"portal:{n}")
        for n in ("home", "services", "privacy", "accessibility", "matters", "access")
    }
    pages |= {"search": f"/search?q={quote('工地')}", "search_none": "/search?q=qqq", "track": reverse("hotline:track")}
    pages |= {f"case_{state}": reverse("hotline:track_case", args=[case.number]) for state, case in cases.items()}
    pages |= {"case_by_ending": reverse("hotline:track_case", args=[other])}
    pages |= {"act_asked": f"{reverse('hotline:track')}?number={other}&act=rate&solved=no"}
    acts = {"add": "in_progress", "urge": "in_progress", "rate": "replied", "again": "closed", "cancel": "in_progress"}
    pages |= {f"act_{act}": reverse(f"hotline:track_{act}", args=[cases[state].number]) for act, state in acts.items()}
    near = {"near": mark_of(cases["in_progress"].pk), "language": "zh-hans"}
    followed = client.post(reverse("hotline:report_follow"), near).url
    pages |= {
        "report_follow": f"{reverse('hotline:report_follow')}?near={quote(near['near'])}",
        "report_followed": followed,
        "following": reverse("hotline:following", args=[followed.partition("=")[2]]),
    }
    return client, pages


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("mode", ["normal", "elder"])
def test_every_page_is_reachable_readable_and_narrow_enough(page: Page, live_server, language: str, mode: str):
    client, pages = visitor()
    cookies = {
        settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
        settings.LANGUAGE_COOKIE_NAME: language,
        "gj_look": f"{mode}.1.normal.light.on",
    }
    page.context.add_cookies([{"name": n, "value": v, "url": live_server.url} for n, v in cookies.items()])
    for name, path in pages.items():
        look(page, f"{live_server.url}{path}", f"{name}-{language}-{mode}")
    client.post(reverse("hotline:report_check"))
    look(page, f"{live_server.url}{reverse('hotline:report_done')}", f"report_done-{language}-{mode}")


def look(page: Page, address: str, name: str) -> None:
    """Check a page: axe, no sideways scroll at any width, and nothing Chinese left in the English frame."""
    page.set_viewport_size({"width": 360, "height": 740})
    answer = page.goto(address)
    assert answer.status == 200, name
    ready(page)
    assert page.url == address, f"{name} led to {page.url}"
    found = Axe().run(page, options=RULES).response["violations"]
    assert not found, [name, *((one["id"], [node["html"][:200] for node in one["nodes"]][:4]) for one in found)]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 740})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} scrolls sideways by {wide} px at {width}: {page.evaluate(WIDE)}"
        if PICTURES and width != WIDTHS[0]:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
