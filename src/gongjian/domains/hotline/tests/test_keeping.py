"""Saved filters on every list, the list as a spreadsheet, and the desks of somebody absent."""

import csv
import io
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import Case
from gongjian.domains.hotline.actions import keeping, taking
from gongjian.domains.hotline.models import ListExport, SavedFilter
from gongjian.domains.hotline.pages.lists import PLACES
from gongjian.domains.hotline.queries.everyday import MOST_FILTERS
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CALL_TAKER,
    CLERK,
    HANDLER,
    HEAD,
    OTHER_HANDLER,
    REVIEWER,
    SUPERVISOR,
    at_desk,
    page,
)
from gongjian.identity.models import Assignment, Deputy, User
from gongjian.notify.models import Message
from gongjian.testing.assertions import assert_at_most_queries, assert_refused
from gongjian.testing.cases import make_request
from gongjian.testing.cast import actor

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
DISPATCHER, CALLBACK = "zhou.zhiyuan", "han.xuefei"
WHO = {
    "search": SUPERVISOR,
    "inbox": HANDLER,
    "board": DISPATCHER,
    "supervise": SUPERVISOR,
    "review": REVIEWER,
    "callback": CALLBACK,
}
QUERY = {
    "search": "state=open&late=1",
    "inbox": "tab=unit&late=1",
    "board": "tab=returned",
    "supervise": "tab=soon",
    "review": "resolved=no",
    "callback": "ripe=1&tries=0",
}


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch, steady_memory):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def keep(client, name, query, *, called="永安", **more):
    return client.post(f"{reverse('hotline:save_filter', args=[name])}?{query}", {"name": called, **more})


def taken(client, name, kind="csv", query=""):
    return client.get(f"{reverse('hotline:take_list', args=[name])}?as={kind}&{query}")


@pytest.mark.parametrize("name", WHO)
def test_a_filter_is_kept_shown_and_opens_its_page(name):
    client = at_desk(WHO[name])
    here = reverse(f"hotline:{name}")
    done = keep(client, name, QUERY[name], opens="1")
    assert done.status_code == 302
    kept = SavedFilter.objects.get()
    assert parse_qs(kept.query) == parse_qs(QUERY[name])
    assert kept.opens
    opened = client.get(here)
    assert opened.status_code == 302
    assert urlsplit(opened["Location"]).query == kept.query
    shown = page(client.get(opened["Location"]))
    assert 'class="chip"' in shown
    assert 'aria-current="true">永安</a>' in shown
    # A way to everything stays open.
    assert client.get(f"{here}?all=1").status_code == 200


def test_words_of_no_list_are_left_out_of_what_is_kept():
    keep(at_desk(HANDLER), "inbox", "tab=unit&topic=x&evil=%3Cscript%3E&community=99999999999")
    assert SavedFilter.objects.get().query == "tab=unit"


def test_a_lent_filter_is_seen_in_the_unit_and_nowhere_else():
    keep(at_desk(HANDLER), "inbox", "tab=unit&late=1", called="本科室超时", shared="1")
    keep(at_desk(HANDLER), "inbox", "tab=mine", called="只有我")
    mine, colleague = page(at_desk(HANDLER).get("/desk/inbox/?all=1")), page(at_desk(CLERK).get("/desk/inbox/?all=1"))
    assert "本科室超时" in mine
    assert "只有我" in mine
    assert "本科室超时" in colleague
    assert "只有我" not in colleague
    assert "本科室超时" not in page(at_desk(OTHER_HANDLER).get("/desk/inbox/?all=1"))


def test_only_its_owner_manages_a_filter():
    keep(at_desk(HANDLER), "inbox", "tab=unit", shared="1")
    address = reverse("hotline:filter_act", args=[SavedFilter.objects.get().pk])
    assert at_desk(CLERK).post(address, {"act": "drop"}).status_code == 404
    assert at_desk(CLERK).post(address, {"act": "open"}).status_code == 404
    owner = at_desk(HANDLER)
    owner.post(address, {"act": "open"})
    assert SavedFilter.objects.get().opens
    owner.post(address, {"act": "shut"})
    assert not SavedFilter.objects.get().opens
    assert "永安" in page(owner.get(reverse("hotline:filters")))
    owner.post(address, {"act": "drop"})
    assert not SavedFilter.objects.exists()


def test_the_same_name_takes_the_place_of_the_old_one_and_one_opens():
    client = at_desk(HANDLER)
    keep(client, "inbox", "tab=unit", opens="1")
    keep(client, "inbox", "tab=mine", called="我的", opens="1")
    keep(client, "inbox", "tab=unit&late=1")
    assert SavedFilter.objects.count() == 2
    assert SavedFilter.objects.get(opens=True).name == "我的"
    assert SavedFilter.objects.get(name="永安").query == "tab=unit&late=1"


def test_twenty_are_enough_and_a_name_is_needed():
    who = actor(HANDLER, at=AT)
    facts = {"page": "inbox", "query": "tab=unit", "unit_id": None, "opens": False, "actor": who, "at": AT}
    for n in range(MOST_FILTERS):
        keeping.save_filter(name=f"第 {n} 个", **facts)
    with assert_refused("name"):
        keeping.save_filter(name="再一个", **facts)
    keeping.save_filter(name="第 3 个", **{**facts, "query": "tab=mine"})  # in place of itself
    empty = at_desk(CLERK).post(reverse("hotline:save_filter", args=["inbox"]), {"name": "  "})
    assert empty.status_code == 422
    assert "名字" in page(empty)
    with assert_refused("shared"):
        keeping.save_filter(name="别人的", **{**facts, "unit_id": 999_999})


@pytest.mark.parametrize("name", sorted(set(WHO) - {"inbox", "search"}))
def test_a_desk_keeps_and_hands_out_only_to_whoever_works_there(name):
    client = at_desk(CLERK)
    assert keep(client, name, "").status_code == 403
    assert taken(client, name).status_code == 403
    assert client.get(reverse("hotline:take_list", args=["nowhere"])).status_code == 404


def test_kept_filters_cost_no_statement_of_their_own():
    client = at_desk(HANDLER)
    client.get("/desk/inbox/?tab=unit")
    with assert_at_most_queries(4):
        client.get("/desk/inbox/?tab=unit")
    for n in range(10):
        keep(client, "inbox", "tab=unit", called=f"{n}", shared="1")
    with assert_at_most_queries(4):
        client.get("/desk/inbox/?tab=unit")


@pytest.mark.parametrize("name", WHO)
def test_every_list_comes_out_as_both_kinds_of_table(name):
    states = {"board": "to_dispatch", "review": "submitted", "callback": "callback"}
    case = make_request(state=states.get(name, "in_progress"))
    client = at_desk(WHO[name])
    query = {"inbox": "tab=unit", "supervise": "tab=late"}.get(name, "")
    if name == "supervise":
        Case.objects.filter(pk=case.pk).update(due_at=AT - timedelta(hours=1))
    answer = taken(client, name, "csv", query)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()
    assert [row["件号"] for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))] == [case.number]
    assert "13800006021" not in text
    assert "刘晓梅" not in text
    book = taken(client, name, "xlsx", query)
    assert book.status_code == 200
    head, *rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(b"".join(book.streaming_content))).get_sheet_by_index(0).to_python()
    )
    assert dict(zip(head, rows[0], strict=True))["件号"] == case.number
    assert dict(zip(head, rows[0], strict=True))["数据"] == "演示，虚构"
    assert len(rows) == 1
    entries = AuditEntry.objects.filter(action="hotline.export")
    assert [e.object_id for e in entries] == [name, name]
    assert {e.actor_id for e in entries} == {User.objects.get(username=WHO[name]).pk}


def test_a_list_taken_out_holds_what_the_filter_shows_and_no_other_unit():
    mine, theirs = make_request(state="in_progress"), make_request(state="in_progress", topic="traffic-parking")
    assert mine.holder_unit_id != theirs.holder_unit_id
    client = at_desk(HANDLER)
    text = b"".join(taken(client, "inbox", "csv", "tab=unit").streaming_content).decode()
    assert mine.number in text
    assert theirs.number not in text
    text = b"".join(taken(client, "inbox", "csv", "tab=unit&late=1").streaming_content).decode()
    assert mine.number not in text
    assert taken(client, "search").status_code == 403  # reaches further, needs the right to export
    assert taken(at_desk(CALL_TAKER), "search").status_code == 403


def test_a_long_list_is_written_by_a_job_and_its_owner_is_told(monkeypatch):
    cases = [make_request(state="in_progress") for _ in range(3)]
    monkeypatch.setattr(taking, "AT_ONCE", 2)
    client = at_desk(HANDLER)
    sent = taken(client, "inbox", "xlsx", "tab=unit")
    export = ListExport.objects.get()
    assert sent["Location"] == reverse("hotline:export_page", args=[export.pk])
    assert "排队中" in page(client.get(sent["Location"]))
    assert client.get(reverse("hotline:export_file", args=[export.pk])).status_code == 404
    assert taking.write_list(export_id=export.pk, at=AT)
    assert not taking.write_list(export_id=export.pk, at=AT)  # a second run does nothing
    told = Message.objects.get(template="hotline/export_ready")
    assert told.link == sent["Location"]
    assert "写好了" in page(client.get(sent["Location"], headers={"HX-Request": "true"}))
    file = client.get(reverse("hotline:export_file", args=[export.pk]))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(file.streaming_content))).get_sheet_by_index(0)
    assert {row[0] for row in rows.to_python()[1:]} == {c.number for c in cases}
    assert at_desk(CLERK).get(sent["Location"]).status_code == 404
    assert at_desk(CLERK).get(reverse("hotline:export_file", args=[export.pk])).status_code == 404
    assert str(export.pk) in page(client.get(reverse("hotline:exports")))
    assert taking.forget_exports(at=AT + timedelta(days=8)) == 1


def stand_in(absent, deputy, *, ends):
    Deputy.objects.create(
        absent=User.objects.get(username=absent),
        deputy=User.objects.get(username=deputy),
        starts=AT - timedelta(days=1),
        ends=ends,
    )


def test_a_deputy_sees_for_whom_and_parts_the_desks():
    own, theirs = make_request(state="in_progress"), make_request(state="in_progress", topic="traffic-parking")
    absent = User.objects.get(pk=theirs.holder_id)
    stand_in(absent.username, HANDLER, ends=AT.replace(hour=0, minute=0) + timedelta(days=8))
    client = at_desk(HANDLER)
    shown = page(client.get("/desk/inbox/?tab=unit"))
    assert f"代 {absent.name}（至 11月30日）" in shown
    assert own.number in shown
    assert theirs.number in shown
    alone = page(client.get("/desk/inbox/?tab=unit&for=me"))
    assert own.number in alone
    assert theirs.number not in alone
    deputised = page(client.get(f"/desk/inbox/?tab=mine&for={absent.pk}"))
    assert theirs.number in deputised
    assert own.number not in deputised
    text = b"".join(taken(client, "inbox", "csv", f"tab=unit&for={absent.pk}").streaming_content).decode()
    assert theirs.number in text
    assert own.number not in text
    # The other desks say it too; a stranger's number narrows nothing.
    assert Assignment.objects.filter(user=absent).exists()
    assert own.number in page(client.get("/desk/inbox/?tab=unit&for=99999"))
    assert "（至" not in page(at_desk(HEAD).get("/desk/inbox/?tab=unit"))


def test_places_name_pages_that_exist():
    assert set(PLACES) == set(WHO)
