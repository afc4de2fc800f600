"""The everyday things at a desk: nothing typed is lost, a wording by one key, a filter kept, paper, in a real browser."""

from datetime import timedelta

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from gongjian.casework.models import CaseParty
from gongjian.domains.hotline.actions import wordings
from gongjian.domains.hotline.actions.restricting import restrict_caller
from gongjian.domains.hotline.models import SavedFilter
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, HANDLER, HEAD, REVIEWER, SUPERVISOR
from gongjian.identity.models import Deputy, Session, User
from gongjian.identity.queries import units
from gongjian.notify.models import Message, State
from gongjian.testing.cases import make_request
from gongjian.testing.cast import actor
from tests.stories.test_handler import look, sit_down

DISPATCHER, CALLBACK, EDITOR = "zhou.zhiyuan", "han.xuefei", "yu.shuhan"
WORDS = "刘女士：您好。工地昨晚已经停工，"

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
    return made


def editor(page: Page):
    return page.locator("#submit-text")


def test_the_end_of_a_session_is_announced_put_off_and_survived(page, live_server):
    case = make_request(state="in_progress")
    base = live_server.url
    sit_down(page, base, HANDLER)
    page.clock.install()
    page.goto(f"{base}/desk/cases/{case.number}/")
    page.wait_for_selector("html[data-ready]")
    editor(page).press_sequentially(WORDS)
    page.clock.fast_forward(settings.SESSION_COOKIE_AGE * 1000 - 200_000)
    warning = page.get_by_role("dialog", name="登录快到期了")
    expect(warning).to_be_visible()
    with page.expect_response(lambda answer: answer.url.endswith("/me/stay/")) as stayed:
        warning.get_by_role("button", name="继续登录").click()
    assert stayed.value.ok
    expect(warning).to_have_count(0)
    # Nobody is there the second time: the session ends, and what was typed stays on the page.
    Session.objects.all().delete()
    page.clock.fast_forward(settings.SESSION_COOKIE_AGE * 1000 + 10_000)
    expect(page.get_by_text("登录已到期")).to_be_visible()
    editor(page).press_sequentially("监测装好了。")
    page.clock.run_for(3_000)
    expect(page.get_by_text("先记在本机")).to_be_visible()
    assert WORDS in editor(page).input_value()
    # After signing in again the words are offered, not put in unasked.
    page.on("dialog", lambda asked: asked.accept())
    sit_down(page, base, HANDLER)
    page.goto(f"{base}/desk/cases/{case.number}/")
    page.wait_for_selector("html[data-ready]")
    page.get_by_role("button", name="接着写").click()
    assert editor(page).input_value() == f"{WORDS}监测装好了。"


def test_leaving_with_unsaved_words_asks_first_and_a_preview_is_no_saving(page, live_server):
    case = make_request(state="in_progress")
    sit_down(page, live_server.url, HANDLER)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.route("**/reply/draft/", lambda route: route.abort())  # the autosave does not get through
    page.goto(f"{live_server.url}/desk/cases/{case.number}/")
    page.wait_for_selector("html[data-ready]")
    editor(page).click()
    with page.expect_response("**/reply/preview/*"):
        editor(page).press_sequentially(WORDS)
    with page.expect_event("dialog"):
        page.get_by_role("link", name="督办").or_(page.get_by_role("link", name="查件")).first.click(no_wait_after=True)
    assert asked == ["beforeunload"]
    assert editor(page).input_value() == WORDS
    page.unroute("**/reply/draft/")


def test_a_wording_comes_by_one_key_where_the_cursor_stands(page, live_server):
    case = make_request(state="in_progress")
    unit = units().by_code["hbj"].id
    text = "{称呼}\n{件号}已经处理。"
    wordings.save_template(
        draft=wordings.Draft(name="已停工", text_zh=text, valid_from=AT.date(), unit_id=unit),
        actor=actor(HEAD, at=AT),
        at=AT,
    )
    sit_down(page, live_server.url, HANDLER)
    page.goto(f"{live_server.url}/desk/cases/{case.number}/")
    page.wait_for_selector("html[data-ready]")
    editor(page).press_sequentially("先说一句。")
    page.keyboard.press("Alt+t")
    dialog = page.get_by_role("dialog", name="答复模板")
    expect(dialog.get_by_text(f"{case.number}已经处理。")).to_be_visible()
    look(page, "everyday-wordings-dialog")
    page.keyboard.press("1")
    expect(dialog).to_have_count(0)
    expect(editor(page)).to_have_value(f"先说一句。\n居民您好：\n{case.number}已经处理。")
    expect(page.locator("#preview")).to_contain_text("居民您好")


def test_a_filter_is_kept_by_hand_and_opens_the_list(page, live_server):
    make_request(state="in_progress")
    sit_down(page, live_server.url, HANDLER)
    page.goto(f"{live_server.url}/desk/inbox/?tab=unit&state=in_progress")
    page.get_by_role("link", name="存这个筛选").click()
    page.get_by_label("名字").fill("办理中的")
    page.get_by_label("打开这一页就用它").check()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".chip[aria-current]")).to_have_text("办理中的")
    page.goto(f"{live_server.url}/desk/inbox/")
    assert "state=in_progress" in page.url
    assert SavedFilter.objects.get().opens


def prepare():
    """Let every everyday page have something to show."""
    case = make_request(state="in_progress")
    make_request(state="submitted", title="夜里装修")
    make_request(state="to_dispatch")
    make_request(state="callback")
    who = actor(HANDLER, at=AT)
    User.objects.filter(username=HANDLER).update(name_en="Zheng Haifeng")
    SavedFilter.objects.create(
        user_id=who.user_id, page="inbox", name="永安超时的", query="tab=unit&late=1", created_at=AT
    )
    Deputy.objects.create(
        absent=User.objects.get(username=HEAD), deputy_id=who.user_id, starts=AT - timedelta(days=1),
        ends=AT.replace(hour=0, minute=0) + timedelta(days=8),
    )  # fmt: skip
    wordings.save_template(
        draft=wordings.Draft(name="已停工", text_zh="{称呼}好了。", valid_from=AT.date()),
        actor=actor(EDITOR, at=AT),
        at=AT,
    )
    restrict_caller(
        case=case, reason="11 月 20 日一天内反复辱骂话务员七次。", basis="区热线管理办法第二十条", days=30,
        actor=actor(SUPERVISOR, at=AT), at=AT,
    )  # fmt: skip
    contact = CaseParty.objects.get(case=case).contact_id
    Message.objects.filter(recipient_contact=contact).update(state=State.BOUNCED, reason="refused", detail="空号")
    return case


def test_every_everyday_page_reads_well(page, live_server):
    case, base = prepare(), live_server.url
    at = f"/desk/cases/{case.number}"
    pages = (
        (HANDLER, "inbox", "/desk/inbox/?tab=unit&all=1"),
        (HANDLER, "filters", "/desk/filters/"),
        (HANDLER, "filter-save", "/desk/filters/inbox/save/?tab=unit"),
        (HANDLER, "exports", "/desk/exports/"),
        (HANDLER, "why", f"{at}/why/"),
        (HANDLER, "offers", f"{at}/wordings/"),
        (HANDLER, "evidence", f"{at}/evidence/"),
        (HANDLER, "case", f"{at}/"),
        (HANDLER, "choices", "/me/notices/"),
        (EDITOR, "wordings", "/desk/wordings/"),
        (EDITOR, "wording-new", "/desk/wordings/new/"),
        (DISPATCHER, "board", "/desk/board/?all=1"),
        (REVIEWER, "review", "/desk/review/?all=1"),
        (CALLBACK, "callback", "/desk/callback/?all=1"),
        (SUPERVISOR, "supervise", "/desk/supervise/?tab=late"),
        (SUPERVISOR, "search", "/desk/search/?all=1"),
        (SUPERVISOR, "callers", "/desk/callers/"),
        (SUPERVISOR, "caller", "/desk/callers/1/"),
        (SUPERVISOR, "restrict", f"{at}/restrict/"),
        (CALL_TAKER, "undelivered", "/office/notices/"),
    )
    for language in ("zh-hans", "en"):
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            seat = ""
            for who, name, address in pages:
                if who != seat:
                    sit_down(page, base, who, language)
                    seat = who
                answer = page.goto(base + address)
                assert answer is not None
                if name != "caller":
                    assert answer.ok, (address, answer.status)
                look(page, f"everyday-{name}-{language}-{width}")
