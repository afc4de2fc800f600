"""One case, one lateness: in days of the calendar, by the term it names, on every page that shows it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case, CaseClock
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    HANDLER,
    LEADER,
    REVIEWER,
    SUPERVISOR,
    at_desk,
    case_url,
    page,
)
from gongjian.testing.cases import DISPATCHER, make_request
from gongjian.testing.paper import pdf_text

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
LONG_AGO = AT - timedelta(days=40)  # five weekends and a week of holidays: the two sorts of days differ
BADGE = re.compile(r'<span class="due" data-s="late">.*?<b>(.*?)</b> (.*?)</span>', re.DOTALL)


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def lateness(case: Case) -> dict[str, str]:
    """Return what is over and for how long, term by term, the longest first."""
    labels = kind_of(case.kind).clock_of
    running = CaseClock.objects.filter(case=case, stopped_at=None, paused_at=None, due_at__lt=AT).order_by("due_at")
    return {str(labels[c.name].label): f"{(AT - c.due_at).days} 天" for c in running}


def badges(client, url) -> list[tuple[str, str]]:
    return [(unescape(word), amount) for word, amount in BADGE.findall(page(client.get(url)))]


LISTS = {
    "received": [(DISPATCHER, "hotline:board"), (LEADER, "hotline:search"), (LEADER, "hotline:figures")],
    "signed": [(HANDLER, "hotline:inbox"), (SUPERVISOR, "hotline:search"), (LEADER, "hotline:figures")],
    "submitted": [(REVIEWER, "hotline:review"), (LEADER, "hotline:search"), (HANDLER, "hotline:inbox")],
}


@pytest.mark.parametrize(
    ("state", "username", "where"), [(state, *one) for state, pages in LISTS.items() for one in pages]
)
def test_a_list_names_the_term_that_is_over_and_counts_the_days_of_the_calendar(state, username, where):
    case = make_request(state=state, at=LONG_AGO)
    term, days = next(iter(lateness(case).items()))
    query = {"tab": "unit"} if where == "hotline:inbox" else None
    assert set(badges(at_desk(username), reverse(where, query=query))) == {(f"{term}超时", days)}


def test_a_term_that_was_missed_says_by_how_much_not_how_long_it_took():
    case = make_request(state="dispatched", at=LONG_AGO)
    clock = CaseClock.objects.get(case=case, name="sign")
    CaseClock.objects.filter(pk=clock.pk).update(stopped_at=clock.due_at + timedelta(days=9, hours=3))
    face = at_desk(SUPERVISOR).get(case_url(case)).context["clock"]
    assert {(line.label, line.badge.word, line.words) for line in face.lines if line.label == "签收"} == {
        ("签收", "超时", "9 天")
    }


def test_case_page_work_order_and_supervisor_say_the_same_of_every_term():
    case = make_request(state="signed", at=LONG_AGO)
    over = lateness(case)
    assert len(over) > 1
    client = at_desk(SUPERVISOR)
    face = client.get(case_url(case)).context["clock"]
    told = {face.title.removesuffix("期限"): "".join(" ".join(pair) for pair in face.big)}
    told |= {line.label: line.badge.left for line in face.lines if line.badge and line.badge.word == "超时"}
    assert {name: words for name, words in told.items() if name in over} == over
    row = client.get(reverse("hotline:supervise")).context["lines"][0]
    assert {one.name: one.badge.left for one in row.clocks if one.badge.state == "late"} == over
    term, days = next(iter(over.items()))
    order = at_desk(HANDLER).post(reverse("hotline:orders"), {"case": case.number})
    assert f"{term}超时 {days}" in " ".join(pdf_text(order.content).split())
