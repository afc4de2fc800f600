"""The department's way through one case, from the list to the answer, and everything that is refused on it."""

import pytest
from django.urls import reverse

from gongjian.domains.hotline.models import CallAttempt, Extension, Reply, ReplyDraft, Return
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CLERK,
    HANDLER,
    HEAD,
    LEADER,
    OTHER_CLERK,
    OTHER_HANDLER,
    REVIEWER,
    SUPERVISOR,
    act,
    at_desk,
    case_url,
    page,
)
from gongjian.testing.assertions import assert_at_most_queries, moves_of
from gongjian.testing.cases import REPLY, again, make_request
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def test_a_case_goes_from_the_list_to_the_resident():
    case = make_request(state="dispatched")
    clerk, handler, reviewer = at_desk(CLERK), at_desk(HANDLER), at_desk(REVIEWER)
    inbox = page(clerk.get(reverse("hotline:inbox")))
    assert case.number in inbox
    assert case.title in inbox
    assert act(clerk, case, "sign").status_code == 302
    assert act(handler, again(case), "start").status_code == 302
    assert act(handler, again(case), "contact", reached="yes", remark="核对了时间和位置。").status_code == 302
    sent = act(handler, again(case), "submit", text=REPLY, resolved="yes")
    assert sent.status_code == 302
    assert case.number in page(reviewer.get(reverse("hotline:review")))
    passed = act(reviewer, again(case), "approve", remark="")
    assert passed.status_code == 302
    assert passed.url == reverse("hotline:review")
    done = again(case)
    assert done.state == "replied"
    assert done.request.reply == REPLY
    assert moves_of(case.pk)[-5:] == ["sign", "start", "contact", "submit", "approve"]
