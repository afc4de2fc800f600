"""Answers are reviewed by somebody else than their writer, in the order of their deadlines."""

from time import process_time

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from gongjian.casework.tasks import tell_event
from gongjian.domains.hotline.actions.handling import submit_reply
from gongjian.domains.hotline.models import Reply
from gongjian.domains.hotline.rules import COPIED, alikeness
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CLERK,
    HANDLER,
    REVIEWER,
    SUPERVISOR,
    act,
    at_desk,
    case_url,
    page,
)
from gongjian.identity.actions import assign
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import Unit, User
from gongjian.notify.models import Message
from gongjian.testing.assertions import assert_at_most_queries, moves_of
from gongjian.testing.cases import REPLY, again, make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING, later

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def test_the_reviewer_reads_the_list_and_passes_an_answer():
    case = make_request(state="submitted")
    reviewer = at_desk(REVIEWER)
    listed = page(reviewer.get(reverse("hotline:review")))
    assert case.title in listed
    assert REPLY[:20] in listed
    shown = page(reviewer.get(case_url(case, tab="review")))
    assert REPLY in shown
    assert "通过，答复居民" in shown
    assert "第 1 件，共 1 件" in shown
    assert act(reviewer, case, "approve", remark="写得清楚。").status_code == 302
    decided = Reply.objects.get(case=case)
    assert (decided.approved, decided.remark) == (True, "写得清楚。")
    assert case.number not in page(reviewer.get(reverse("hotline:review")))


def test_sending_back_needs_words_and_the_unit_reads_them():
    case = make_request(state="submitted")
    reviewer = at_desk(REVIEWER)
    empty = act(reviewer, case, "redo", remark=" ")
    assert empty.status_code == 422
    assert "写上答复缺什么" in page(empty)
    assert REPLY in page(empty)  # what is reviewed stays in sight
    assert act(reviewer, case, "redo", remark="没有写以后再响找谁。").status_code == 302
    assert again(case).state == "redo"
    handler = page(at_desk(HANDLER).get(case_url(case)))
    assert "没有写以后再响找谁。" in handler
    assert 'id="submit-text"' in handler
    assert act(at_desk(HANDLER), again(case), "submit", text=REPLY + "请打 12349。", resolved="yes").status_code == 302
    assert moves_of(case.pk)[-2:] == ["redo", "submit"]


def test_nobody_passes_an_answer_of_his_own():
    hbj = Unit.objects.get(code="zx12349")
    assign(user=User.objects.get(username=HANDLER), unit=hbj, role="reviewer", actor=SYSTEM, at=MONDAY_MORNING)
    case = make_request(state="submitted")
    both = at_desk(HANDLER)
    shown = page(both.get(case_url(case)))
    assert "自己写的答复要由别人审核。" in shown
    assert "通过，答复居民" not in shown
    assert "我写的" in page(both.get(reverse("hotline:review")))
    refused = act(both, case, "approve", remark="")
    assert refused.status_code == 422
    assert "自己写的答复要由别人审核。" in page(refused)
    assert again(case).state == "submitted"


def test_a_copied_answer_is_flagged_and_a_written_one_is_not():
    make_request(state="replied")
    copied = make_request(state="submitted")
    assert "和本单位以前的一份答复有 100% 相同" in page(at_desk(REVIEWER).get(case_url(copied)))
    own = make_request(state="in_progress")
    text = "李先生：您好。您说的积水，我们今天上午疏通了雨水口，已经退水。再积水请打 12349。"
    submit_reply(case=own, text=text, resolved="yes", actor=actor(HANDLER), at=AT)
    assert "相同，看看是不是照抄的" not in page(at_desk(REVIEWER).get(case_url(own)))
    # The handler does not read the unit's other answers by this way.
    assert "相同" not in page(at_desk(HANDLER).get(case_url(copied)))


def test_likeness_counts_from_the_threshold_on():
    assert alikeness("一样的话", ["别的话", "一样的话"]) == 1.0
    assert alikeness("完全不同", ["一样的话说了很多"]) == 0.0
    long = "我们到现场看过，已经要求停工，" * 20
    assert COPIED <= alikeness(long, [long + "再见。"]) < 1.0
    assert alikeness("有话", []) == 0.0


@pytest.mark.parametrize("unit", ["啊", "。 ", "已处理。", "abcdefgh"])
def test_likeness_costs_no_more_than_the_texts_are_long(unit):
    text = (unit * 8_000)[:8_000]
    began = process_time()
    assert alikeness(text, [text[n:] + text[:n] + "完" for n in range(50)]) > COPIED
    assert alikeness(text, (text[::-1] + "完" * n for n in range(10_000))) <= 1.0
    assert process_time() - began < 20  # seconds of processor time; minutes where each sign is compared with each


@given(st.text("甲乙丙。", max_size=60), st.text("甲乙丙。", max_size=60))
def test_likeness_is_a_share_and_the_same_from_both_sides(one, other):
    found = alikeness(one, [other])
    assert found == alikeness(other, [one])
    assert found == 0.0 or COPIED <= found <= 1.0
    assert alikeness(one, [one]) == 1.0


def test_the_nearest_deadline_comes_first_and_paging_goes_on():
    cases = [make_request(state="submitted", at=later(MONDAY_MORNING, minutes=n)) for n in range(3)]
    shown = at_desk(REVIEWER).get(reverse("hotline:review"))
    assert [one.number for one in shown.context["waiting"]] == [case.number for case in cases]


def test_the_list_costs_the_same_for_one_and_for_many():
    make_request(state="submitted")
    reviewer, address = at_desk(REVIEWER), reverse("hotline:review")
    reviewer.get(address)
    with assert_at_most_queries(4):
        reviewer.get(address)
    for _ in range(60):
        make_request(state="submitted")
    reviewer.get(address)
    with assert_at_most_queries(4):
        shown = reviewer.get(address)
    assert len(shown.context["waiting"]) == 50
    rest = reviewer.get(address + shown.context["more_url"])
    assert len(rest.context["waiting"]) == 11


@pytest.mark.parametrize("who", [CLERK, HANDLER, SUPERVISOR])
def test_the_list_is_for_reviewers(who):
    assert at_desk(who).get(reverse("hotline:review")).status_code == 403


def test_the_staff_notice_says_what_to_do_in_both_languages():
    case = make_request(state="submitted")
    User.objects.filter(username=REVIEWER).update(language="en")
    tell_event(case.events.latest("pk").pk, at=AT)
    told = Message.objects.get(recipient_user__username=REVIEWER, channel="site")
    assert told.subject == f"Send for review: {case.title}"
    assert case.number in told.body
    dispatched = case.events.get(move="dispatch")
    tell_event(dispatched.pk, at=AT)
    sent = Message.objects.filter(recipient_user__username=CLERK, channel="site").latest("pk")
    assert sent.subject == f"派件：{case.title}"
    assert "派件目录" in sent.body
    assert sent.link == case_url(case)


def test_the_reviewer_has_keys_on_the_desk_and_on_the_answer():
    case = make_request(state="submitted")
    reviewer = at_desk(REVIEWER)
    listed = page(reviewer.get(reverse("hotline:review")))
    for key in ("j", "k", "Enter", "f", "r", "Ctrl Enter", "Ctrl Shift Enter"):
        assert f'<kbd class="key">{key}</kbd>' in listed or f'data-key="{key}"' in listed, key
    shown = page(reviewer.get(case_url(case, tab="review")))
    for key in ("Ctrl+Enter", "Ctrl+Shift+Enter", "r", "p"):
        assert f'data-key="{key}"' in shown, key
