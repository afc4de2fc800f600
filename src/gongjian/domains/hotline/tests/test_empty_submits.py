"""An empty submit names everything that is missing at once, and a list shows the buttons that belong to its rows."""

import pytest
from django.urls import reverse

from gongjian.domains.hotline.pages.acts import SPECS
from gongjian.domains.hotline.tests.staff_pages import AT, CLERK, HANDLER, HEAD, REVIEWER, SUPERVISOR, at_desk, page
from gongjian.testing.assertions import moves_of
from gongjian.testing.cases import CALL_TAKER, DISPATCHER, again, make_request

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
# Every act that asks for words: a state it is open in, who does it, and what a good form says.
ACTS = {
    "dispatch": ("to_dispatch", DISPATCHER, {"unit": "1"}),
    "submit": ("in_progress", HANDLER, {"text": "查过了。", "resolved": "yes"}),
    "contact": ("in_progress", HANDLER, {"reached": "yes", "remark": "打通了。"}),
    "note": ("in_progress", HANDLER, {"text": "看过。"}),
    "ask_extension": ("in_progress", HANDLER, {"days": "1", "reason": "等监测。"}),
    "ask_citizen": ("in_progress", HANDLER, {"question": "请补照片。"}),
    "decide_extension": ("extension_pending", HEAD, {"granted": "no", "reason": "先办。"}),
    "redo": ("submitted", REVIEWER, {"remark": "太短。"}),
    "return": ("dispatched", HEAD, {"reason": "not_ours", "basis": "三定规定"}),
    "desk_note": ("in_progress", SUPERVISOR, {"text": "抓紧。"}),
    "publish_title": ("in_progress", SUPERVISOR, {"title": "夜间施工"}),
    "correct": ("in_progress", SUPERVISOR, {"reason": "点错了。"}),
}
BOARD = {
    "dispatch": {"unit": "市容", "reason": "现场在马路上。"},
    "board_refuse": {"reason": "court", "text": "请走诉讼。"},
    "board_answer": {"text": "可以。", "source": "办事指南"},
}


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def errors(client, address, fields) -> set[str]:
    answer = client.post(address, fields)
    return set(answer.context["form"].errors) if answer.status_code == 422 else set()


def assert_all_at_once(client, address, good, chosen=()):
    """What is refused when one field is empty is refused too when all are; `chosen` are answers that ask for more."""
    kept = {name: good[name] for name in chosen}
    at_once = errors(client, address, kept) | errors(client, address, {})
    for name in good:
        alone = errors(client, address, {**good, name: ""})
        assert alone <= at_once | {"__all__"}, (name, alone, at_once)
    assert at_once


@pytest.mark.parametrize("act", ACTS)
def test_an_empty_act_names_all_that_is_missing(act):
    state, who, good = ACTS[act]
    case = make_request(state=state, at=AT)
    address = reverse("hotline:case_act", args=[case.number, act])
    assert_all_at_once(at_desk(who), address, good, ["granted"] if act == "decide_extension" else [])
    assert again(case).version == case.version


def test_every_act_with_words_is_tried():
    wordless = {name for name, spec in SPECS.items() if spec.form.__name__ == "PlainForm"}
    assert set(ACTS) == set(SPECS) - wordless - {"resume", "approve"}  # whose words are free


@pytest.mark.parametrize("name", BOARD)
def test_the_board_names_all_that_is_missing(name):
    case = make_request(state="to_dispatch", at=AT)
    assert_all_at_once(at_desk(DISPATCHER), reverse(f"hotline:{name}", args=[case.number]), BOARD[name])


@pytest.mark.parametrize("act", ["register", "answer", "reject"])
def test_the_call_desk_names_all_that_is_missing(act):
    good = {"act": act, "kind": "complaint", "phone": "13800006021", "description": "夜里施工。", "text": "可以。",
            "source": "办事指南", "reason": "court", "consent": "no"}  # fmt: skip
    client, address = at_desk(CALL_TAKER), reverse("hotline:call_desk")
    at_once = errors(client, address, {"act": act})
    assert at_once >= {"description", "phone", *{"answer": ("text", "source"), "reject": ("reason",)}.get(act, ())}
    for name in set(good) - {"act"}:
        assert errors(client, address, {**good, name: ""}) <= at_once


def test_the_answer_s_page_shows_both_faults():
    case = make_request(state="in_progress", at=AT)
    answer = at_desk(HANDLER).post(reverse("hotline:case_act", args=[case.number, "submit"]), {"text": " "})
    shown = page(answer)
    assert "写上答复，居民会看到这段话。" in shown
    assert "选一下：解决了、部分解决、没有解决。" in shown


@pytest.mark.parametrize(
    ("who", "tab", "state", "buttons"),
    [
        (HEAD, "pending", "extension_pending", {"approve"}),
        (HEAD, "unsigned", "dispatched", {"sign"}),
        (HEAD, "unit", "in_progress", set()),
        (CLERK, "unit", "dispatched", {"sign"}),
        (HANDLER, "todo", "signed", set()),
    ],
)
def test_a_list_has_the_buttons_that_belong_to_its_rows(who, tab, state, buttons):
    make_request(state=state, at=AT)
    shown = page(at_desk(who).get(f"/desk/inbox/?tab={tab}"))
    assert {one for one in ("sign", "approve") if f'name="act" value="{one}"' in shown} == buttons


def test_extensions_are_approved_together_each_with_its_own_result():
    first, second = (make_request(state="extension_pending", at=AT) for _ in range(2))
    chosen = {"case": [f"{one.number}:{one.version}" for one in (first, second)], "act": "approve"}
    shown = page(at_desk(HEAD).post("/desk/inbox/?tab=pending", chosen))
    assert shown.count("已同意") == 2
    assert [moves_of(one.pk)[-1] for one in (first, second)] == ["grant_extension"] * 2
    again_ = page(at_desk(HEAD).post("/desk/inbox/?tab=pending", chosen))
    assert again_.count("没有批") == 2
    refused = page(at_desk(CLERK).post("/desk/inbox/?tab=unsigned", chosen))
    assert "已同意" not in refused
