"""A number, however long: given at every door, tracked by whoever has the receipt, found by staff and programs."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from gongjian.casework.models import Case
from gongjian.domains.hotline import bulk
from gongjian.domains.hotline.tests import open311, test_api, test_call_desk, test_importing, test_phone, test_report
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, CLERK, SUPERVISOR, at_desk, page
from gongjian.domains.hotline.tests.test_bulk import told
from gongjian.identity.queries import units
from gongjian.testing.cases import DISPATCHER, again, bring_to, make_request
from gongjian.testing.serials import next_serial

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
PAST = (100_000, 100_030, 9_999_999_990)
CODE = re.compile(r"(?:[2-9A-HJ-NP-Z]{4} ){2}[2-9A-HJ-NP-Z]{5}")


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def by_web():
    """Return number and receipt code."""
    client = Client()
    test_report.fill(client)
    assert test_report.post(client, "check").status_code == 302
    shown = page(client.get(reverse("hotline:report_done")))
    return re.search(r"YT-2611-\d+", shown).group(), CODE.search(shown).group()


def by_phone_without_signal():
    facts = test_phone.send(topic="env-site-noise").json()
    return facts["number"], dict(facts["facts"])["查询码"]


def by_call():
    client = at_desk(CALL_TAKER)
    answer = test_call_desk.send(client, token=uuid4().hex)
    assert answer.status_code == 302
    shown = page(client.get(answer.url))
    return re.search(r"YT-2611-\d+", shown).group(), CODE.search(shown).group()


def by_api():
    answer = test_api.send(Client())
    assert answer.status_code == 201
    return answer.json()["id"], answer.json()["receipt"]


def by_open311():
    open311.make_key(plain=uuid4().hex, username=uuid4().hex)
    open311.make_key(username=uuid4().hex)
    return open311.number_of(open311.post(Client())), ""


DOORS = [by_web, by_phone_without_signal, by_call, by_api, by_open311]


@pytest.mark.parametrize("serial", PAST)
@pytest.mark.parametrize("report", DOORS)
def test_past_99999_in_a_month_every_door_gives_a_number_that_everybody_finds(report, serial):
    with next_serial(serial % 100_000 or 1):
        make_request()  # holds what the serial would become if it wrapped
    with next_serial(serial):
        number, receipt = report()
    assert number == f"YT-2611-{serial}"
    assert Case.objects.filter(number=number).exists()
    if receipt:
        for typed in (number, number.lower(), number.replace("-", ""), number.replace("-", "－")):
            tracked = Client().post(reverse("hotline:track"), {"number": typed, "secret": receipt})
            assert (tracked.status_code, tracked.url) == (302, reverse("hotline:track_case", args=[number]))
        program = Client().get(f"{test_api.CASES}/{number}", headers={"X-Receipt": receipt})
        assert program.json()["id"] == number
    assert open311.number_of(open311.get(Client(), f"requests/{number}.json")) == number
    assert open311.number_of(open311.get(Client(), "requests.json", service_request_id=number)) == number
    found = at_desk(SUPERVISOR).get(reverse("hotline:search"), {"q": number.replace("-", " ").lower()})
    assert (found.status_code, found.url) == (302, reverse("hotline:case", args=[number]))
    assert number in page(at_desk(SUPERVISOR).get(found.url))
    portal = Client().get(reverse("portal:search"), {"q": number})
    assert portal.url == f"{reverse('hotline:track')}?number={number}"


@pytest.mark.parametrize("serial", [99_999, *PAST])
def test_a_long_number_goes_from_desk_to_desk(serial):
    with next_serial(serial):
        case = make_request(state="to_dispatch")
    dispatcher, clerk = at_desk(DISPATCHER), at_desk(CLERK)
    assert case.number in page(dispatcher.get(reverse("hotline:board"), {"q": case.number, "case": case.number}))
    offer = f"{case.number}:{case.version}:{units().by_code['hbj'].id}"
    assert dispatcher.post(reverse("hotline:accept_proposals"), {"case": [offer]}).status_code == 200
    case = again(case)
    assert case.state == "dispatched"
    inbox = reverse("hotline:inbox", query={"tab": "unsigned"})
    assert case.number in page(clerk.get(inbox))
    assert clerk.post(inbox, {"case": [f"{case.number}:{case.version}"]}).status_code == 200
    assert again(case).state == "signed"
    order = clerk.get(reverse("hotline:order", args=[case.number]))
    assert order.content.startswith(b"%PDF")
    assert bring_to(again(case), "archived", at=AT).number == case.number


def test_a_month_that_holds_99999_takes_in_more_records(tmp_path):
    with next_serial(99_999):
        old = make_request(at=AT - timedelta(days=40))
        lines = [test_importing.done().replace("A1", f"C{n}").replace("2025-03", "2026-10") for n in range(3)]
        batch = test_importing.take_in(test_importing.file_of(tmp_path, *lines))
        assert batch.created == 3
        new = make_request().number
    numbers = set(Case.objects.exclude(request__external_number=None).values_list("number", flat=True))
    assert old.number == "YT-2610-99999"
    assert numbers == {"YT-2610-100000", "YT-2610-100001", "YT-2610-100002"}
    assert new.startswith("YT-2611-10")
    client = at_desk(SUPERVISOR)
    for number in numbers:
        assert client.get(reverse("hotline:search"), {"q": number}).url == reverse("hotline:case", args=[number])
        shown = page(Client().post(reverse("hotline:track"), {"number": number, "secret": "ABCDEFGHJK"}))
        assert "没有找到这一对" in shown


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_never_get_the_same_number(district):
    """One is in the middle of a load, two load whole, and others report one by one."""
    record = told(make_request())
    last_month = record._replace(steps=[s._replace(at=s.at - timedelta(days=30)) for s in record.steps])

    def loads(_):
        try:
            return bulk.load([record, last_month] * 40)
        finally:
            connection.close()

    def reports(n):
        try:
            return [make_request(at=AT - timedelta(days=30 * (n % 2))) for _ in range(10)]
        finally:
            connection.close()

    def slowly():
        yield record
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(reports, range(4)))
        yield from [record, last_month] * 60

    assert bulk.load(slowly()) == 121
    with ThreadPoolExecutor(4) as pool:
        loaded, reported = pool.map(loads, range(2)), pool.map(reports, range(2))
        assert (list(loaded), sum(map(len, reported))) == ([80, 80], 20)
    assert Case.objects.count() == 1 + 40 + 121 + 160 + 20
