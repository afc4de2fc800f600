"""Restricted topics: counted nowhere, dispatched by the clock, told to their readers alone, whatever way they come."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Sum

from gongjian.casefile.restriction import follow_topic
from gongjian.casework.models import Case, CaseEvent, Tally, TallyDelta, Topic
from gongjian.casework.queries import standings
from gongjian.casework.sweeps import fold_tally
from gongjian.casework.tasks import tell_event
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.access import visible_to
from gongjian.domains.hotline.actions.dispatching import retitle
from gongjian.domains.hotline.bulk.loading import recount
from gongjian.domains.hotline.queries.figures import due_now, opened
from gongjian.domains.hotline.sweeps import sweep_restricted
from gongjian.domains.hotline.tests.records import OPEN, done, file_of, take_back, take_in, topic_name
from gongjian.domains.hotline.tests.staff_pages import at_desk
from gongjian.domains.hotline.tests.test_call_desk import call
from gongjian.domains.hotline.workflow import KINDS
from gongjian.identity.models import User
from gongjian.notify.models import Message
from gongjian.testing.cases import TOPIC, again, make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_AFTERNOON, MONDAY_MORNING

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("district")]
CHILD = "social-child"
LATER = MONDAY_MORNING + timedelta(days=60)


def counted() -> Counter:
    """Return the cases by the places the tally says, folded and fresh."""
    found = Counter()
    for table in (Tally, TallyDelta):
        for *place, n in table.objects.values_list("kind", "topic_id", "unit_id", "community_id", "state").annotate(
            n=Sum("n")
        ):
            found[tuple(place)] += n
    return Counter({place: n for place, n in found.items() if n})


def standing() -> Counter:
    rows = Case.objects.filter(restricted=False)
    return Counter(rows.values_list("kind", "topic_id", "holder_unit_id", "community_id", "state"))


def turn(code: str, *, restricted: bool) -> None:
    topic = Topic.objects.get(code=code)
    topic.restricted = restricted
    topic.save()
    follow_topic(topic)
    queries.forget()


def in_all() -> int:
    return sum(row["n"] for row in standings(kinds=KINDS, by=("state",), open_only=False))


def test_the_tally_leaves_restricted_cases_out_at_every_turn():
    make_request(state="in_progress")
    child = make_request(topic=CHILD)
    assert (again(child).restricted, in_all(), counted() == standing()) == (True, 1, True)
    supervisor = actor("mo.lan", at=MONDAY_AFTERNOON)
    plain, closed = (Topic.objects.get(code=code).pk for code in (TOPIC, CHILD))
    retitle(case=again(child), title="路灯不亮", topic_id=plain, actor=supervisor, at=MONDAY_AFTERNOON)
    assert (again(child).restricted, in_all(), counted() == standing()) == (False, 2, True)
    fold_tally(at=MONDAY_AFTERNOON)
    retitle(case=again(child), title="孩子", topic_id=closed, actor=supervisor, at=MONDAY_AFTERNOON)
    assert (again(child).restricted, in_all(), counted() == standing()) == (True, 1, True)
    turn(TOPIC, restricted=True)
    assert (in_all(), counted() == standing()) == (0, True)
    turn(CHILD, restricted=False)
    turn(TOPIC, restricted=False)
    assert (in_all(), counted() == standing()) == (2, True)
    recount()
    assert counted() == standing()


def test_headlines_are_the_same_for_those_who_may_look_and_those_who_may_not():
    make_request(state="in_progress")
    make_request(topic=CHILD)
    sweep_restricted(at=MONDAY_AFTERNOON)
    leaves = [topic.id for topic in queries.catalogue(MONDAY_MORNING).leaves]
    known = [unit for unit in Case.objects.values_list("holder_unit", flat=True) if unit]
    for user in ("song.yuanhang", "mo.lan", "pan.ruilin"):
        user_id = User.objects.get(username=user).pk
        assert sum(due_now(at=LATER, units=None, known=known, user_id=user_id).late.values()) == 1
    assert sum(opened(last=MONDAY_AFTERNOON.date(), topics=leaves).places.values()) == 1
    week = queries.last_week(MONDAY_AFTERNOON)
    assert (week.received, week.closed) == (1, 0)


def test_the_clock_sends_a_restricted_case_once_and_its_named_handler_finds_it():
    child = make_request(topic=CHILD)
    plain = make_request()
    assert sweep_restricted(at=MONDAY_AFTERNOON) == 1
    assert sweep_restricted(at=MONDAY_AFTERNOON) == 0
    sent = again(child)
    assert (sent.state, sent.holder_unit.code, again(plain).state) == ("dispatched", "mzj", "received")
    seen = {m: visible_to(actor(m)).filter(pk=child.pk).exists() for m in ("bai.ruoning", "mo.lan", "pan.ruilin")}
    assert all(seen.values()), seen
    for blind in ("chen.jingyi", "zhou.zhiyuan", "song.yuanhang", "ye.wanqing", "feng.zhengyi", "zheng.haifeng"):
        assert not visible_to(actor(blind)).filter(pk=child.pk).exists(), blind


@pytest.mark.parametrize("address", ["/desk/inbox/", "/desk/cases/{number}/"])
def test_its_readers_are_told_that_others_do_not_see_it(monkeypatch, address):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_AFTERNOON.isoformat())
    child = make_request(topic=CHILD)
    sweep_restricted(at=MONDAY_AFTERNOON)
    page = at_desk("bai.ruoning").get(address.format(number=child.number)).content.decode()
    assert child.number in page
    assert "限制查看" in page


def test_one_that_nobody_is_named_for_waits_for_a_dispatcher_who_may_read_it():
    topic = Topic.objects.get(code=CHILD)
    with connection.cursor() as cursor:
        cursor.execute("delete from hotline_dispatchrule where topic_id = %s", [topic.pk])
    queries.forget()
    child = make_request(topic=CHILD)
    assert sweep_restricted(at=MONDAY_AFTERNOON) == 0
    assert child.number in at_desk("mo.lan").get("/desk/board/").content.decode()
    assert child.number not in at_desk("zhou.zhiyuan").get("/desk/board/").content.decode()


def test_notices_of_a_restricted_case_go_to_its_readers_alone():
    child = make_request(topic=CHILD)
    sweep_restricted(at=MONDAY_AFTERNOON)
    event = CaseEvent.objects.filter(case=child).order_by("-pk").first()
    for move in ("dispatch", "overdue", "escalate"):
        one = CaseEvent.objects.get(pk=event.pk)
        CaseEvent.objects.bulk_create([_again(one, move)])
    for pk in CaseEvent.objects.filter(case=child).exclude(move="register").values_list("pk", flat=True):
        tell_event(pk, at=MONDAY_AFTERNOON)
    told = set(Message.objects.exclude(recipient_user=None).values_list("recipient_user__username", flat=True))
    assert told == {"bai.ruoning", "mo.lan", "pan.ruilin"}


def _again(event: CaseEvent, move: str) -> CaseEvent:
    event.pk, event.move, event.before = None, move, event.after
    return event


def test_the_call_taker_reads_out_the_receipt_and_finds_no_way_to_the_case(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_AFTERNOON.isoformat())
    client = at_desk("chen.jingyi")
    topic = Topic.objects.get(code=CHILD)
    form = call(topic=str(topic.pk), topic_text=topic.name_zh)
    page = client.post("/desk/call/", form, follow=True).content.decode()
    child = Case.objects.get(topic=topic)
    assert child.number in page
    assert f"/desk/cases/{child.number}/" not in page
    assert client.get(f"/desk/cases/{child.number}/").status_code == 404


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_dispatcher_who_makes_a_case_restricted_is_told_and_led_back(headers):
    case, topic = make_request(state="to_dispatch"), Topic.objects.get(code=CHILD)
    form = {"version": str(case.version), "title": "孩子独自在家", "topic": topic.name_zh}
    client = at_desk("zhou.zhiyuan")
    answer = client.post(f"/desk/board/{case.number}/retitle/", form, headers=headers)
    assert (again(case).restricted, answer.status_code) == (True, 204 if headers else 302)
    page = client.get(answer.headers.get("HX-Redirect") or answer.headers["Location"]).content.decode()
    assert "这一类限制查看" in page
    assert page.count(case.number) == 1  # in that sentence


def test_an_import_brings_restricted_cases_counts_none_and_takes_them_back_to_nothing(tmp_path):
    child = Topic.objects.get(code=CHILD).name_zh
    lines = (
        done().replace(topic_name(), child),
        OPEN.replace("2026-11-01,,,", f"2026-11-01,,{child},"),
        OPEN.replace("A2", "A3"),
    )
    batch = take_in(file_of(tmp_path, *lines))
    assert Counter(Case.objects.values_list("restricted", flat=True)) == {True: 2, False: 1}
    assert (in_all(), counted() == standing()) == (1, True)
    changed = take_in(file_of(tmp_path, OPEN.replace("A2", "A3").replace("2026-11-01,,,", f"2026-11-01,,{child},")))
    assert (Case.objects.filter(restricted=True).count(), in_all(), counted() == standing()) == (3, 0, True)
    take_back(changed)
    assert (Case.objects.filter(restricted=True).count(), in_all(), counted() == standing()) == (2, 1, True)
    take_back(batch)
    assert (Case.objects.count(), in_all(), sum(counted().values())) == (0, 0, 0)
