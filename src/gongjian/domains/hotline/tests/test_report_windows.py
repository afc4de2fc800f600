"""Two tabs of one browser, the back button, a session that ends: each report keeps its own words and gets its own number."""

import re
import threading

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from gongjian.casework.models import Case, CaseDocument, CaseParty
from gongjian.domains.hotline.actions.intake import register_request
from gongjian.domains.hotline.actions.sending import once, words_of_report
from gongjian.domains.hotline.pages.drafts import MOST_UNSENT, Draft, seal
from gongjian.domains.hotline.tests.test_report import photo
from gongjian.identity.actor import ANONYMOUS
from gongjian.identity.models import Session
from gongjian.testing.cases import make_report
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.testing.windows import Window

REPORT = "/report"
CODE = re.compile(r'receipt__code" data-speak-not>([^<]+)<')
NOISE = {
    "words": "工地夜里打桩",
    "topic": "env-site-noise",
    "address": "永安北一街 18 号旁",
    "description": "凌晨一点还在打桩。",
}
LAMP = {"words": "路灯不亮", "topic": "", "address": "明珠道 3 号", "description": "路灯三天没有亮了。"}
TYPED = {
    "what": {"words": "楼下的井盖松了", "kind": "complaint"},
    "where": {"address": "深盐路 12 号对面"},
    "describe": {"description": "井盖一踩就响，晚上看不见。"},
    "contact": {"name": "王秀兰", "phone": "13800006033"},
}


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())


def first(tab, said):
    tab.type(words=said["words"], topic=said["topic"]).press("下一步")
    if "asked" in tab.fields("draft"):
        tab.type(topic=said["topic"]).press("下一步")
    return tab


def place(tab, said):
    return tab.type(address=said["address"]).press("下一步")


def words(tab, said, **files):
    return tab.type(description=said["description"], **files).press("下一步")


def to_step(tab, said, step):
    """Go with a report as far as this step."""
    for name, act in (("where", first), ("describe", place), ("contact", words)):
        if f"/{step}" in tab.url or step == "what":
            break
        act(tab, said)
        assert f"/{name}" in tab.url, tab.text
    if step == "check":
        tab.press("下一步，核对一遍")
    return tab


def to_check(client, said):
    tab = to_step(Window(client, REPORT), said, "check")
    assert said["description"] in tab.text
    return tab


def end(tab, how):
    """Let a draft end under its page."""
    if how == "session deleted":
        Session.objects.all().delete()
    elif how == "cookies cleared":
        tab.client.cookies.clear()
    elif how == "session of somebody else":
        tab.client.cookies = Window(Client(), REPORT).type(words="别的事").press("下一步").client.cookies
    elif how == "sent":
        finish(tab)


def finish(tab):
    """Send the report from another tab of the same draft, with what it lacks filled in."""
    other = tab.duplicate()
    for _ in range(6):
        if "/check" in other.url or "/done" in other.url:
            break
        lacking = {"/where": {"address": "某处"}, "/describe": {"description": "某事"}}
        step = next((values for path, values in lacking.items() if path in other.url), {"words": "某事"})
        other.type(**({} if "/contact" in other.url else step)).press("下一步")
    other.press("发出去")
    assert "/done" in other.url


def sent_words():
    return set(Case.objects.values_list("request__description", "request__address"))


@pytest.mark.parametrize("last_first", [False, True])
def test_two_tabs_are_two_reports_each_with_all_its_own(client, last_first):
    a, b = Window(client, REPORT), Window(client, REPORT)
    first(a, NOISE)
    first(b, LAMP)
    place(b, LAMP)
    place(a, NOISE)
    words(a, NOISE, photos=[photo("a.jpg")])
    words(b, LAMP)
    a.type(phone="13800006021").press("下一步，核对一遍")
    b.press("下一步，核对一遍")
    assert (NOISE["address"] in a.text, LAMP["address"] in a.text) == (True, False)
    assert (LAMP["address"] in b.text, NOISE["address"] in b.text) == (True, False)
    for tab in (b, a) if last_first else (a, b):
        tab.press("发出去")
    cases = {case.request.description: case for case in Case.objects.select_related("request", "topic")}
    noise, lamp = cases[NOISE["description"]], cases[LAMP["description"]]
    assert (noise.request.address, noise.topic.code) == (NOISE["address"], "env-site-noise")
    assert (lamp.request.address, lamp.topic) == (LAMP["address"], None)
    assert CaseDocument.objects.get().event.case == noise
    assert CaseParty.objects.get(contact__isnull=False).case == noise
    for tab, case in ((a, noise), (b, lamp)):
        assert case.number in tab.text
        assert case.number in tab.reload().text
    assert CODE.search(a.text)[1] != CODE.search(b.text)[1]


def test_a_button_sends_what_its_page_shows_whatever_another_tab_began(client):
    shown = to_check(client, NOISE)
    other = Window(client, REPORT)
    first(other, LAMP)
    place(other, LAMP)
    shown.press("发出去")
    assert sent_words() == {(NOISE["description"], NOISE["address"])}
    words(other, LAMP).press("下一步，核对一遍")
    other.press("发出去")
    assert sent_words() == {(one["description"], one["address"]) for one in (NOISE, LAMP)}


def back(tab):
    return tab.open(re.search(r'class="back" href="([^"]+)"', tab.text)[1].replace("&amp;", "&"))


def chosen(tab):
    return re.findall(r'<input type="radio" name="topic" value="([^"]*)" checked', tab.text)


def test_no_class_is_chosen_for_anybody_and_a_chosen_one_stays(client):
    tab = Window(client, REPORT)
    assert chosen(tab) == []
    tab.type(words="工地夜间施工太吵").press("下一步")
    assert "是不是下面这一类" in tab.text
    assert chosen(tab) == []
    tab.press("下一步")  # without a word: asked, and nothing lost
    assert tab.status == 422
    for words in (
        "是哪一类？选一类；都不是，就选最后一行。",
        "是不是下面这一类",
        'value="env-site-noise"',
        "工地夜间施工太吵",
    ):
        assert words in tab.text
    assert "工地夜间施工太吵" in back(tab).text
    tab.press("下一步").type(topic="env-site-noise").press("下一步")
    assert "具体地点" in tab.text
    assert chosen(back(tab)) == ["env-site-noise"]
    assert "具体地点" in tab.press("下一步").text
    assert "建筑施工噪声" in tab.text
    assert chosen(back(tab)) == ["env-site-noise"]


@pytest.mark.parametrize("step", ["what", "where", "describe", "contact"])
def test_what_another_window_has_changed_is_shown_again_before_it_is_sent(client, step):
    shown = to_check(client, NOISE)
    other = shown.duplicate().open(shown.url.replace("/check", f"/{step}" if step != "what" else ""))
    other.type(**TYPED[step]).press("下一步")
    if "asked" in other.fields("draft"):
        other.type(topic="").press("下一步")
    shown.press("发出去")
    assert not Case.objects.exists()
    assert "这份内容在另一个窗口里改过，请再看一遍" in shown.text
    # A number stands there as people read it, and the words of the first step give way to the topic.
    assert {"contact": "138 0000 6033", "what": "投诉"}.get(
        step, next(iter(TYPED[step].values()))
    ) in shown.text or step == "what"
    shown.press("发出去")
    assert "/done" in shown.url
    assert Case.objects.count() == 1


def test_photos_another_window_has_added_are_shown_before_they_are_sent(client):
    shown = to_check(client, NOISE)
    other = shown.duplicate().open(shown.url.replace("/check", "/describe"))
    other.type(photos=[photo()]).press("下一步")
    shown.press("发出去")
    assert not Case.objects.exists()
    assert shown.text.count("<img") >= 1
    shown.press("发出去")
    assert CaseDocument.objects.count() == 1


@pytest.mark.parametrize("step", ["where", "describe", "contact"])
def test_the_same_step_in_two_windows_shows_both_words(client, step):
    one = to_step(Window(client, REPORT), NOISE, step)
    two, page = one.duplicate(), one.url
    one.type(**TYPED[step]).press("下一步")
    mine = {"address": "海山路口", "description": "是我后来写的。", "name": "刘晓梅"}
    name = next(name for name in TYPED[step] if name in mine)
    two.type(**{name: mine[name]}).press("下一步")
    assert two.status == 422
    assert TYPED[step][name] in two.text
    assert two.fields(name)[name] == mine[name]
    two.press("下一步")
    assert two.open(page).fields(name)[name] == mine[name]


def test_two_windows_at_two_steps_of_one_report_do_not_undo_each_other(client):
    one = to_step(Window(client, REPORT), NOISE, "contact")
    two = one.duplicate().open(one.url.replace("/contact", "/where"))
    one.type(name="刘晓梅").press("下一步")
    two.type(address="海山路口").press("下一步")
    assert "刘晓梅" in two.text
    assert "海山路口" in two.text


ENDINGS = ["session deleted", "cookies cleared", "session of somebody else", "sent"]


@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("step", ["what", "where", "describe", "contact"])
def test_words_posted_to_a_draft_that_is_over_are_kept_and_shown(client, step, how):
    tab = to_step(Window(client, REPORT), NOISE, "where")
    tab = to_step(tab, NOISE, step) if step != "what" else tab.open(tab.url.replace("/where", ""))
    end(tab, how)
    before = Case.objects.count()
    tab.type(**TYPED[step]).press("下一步")
    assert tab.status == 200
    for name, typed in TYPED[step].items():
        assert tab.fields(name)[name].replace(" ", "") == typed.replace(" ", "")
    assert ("已经发出" if how == "sent" else "已经结束") in tab.text
    for _ in range(8):
        if "/check" in tab.url:
            break
        for name, text in (("description", NOISE["description"]), ("address", NOISE["address"])):
            if name in tab.fields("draft") and not tab.fields("draft")[name]:
                tab.type(**{name: text})
        tab.press("下一步")
    tab.press("发出去")
    assert "/done" in tab.url
    assert Case.objects.count() == before + 1
    newest = Case.objects.select_related("request").order_by("-pk")[0]
    if step in {"where", "describe"}:
        assert next(iter(TYPED[step].values())) in {newest.request.address, newest.request.description}
    if how != "sent" and step != "where":
        assert newest.request.address == NOISE["address"]  # what the page carried along


@pytest.mark.parametrize("how", ["session deleted", "cookies cleared", "session of somebody else"])
def test_the_last_page_brings_its_words_back_when_its_draft_is_over(client, how):
    tab = to_check(client, NOISE)
    end(tab, how)
    tab.press("发出去")
    assert not Case.objects.exists()
    assert tab.fields("description")["description"] == NOISE["description"]
    tab.press("下一步").press("下一步，核对一遍").press("发出去")
    assert sent_words() == {(NOISE["description"], NOISE["address"])}


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("where", {"address": "深盐路 12 号对面"}),
        ("describe", {"description": "井盖一踩就响。"}),
        ("contact", {"name": "王秀兰"}),
    ],
)
def test_a_step_posted_without_any_session_keeps_its_words(client, name, typed):
    answer = client.post(reverse(f"hotline:report_{name}"), typed | {"language": "zh-hans"}, follow=True)
    assert next(iter(typed.values())) in answer.content.decode()
    assert "已经结束" in answer.content.decode()


def test_words_that_are_wrong_are_kept_when_the_draft_is_over_too(client):
    tab = to_step(Window(client, REPORT), NOISE, "contact")
    end(tab, "cookies cleared")
    tab.type(phone="138000060", name="王秀兰").press("下一步")
    assert tab.status == 422
    assert tab.fields("phone")["phone"] == "138000060"
    tab.type(phone="13800006033").press("下一步")
    assert "138 0000 6033" in tab.text
    assert NOISE["address"] in tab.text


def test_photos_posted_to_a_draft_that_is_over_are_kept(client):
    tab = to_step(Window(client, REPORT), NOISE, "describe")
    end(tab, "cookies cleared")
    words(tab, NOISE, photos=[photo()])
    assert "已收下 1 张照片" in tab.text
    tab.press("下一步").press("下一步，核对一遍").press("发出去")
    assert CaseDocument.objects.count() == 1


def test_sending_again_after_going_back_shows_the_receipt_of_that_sending(client):
    tab = to_check(client, NOISE)
    page, url = tab.response, tab.url
    tab.press("发出去")
    number, code = Case.objects.get().number, CODE.search(tab.text)[1]
    other = to_check(client, LAMP)
    other.press("发出去")
    tab.response, tab.url = page, url  # the back button
    tab.press("发出去")
    assert (number in tab.text, CODE.search(tab.text)[1]) == (True, code)
    assert Case.objects.count() == 2
    assert number in Window(client, url).text  # a reload of the page that was sent


def test_a_token_of_another_session_is_as_unknown_as_one_that_was_made_up(client):
    mine = to_step(Window(client, REPORT), NOISE, "contact")
    token = mine.fields("draft")["draft"]
    stranger = Client()
    Window(stranger, REPORT).type(words="别的事").press("下一步")
    for step in ("", "/where", "/describe", "/contact", "/check", "/similar", "/done"):
        answers = [stranger.get(f"{REPORT}{step}?draft={one}") for one in (token, "x" * len(token))]
        assert answers[0].status_code == answers[1].status_code
        assert NOISE["words"] not in answers[0].content.decode()
        assert NOISE["address"] not in answers[0].content.decode()
    stranger.post(f"{REPORT}/check", {"draft": token})
    stranger.post(f"{REPORT}/drop", {"draft": token})
    assert not Case.objects.exists()
    assert NOISE["description"] in mine.press("下一步，核对一遍").text


def test_other_words_under_a_used_token_never_get_its_number(client):
    tab = to_check(client, NOISE)
    token = tab.fields("draft")["draft"]
    other = make_report(description="手机发的另一件事。")

    def run():
        done = register_request(report=other, actor=ANONYMOUS, at=MONDAY_MORNING)
        return done.id, done.number, {"number": done.number, "receipt": done.receipt, "due_at": ""}

    taken = once(key=token, act="report", words=words_of_report(other, 0), run=run, at=MONDAY_MORNING)
    tab.press("发出去")
    assert tab.status == 422
    assert taken.number not in tab.text
    assert NOISE["description"] in tab.text
    assert tab.fields("draft")["draft"] != token
    tab.press("发出去")
    assert "/done" in tab.url
    assert Case.objects.count() == 2
    assert taken.number not in tab.text


def test_what_the_steps_have_sent_is_found_again_by_a_phone_that_lost_the_answer(client):
    tab = to_check(client, NOISE)
    token = tab.fields("draft")["draft"]
    tab.press("发出去")
    fields = {"kind": "complaint", "language": "zh-hans", "owner": "", **NOISE}
    told = Client().post(reverse("hotline:report_send"), fields, headers={"idempotency-key": token})
    assert told.json()["number"] == Case.objects.get().number
    assert told.json()["repeated"]


def test_a_draft_of_a_session_from_before_goes_on(client):
    session = client.session
    old = vars(Draft(kind="complaint", words="旧的一件", placed=True, address="旧地址"))
    seal(session, "report", {name: old[name] for name in ("token", "claim", "kind", "words", "placed", "address")})
    session.save()
    client.cookies["sessionid"] = session.session_key
    tab = Window(client, reverse("hotline:report_describe"))
    assert "旧的一件" in tab.text
    words(tab, NOISE).press("下一步，核对一遍").press("发出去")
    assert sent_words() == {(NOISE["description"], "旧地址")}


@pytest.mark.parametrize("kept", [{"report": 7}, {"report:": "x"}, {"report_done": "x"}, {"report:abc": None}])
def test_nonsense_in_a_session_is_no_draft(client, kept):
    session = client.session
    session.update(kept)
    session.save()
    client.cookies["sessionid"] = session.session_key
    assert Window(client, REPORT).status == 200
    to_check(client, NOISE).press("发出去")
    assert Case.objects.count() == 1


def test_unsent_reports_are_offered_beside_a_new_one(client):
    to_step(Window(client, REPORT), NOISE, "describe")
    new = Window(client, REPORT)
    assert new.fields("words")["words"] == ""
    found = re.search(r'<a href="([^"]+)">工地夜里打桩', new.text)
    assert Window(client, found[1]).fields("words")["words"] == NOISE["words"]


def test_taking_out_a_photo_keeps_the_words(client):
    tab = to_step(Window(client, REPORT), NOISE, "describe")
    words(tab, NOISE, photos=[photo()])
    tab.open(tab.url.replace("/contact", "/describe")).type(description="还没有存下来的话。").press("删去第 1 张")
    assert tab.fields("description")["description"] == "还没有存下来的话。"
    assert "已收下" not in tab.text
    assert "还没有存下来的话。" in tab.reload().text


def test_too_many_unsent_reports_are_said_and_nothing_typed_is_lost(client, monkeypatch):
    monkeypatch.setattr("gongjian.domains.hotline.pages.report_steps.STEPS_A_MINUTE", 10**6)
    for _ in range(MOST_UNSENT):
        Window(client, REPORT).type(words="一件事", topic="env-site-noise").press("下一步")
    tab = Window(client, REPORT).type(words="再一件事", topic="env-site-noise").press("下一步")
    assert tab.status == 422
    assert tab.fields("words")["words"] == "再一件事"
    assert f"{MOST_UNSENT} 份没有发的" in tab.text


@pytest.mark.django_db(transaction=True)
def test_tabs_that_write_at_the_same_moment_keep_all_they_write(client):
    tabs = [to_step(Window(client, REPORT), said, "where") for said in (NOISE, LAMP, NOISE, LAMP)]
    pages = [(tab.fields("address"), tab.url) for tab in tabs]
    start = threading.Barrier(len(tabs))

    def press(nth):
        other = Client()
        other.cookies = client.cookies.copy()
        start.wait()
        fields, url = pages[nth]
        other.post(url, fields | {"address": f"第 {nth} 处"})
        connections.close_all()

    threads = [threading.Thread(target=press, args=[nth]) for nth in range(len(tabs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for nth, tab in enumerate(tabs):
        assert tab.reload().fields("address")["address"] == f"第 {nth} 处"
