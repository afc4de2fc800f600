"""The callback desk: three questions, calls at different hours, and what follows from the answers."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from gongjian.casework.models import RevealGrant
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.actions import replying
from gongjian.domains.hotline.models import CallAttempt
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, HANDLER, at_desk, page
from gongjian.testing.assertions import assert_at_most_queries, assert_refused, moves_of
from gongjian.testing.cases import CALLBACK, REPLY, again, bring_to, make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING, later

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
SAID = {"was_contacted": "yes", "solved": "yes", "satisfaction": "5", "remark": ""}


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    queries.forget()


@pytest.fixture
def desk():
    return at_desk(CALLBACK)


def url(case):
    return reverse("hotline:callback_case", args=[case.number])


def act(client, case, name, **fields):
    return client.post(url(case), {"act": name, "version": str(case.version), **fields})


def tried(case, *hours):
    """Note calls nobody answered, so many hours after the morning."""
    for hour in hours:
        at = later(MONDAY_MORNING, hours=hour)
        replying.record_attempt(case=again(case), remark="无人接听", actor=actor(CALLBACK, at=at), at=at)


def test_a_resident_says_that_it_is_solved(desk):
    case = make_request(state="callback")
    shown = page(desk.get(url(case)))
    assert REPLY.split("：")[0] in shown
    assert case.request.description in shown
    assert "138 ********" in shown
    assert "13800006021" not in shown
    assert act(desk, case, "close", **SAID).url == reverse("hotline:callback")
    done = again(case)
    assert (done.state, done.request.outcome, done.request.satisfaction) == ("closed", "solved", 5)
    call = CallAttempt.objects.get(case=case, purpose="callback")
    assert (call.reached, call.was_contacted, call.solved) == (True, True, "yes")


def test_partly_solved_closes_too_and_says_who_was_not_called(desk):
    case = make_request(state="replied")
    act(desk, case, "close", **SAID | {"solved": "partly", "was_contacted": "no", "satisfaction": "3"})
    assert again(case).request.outcome == "partly"
    assert CallAttempt.objects.get(case=case, purpose="callback").was_contacted is False


def test_not_solved_goes_back_with_a_remark_only(desk):
    case = make_request(state="callback")
    refused = act(desk, case, "close", **SAID | {"solved": "no", "satisfaction": "1"})
    assert refused.status_code == 422
    assert 'id="close-remark_error"' in page(refused)
    assert again(case).state == "callback"
    told = act(desk, case, "close", **SAID | {"solved": "no", "satisfaction": "1", "remark": "昨晚又响了。"})
    assert told.status_code == 302
    assert again(case).state == "redo"
    assert moves_of(case.pk)[-1] == "callback_redo"


@pytest.mark.parametrize("missing", ["was_contacted", "solved", "satisfaction"])
def test_every_question_wants_an_answer(desk, missing):
    case = make_request(state="callback")
    answer = act(desk, case, "close", **{k: v for k, v in SAID.items() if k != missing})
    assert answer.status_code == 422
    assert f'href="#close-{missing}' in page(answer)
    assert again(case).state == "callback"


def test_the_queue_lists_what_waits_by_deadline_with_the_calls_made(desk, steady_memory):
    due = make_request(state="callback", title="该打电话的件")
    waits = make_request(state="replied", title="还在网上评价的件")
    make_request(state="in_progress", title="还在办的件")
    tried(due, 2, 4)
    desk.get(reverse("hotline:callback"))
    with assert_at_most_queries(4):
        shown = page(desk.get(reverse("hotline:callback")))
    assert waits.number in shown
    assert shown.index(waits.title) < shown.index(due.title)
    assert "打了 2 次，共 3 次" in shown
    assert "还在办的件" not in shown
    with assert_at_most_queries(5):
        desk.get(url(due))


def test_a_case_called_within_the_hour_says_from_when_again(desk):
    case = make_request(state="callback")
    tried(case, 5)  # 14:00, and it is 14:30
    shown = page(desk.get(url(case)))
    assert "一小时内打过了。下一次不早于" in shown
    assert "15:00" in shown
    refused = act(desk, again(case), "attempt", remark="关机")
    assert refused.status_code == 422
    assert "一小时内打过了" in page(refused)
    assert CallAttempt.objects.filter(case=case, purpose="callback").count() == 1


def test_three_calls_at_different_hours_may_end_a_case(desk):
    case = make_request(state="callback")
    tried(case, 1, 3)
    assert "还要在不同时间打 1 次" in page(desk.get(url(case)))
    assert act(desk, again(case), "unreached").status_code == 422
    assert act(desk, again(case), "attempt", remark="响铃无人接").status_code == 302
    assert act(desk, again(case), "unreached").status_code == 302
    done = again(case)
    assert (done.state, done.request.outcome) == ("closed", "unreached")


def test_calls_about_an_earlier_answer_do_not_count():
    case = make_request(state="callback")
    tried(case, 1, 3, 5)
    at = later(MONDAY_MORNING, hours=6)
    words = {"solved": "no", "satisfaction": 1, "was_contacted": True, "remark": "昨晚又响了。"}
    replying.close_after_call(case=again(case), actor=actor(CALLBACK, at=at), at=at, **words)
    case = again(case)
    case = bring_again(case, at)
    assert case.state == "callback"
    with assert_refused("remark"):
        replying.close_unreached(case=case, actor=actor(CALLBACK, at=at), at=later(at, hours=2))


def bring_again(case, at):
    """Let the unit answer once more and the survey pass."""
    from gongjian.domains.hotline.actions import handling
    from gongjian.testing.cases import STEPS, handler_of

    at = later(at, minutes=3)
    handling.submit_reply(case=case, text=REPLY + "这次装了监测。", resolved="yes", actor=handler_of(case, at), at=at)
    for step in ("replied", "callback"):
        at = later(at, minutes=3)
        STEPS[step](again(case), at)
    return again(case)


def test_the_number_shows_for_a_purpose_and_leaves_a_trace(desk):
    case = make_request(state="callback")
    assert act(desk, case, "reveal", purpose="看").status_code == 422
    assert not RevealGrant.objects.exists()
    # One press, with the reason written down already; the person reads it like any other look.
    first = page(desk.get(url(case)))
    assert re.search(r'name="act" value="reveal" data-key="v"', first)
    purpose = re.search(r'name="purpose" value="([^"]+)"', first).group(1)
    opened = act(desk, case, "reveal", purpose=purpose)
    assert opened.url == url(case)
    assert 'href="tel:+8613800006021"' in (shown := page(desk.get(url(case))))
    assert "138 0000 6021" in shown
    assert moves_of(case.pk)[-1] == "reveal"
    assert "138 0000 6021" not in page(at_desk("ye.wanqing").get(reverse("hotline:case", args=[case.number])))


def test_late_callers_are_told_of_the_quiet_hours(desk, monkeypatch):
    assert "不打回访电话" not in page(desk.get(reverse("hotline:callback")))
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.replace(hour=21, minute=5).isoformat())
    assert "不打回访电话" in page(desk.get(reverse("hotline:callback")))


def test_a_case_that_was_moved_meanwhile_keeps_what_was_typed(desk):
    case = make_request(state="replied")
    bring_to(case, "callback", at=AT - timedelta(hours=1))
    late = act(desk, case, "close", **SAID | {"remark": "居民说晚上不响了。"})
    assert late.status_code == 422
    assert "居民说晚上不响了。" in page(late)
    assert again(case).state == "callback"


def test_a_case_that_needs_no_call_says_so(desk):
    case = make_request(state="in_progress")
    assert "现在不用回访" in page(desk.get(url(case)))
    assert act(desk, case, "close", **SAID).status_code == 422
    assert desk.get(reverse("hotline:callback_case", args=["YT-2611-99999"])).status_code == 404
    assert act(desk, case, "other").status_code == 404


@pytest.mark.parametrize("who", [CALL_TAKER, HANDLER])
def test_others_do_not_come_in(who):
    case = make_request(state="callback")
    client = at_desk(who)
    assert client.get(reverse("hotline:callback")).status_code == 403
    assert client.get(url(case)).status_code == 403
    assert act(client, case, "close", **SAID).status_code == 403
    assert again(case).state == "callback"


def test_a_wrong_page_mark_begins_at_the_top(desk):
    case = make_request(state="callback")
    assert case.number in page(desk.get(reverse("hotline:callback"), {"after": "nonsense"}))
