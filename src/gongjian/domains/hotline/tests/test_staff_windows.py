"""Two windows of one member of staff: each form keeps its own words, and each call gets its own number and code."""

import json
import re
from html import unescape

import pytest
from django.urls import reverse

from gongjian.casework.models import Case
from gongjian.domains.hotline.actions.handling import save_reply_draft
from gongjian.domains.hotline.models import IntakeDraft, Reply, ReplyDraft
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, HANDLER, at_desk, case_url, page
from gongjian.domains.hotline.tests.test_call_desk import call
from gongjian.testing.cases import make_request
from gongjian.testing.cast import actor
from gongjian.testing.windows import Window

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
DESK = "/desk/call/"
FIRST = {"phone": "13800006021", "name": "刘女士", "consent": "yes", "description": "永安北一街工地夜里打桩。"}
SECOND = {"phone": "13800006033", "name": "黄先生", "consent": "no", "description": "楼道灯坏了三天。"}


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


@pytest.fixture
def desk():
    return at_desk(CALL_TAKER)


def autosave(window, **typed):
    """Save as the page does two seconds after the last key, and take over what it is told."""
    sent = {**window.fields("token"), **typed}
    answer = window.client.post(reverse("hotline:intake_draft"), sent, headers={"X-Autosave": "1"})
    assert answer.status_code == 204
    return sent | json.loads(answer.headers.get("X-Draft", "{}"))


def read_out(window):
    """Return number and code that the page gives to read out."""
    number = re.search(r'id="done-number">([^<]+)<', window.text)
    code = re.search(r'id="done-receipt">([^<]+)<', window.text)
    return number[1], code[1].strip()


def number_of(said):
    return Case.objects.get(request__description=said["description"]).number


@pytest.mark.parametrize("address", [DESK, f"{DESK}?call=1"])
@pytest.mark.parametrize("saved", ["nothing", "first", "both"])
def test_two_windows_register_two_calls_each_with_its_own_number(desk, address, saved):
    one = Window(desk, address)
    if saved != "nothing":
        one.type(**autosave(one, **FIRST))
    two = Window(desk, address)
    if saved == "both":
        two.type(**autosave(two, **SECOND))
    two.type(**SECOND).press("提交并派件")
    one.type(**FIRST).press("提交并派件")
    if "done=1" not in one.url:  # both windows held the same draft: the words are shown again, and go on one more press
        assert one.status == 409
        assert one.fields("token")["description"] == FIRST["description"]
        assert number_of(SECOND) not in one.text
        one.press("提交并派件")
    for window, said in ((one, FIRST), (two, SECOND)):
        number, code = read_out(window)
        assert number == number_of(said)
        assert read_out(window.reload()) == (number, code)
    assert read_out(one)[1] != read_out(two)[1]
    assert Case.objects.count() == 2


@pytest.mark.parametrize(
    "field", ["description", "phone", "name", "address", "confidential", "behalf_name", "language"]
)
def test_the_same_token_with_anything_else_in_it_is_another_call(desk, field):
    other = {"phone": "13800006033", "confidential": "on", "language": "en"}.get(field, "另外的话")
    desk.post(reverse("hotline:call_desk"), call())
    number = Case.objects.get().number
    window = Window(desk, DESK)
    window._shown(desk.post(reverse("hotline:call_desk"), call(**{field: other}), follow=True), DESK)
    assert window.status == 409
    assert number not in window.text
    assert Case.objects.count() == 1
    shown = window.fields("token")
    assert shown[field] == other
    assert shown["token"] != call()["token"]
    assert IntakeDraft.objects.filter(pk=shown["token"], sent=None).exists()  # kept even if the window closes now
    window.press("提交并派件")
    assert Case.objects.count() == 2
    assert read_out(window)[0] != number


def test_htmx_gets_the_words_back_in_place(desk):
    desk.post(reverse("hotline:call_desk"), call())
    other = call(description="另一件事。")
    answer = desk.post(reverse("hotline:call_desk"), other, headers={"HX-Request": "true"})
    assert answer.status_code == 409  # swapped in like a refusal
    assert "另一件事。" in page(answer)


def test_the_same_words_again_are_told_the_same_even_after_other_calls(desk):
    one, two = Window(desk, f"{DESK}?call=1"), Window(desk, f"{DESK}?call=1")
    kept = one.response
    one.type(**FIRST).press("提交并派件")
    first = read_out(one)
    two.type(**SECOND).press("提交并派件")
    again = Window(desk, f"{DESK}?call=1")
    again.response = kept
    again.type(**FIRST).press("提交并派件")
    assert read_out(again) == first
    assert Case.objects.count() == 2


def test_a_draft_two_windows_write_is_kept_twice(desk):
    one = Window(desk, f"{DESK}?call=1")
    first = autosave(one, **FIRST)
    two = Window(desk, DESK)
    assert two.fields("token")["description"] == FIRST["description"]
    second = autosave(two, **SECOND)
    assert second["token"] == first["token"]
    both = autosave(one, **FIRST, title="一号窗口")
    assert both["token"] != first["token"]
    assert autosave(two, **(second | {"title": "二号窗口"}))["token"] == second["token"]
    for token, said in ((both["token"], "一号窗口"), (second["token"], "二号窗口")):
        assert Window(desk, f"{DESK}?draft={token}").fields("token")["title"] == said


def test_a_save_whose_answer_was_lost_makes_no_second_draft(desk):
    window = Window(desk, f"{DESK}?call=1")
    for _ in range(3):
        autosave(window, **FIRST)
    assert IntakeDraft.objects.count() == 1


def test_late_saves_of_other_words_are_kept_beside_the_call(desk):
    window = Window(desk, f"{DESK}?call=1")
    late = window.fields("token") | SECOND
    window.type(**FIRST).press("提交并派件")
    answer = desk.post(reverse("hotline:intake_draft"), late, headers={"X-Autosave": "1"})
    assert answer.status_code == 204
    kept = Window(desk, DESK).fields("token")
    assert (kept["description"], kept["phone"]) == (SECOND["description"], SECOND["phone"])
    assert read_out(window.reload())[0] == number_of(FIRST)


def test_other_unfinished_forms_are_offered_and_a_new_call_keeps_them(desk):
    one = Window(desk, f"{DESK}?call=1").type(**FIRST).press("新来电")
    assert one.fields("token")["description"] == FIRST["description"]
    one.press("先存着，接新来电")
    assert one.fields("token")["description"] == ""
    assert "另有 1 份没提交的" in one.text
    assert "138 ********" in one.text
    assert FIRST["phone"] not in one.text
    found = unescape(re.search(r'href="(/desk/call/\?draft=[^"]+)"', one.text)[1])
    assert one.open(found).fields("token")["phone"] == FIRST["phone"]


def test_throwing_one_form_away_leaves_the_other(desk):
    one, two = Window(desk, f"{DESK}?call=1"), Window(desk, f"{DESK}?call=1")
    autosave(one, **FIRST)
    autosave(two, **SECOND)
    two.type(**SECOND).press("新来电").press("放下，接新来电")
    assert Window(desk, DESK).fields("token")["description"] == FIRST["description"]
    assert IntakeDraft.objects.count() == 1


@pytest.mark.parametrize("sent", [False, True])
def test_a_form_of_somebody_else_is_as_unknown_as_one_that_was_made_up(desk, sent):
    mine = Window(desk, f"{DESK}?call=1")
    token = autosave(mine, **FIRST)["token"]
    if sent:
        mine.type(**FIRST).press("提交并派件")
    other = at_desk("lin.jiamin")
    for address in (f"{DESK}?draft={token}", f"{DESK}?done=1&draft={token}"):
        shown = Window(other, address)
        assert FIRST["description"] not in shown.text
        assert shown.fields("token")["token"] != token
    answer = other.post(reverse("hotline:call_desk"), call(token=token, **SECOND), follow=True)
    number = number_of(FIRST) if sent else "YT-"
    assert number not in re.sub("<script.*?</script>", "", page(answer)[page(answer).index("<main") :], flags=re.DOTALL)
    other.post(reverse("hotline:intake_draft"), call(token=token, **SECOND))
    other.post(reverse("hotline:call_desk"), call(token=token, act="drop"))
    kept = IntakeDraft.objects.get(pk=token)
    assert kept.user.username == CALL_TAKER
    assert SECOND["description"] not in kept.form.open()


def test_a_broken_token_is_no_way_in(desk):
    for token in ("", "x", "é" * 60, "a" * 61):
        answer = desk.post(reverse("hotline:intake_draft"), call(token=token))
        assert answer.status_code == 204
    assert desk.get(DESK, {"draft": "x" * 5000}).status_code == 200


# The answer of a handler.


def keep(client, case, window, text):
    """Save what stands in the editor as the page does, and take over what it is told."""
    sent = {**window.fields("draft"), "text": text}
    answer = client.post(reverse("hotline:reply_draft", args=[case.number]), sent, headers={"X-Autosave": "1"})
    assert answer.status_code == 204
    told = json.loads(answer.headers["X-Draft"])
    window.type(**told, text=text)
    return told


def test_two_windows_of_an_answer_keep_both_texts():
    case, client = make_request(state="in_progress"), at_desk(HANDLER)
    one, two = Window(client, case_url(case)), Window(client, case_url(case))
    first, second = keep(client, case, one, "一号窗口写的。"), keep(client, case, two, "二号窗口写的。")
    assert first["draft"] != second["draft"]
    for told, text, there in ((first, "一号窗口写的。", "二号窗口"), (second, "二号窗口写的。", "一号窗口")):
        shown = Window(client, case_url(case, draft=told["draft"]))
        assert shown.fields("draft")["text"] == text
        assert there in shown.text  # the other one is a press away


def test_an_editor_opened_on_the_same_draft_does_not_write_over_it():
    case, client = make_request(state="in_progress"), at_desk(HANDLER)
    save_reply_draft(case=case, text="先写的。", actor=actor(HANDLER, at=AT), at=AT)
    one, two = Window(client, case_url(case)), Window(client, case_url(case))
    keep(client, case, one, "先写的。又写了很多。")
    keep(client, case, two, "先写的。改了一个字。")
    assert set(ReplyDraft.objects.values_list("text", flat=True)) == {"先写的。又写了很多。", "先写的。改了一个字。"}


def test_saving_the_answer_without_script_stays_with_its_window():
    case, client = make_request(state="in_progress"), at_desk(HANDLER)
    one, two = Window(client, case_url(case)), Window(client, case_url(case))
    one.type(text="一号。").press("存草稿")
    two.type(text="二号。").press("存草稿")
    assert (one.reload().fields("draft")["text"], two.reload().fields("draft")["text"]) == ("一号。", "二号。")


def test_an_answer_takes_its_own_draft_along_and_leaves_the_other():
    case, client = make_request(state="in_progress"), at_desk(HANDLER)
    one, two = Window(client, case_url(case)), Window(client, case_url(case))
    keep(client, case, one, "一号窗口写的。您可以打 12349。")
    keep(client, case, two, "二号窗口写的。")
    one.type(resolved="yes").press("提交审核")
    assert Reply.objects.get().text == "一号窗口写的。您可以打 12349。"
    assert ReplyDraft.objects.get().text == "二号窗口写的。"


@pytest.mark.parametrize("nonsense", ["", "x", "-1", "9" * 30, "0"])
def test_nonsense_about_a_draft_keeps_the_words(nonsense):
    case, client = make_request(state="in_progress"), at_desk(HANDLER)
    address = reverse("hotline:reply_draft", args=[case.number])
    answer = client.post(
        address, {"text": "写了的。", "draft": nonsense, "seen": nonsense}, headers={"X-Autosave": "1"}
    )
    assert answer.status_code == 204
    assert ReplyDraft.objects.get().text == "写了的。"
    assert client.get(case_url(case, draft=nonsense)).status_code == 200
