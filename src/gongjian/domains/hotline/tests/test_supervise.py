"""The supervisor's desk: the latest first and which clock, remarks to the unit, what waits for a decision."""

from datetime import timedelta

import pytest
from django.urls import reverse

from gongjian.casework.models import CaseEvent
from gongjian.casework.sweeps import sweep_clocks
from gongjian.casework.tasks import tell_event
from gongjian.domains.hotline.actions import handling, replying
from gongjian.domains.hotline.pages.supervise import LISTS, unit_standings
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CALL_TAKER,
    CLERK,
    HANDLER,
    HEAD,
    LEADER,
    SUPERVISOR,
    act,
    at_desk,
    page,
)
from gongjian.identity.actor import ANONYMOUS
from gongjian.identity.models import User
from gongjian.identity.queries import units
from gongjian.notify.models import Message
from gongjian.testing.assertions import assert_at_most_queries, moves_of, statements
from gongjian.testing.cases import DISPATCHER, again, handler_of, make_request, party_of
from gongjian.testing.clock import MONDAY_MORNING, later

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
WEEKS_AGO = MONDAY_MORNING - timedelta(days=21)
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def desk(**query):
    return reverse("hotline:supervise", query=query or None)


def note(client, case, text, **more):
    return client.post(
        reverse("hotline:supervise_note", args=[case.number]), {"version": str(case.version), "text": text}, **more
    )


def lines(client, **query):
    return [line.row.number for line in client.get(desk(**query)).context["lines"]]


def asked_twice(case):
    """Let the unit ask for a second extension."""
    head, handler = handler_of(case, AT, "unit_head"), handler_of(case, AT)
    handling.ask_extension(case=case, days=1, reason="等监测。", actor=handler, at=AT)
    handling.decide_extension(case=again(case), granted=True, reason="", actor=head, at=AT)
    handling.ask_extension(case=again(case), days=2, reason="还要等设备。", actor=handler, at=AT)
    return again(case)


def test_the_latest_stands_first_with_the_clock_that_ran_out():
    late = make_request(state="in_progress", at=WEEKS_AGO, title="晚得最久")
    less = make_request(state="dispatched", at=AT - timedelta(days=3), title="晚了一点")
    make_request(title="还早", at=AT)
    client = at_desk(SUPERVISOR)
    assert lines(client) == [late.number, less.number]
    shown = page(client.get(desk()))
    for words in ("答复", "签收", "超时"):
        assert words in shown
    by_name = {line.row.number: line.clocks for line in client.get(desk()).context["lines"]}
    assert next((one.name, one.badge.state) for one in by_name[less.number]) == ("签收", "late")


def test_every_list_holds_what_its_name_says():
    late = make_request(state="in_progress", at=WEEKS_AGO)
    soon = make_request(state="dispatched", at=AT - timedelta(minutes=20))
    second = asked_twice(make_request(state="in_progress", at=AT - timedelta(hours=2)))
    back = make_request(state="returned", at=AT - timedelta(minutes=30))
    unsolved = make_request(state="replied", at=AT - timedelta(hours=3))
    replying.rate(
        case=unsolved,
        solved="no",
        satisfaction=1,
        comment="还在响。",
        as_party=party_of(unsolved),
        actor=ANONYMOUS,
        at=AT,
    )
    client = at_desk(SUPERVISOR)
    assert late.number in lines(client)
    assert soon.number in lines(client, tab="soon")
    assert lines(client, tab="second") == [second.number]
    assert lines(client, tab="returned") == [back.number]
    assert lines(client, tab="redone") == [unsolved.number]


@pytest.mark.parametrize("who", [CLERK, HANDLER, HEAD, CALL_TAKER, DISPATCHER, LEADER])
def test_only_supervisors_come_in(who):
    case = make_request(state="dispatched")
    client = at_desk(who)
    assert client.get(desk()).status_code == 403
    assert note(client, case, "抓紧。").status_code == 403
    assert "desk_note" not in moves_of(case.pk)


def test_a_remark_reaches_the_unit_and_leaves_everybodys_page_alone():
    case = make_request(state="in_progress")
    answer = note(at_desk(SUPERVISOR), case, "今天之内联系居民。")
    assert answer.status_code == 302
    assert again(case).version == case.version
    event = CaseEvent.objects.get(case=case, move="desk_note")
    assert not event.public
    tell_event(event.pk, at=AT)
    told = set(Message.objects.filter(recipient_user__isnull=False).values_list("recipient_user__username", flat=True))
    assert CLERK in told
    clerk = Message.objects.filter(recipient_user=User.objects.get(username=CLERK)).latest("pk")
    assert case.number in clerk.subject + clerk.body
    assert act(at_desk(HANDLER), case, "note", text="已安排。").status_code == 302


def test_a_remark_without_words_is_refused_and_a_stale_one_keeps_them():
    case, client = make_request(state="dispatched"), at_desk(SUPERVISOR)
    assert note(client, case, " ").status_code == 422
    handling.sign(case=case, actor=handler_of(case, AT, "unit_clerk"), at=AT)
    stale = note(client, case, "马上签收。")
    assert stale.status_code == 409
    assert "马上签收。" in page(stale)
    assert "吴倩" in page(stale)
    htmx = note(client, case, "马上签收。", headers=HTMX)
    assert htmx.status_code == 409
    assert "<html" not in page(htmx)
    assert note(client, again(case), "马上签收。", headers=HTMX).status_code == 200


def test_the_second_extension_is_decided_from_here():
    case, client = asked_twice(make_request(state="in_progress")), at_desk(SUPERVISOR)
    shown = page(client.get(desk(tab="second", case=case.number)))
    link = reverse("hotline:case_act", args=[case.number, "decide_extension"])
    assert link in shown
    assert act(client, case, "decide_extension", granted="yes", reason="").status_code == 302
    assert moves_of(case.pk)[-1] == "grant_second_extension"
    assert lines(client, tab="second") == []


def test_a_wrong_move_can_be_corrected_from_here():
    case, client = make_request(state="signed"), at_desk(SUPERVISOR)
    assert reverse("hotline:case_act", args=[case.number, "correct"]) in page(client.get(desk(case=case.number)))
    assert act(client, case, "correct", reason="签错了。").status_code == 302
    assert again(case).state == "dispatched"


def test_units_are_counted_exactly_and_lead_to_their_lists():
    for _ in range(2):
        make_request(state="dispatched", at=WEEKS_AGO)
    make_request(state="submitted", at=AT - timedelta(hours=1))
    make_request(state="closed", at=AT - timedelta(hours=1))
    hbj = units().by_code["hbj"]
    (one,) = [u for u in unit_standings(AT) if u.unit_id == hbj.id]
    assert (one.total, one.late, one.states) == (3, 2, {"dispatched": 2, "submitted": 1})
    client = at_desk(SUPERVISOR)
    shown = page(client.get(desk(tab="units")))
    assert hbj.short_zh in shown
    assert desk(tab="late", unit=hbj.id).replace("&", "&amp;") in shown
    assert "<svg" in shown
    assert len(lines(client, tab="late", unit=hbj.id)) == 2
    assert lines(client, tab="late", unit=units().by_code["jjdd"].id) == []


def test_the_list_costs_the_same_for_ten_rows_as_for_fifty(steady_memory):
    client = at_desk(SUPERVISOR)

    def cost():
        client.get(desk())
        with assert_at_most_queries(5) as captured:  # the clocks of the page are one more
            answer = client.get(desk())
        return len(statements(captured)), len(answer.context["lines"])

    for _ in range(10):
        make_request(state="dispatched", at=WEEKS_AGO)
    few = cost()
    for _ in range(45):
        make_request(state="dispatched", at=WEEKS_AGO)
    assert few == (5, 10)
    assert cost() == (5, 50)


def test_pages_follow_each_other():
    made = [make_request(state="dispatched", at=WEEKS_AGO + timedelta(minutes=n)).number for n in range(53)]
    client = at_desk(SUPERVISOR)
    first = client.get(desk())
    rest = lines(client, after=first.context["page"].next)
    assert [line.row.number for line in first.context["lines"]] + rest == made


@pytest.mark.parametrize(
    "query", [{"tab": "x"}, {"unit": "-1"}, {"unit": "９"}, {"after": "%%%"}, {"unit": "99999"}, {"case": "\x00"}]
)
def test_nonsense_shows_the_first_list(query):
    late = make_request(state="dispatched", at=WEEKS_AGO)
    assert lines(at_desk(SUPERVISOR), **query) == [late.number]


def test_empty_lists_say_so():
    client = at_desk(SUPERVISOR)
    for tab in LISTS:
        assert "没有" in page(client.get(desk(tab=tab)))
    assert "没有单位有在手的件" in page(client.get(desk(tab="units")))
    assert client.get(desk(case="YT-0000-00000")).status_code == 404


def test_a_clock_that_waits_for_the_resident_is_not_late():
    case = make_request(state="waiting_citizen", at=AT - timedelta(hours=4))
    client = at_desk(SUPERVISOR)
    assert case.number not in lines(client)
    shown = page(client.get(reverse("hotline:supervise_case", args=[case.number]), headers=HTMX))
    assert "计时停着" in shown
    assert "13800006021" not in shown


def test_what_the_sweep_finds_late_stands_on_the_desk(monkeypatch):
    case = make_request(state="dispatched")
    at = later(MONDAY_MORNING, days=1)
    while sweep_clocks(at=at):
        pass
    monkeypatch.setenv("GONGJIAN_CLOCK", at.isoformat())
    assert "overdue" in moves_of(case.pk)
    assert lines(at_desk(SUPERVISOR)) == [case.number]
