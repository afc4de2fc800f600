"""Open311: programs that others wrote, as they are, against a running server; skipped where one is not installed."""

import itertools
import sys
from threading import Barrier, Thread
from urllib.request import urlopen
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client

from gongjian.casework.models import Case, CaseEvent
from gongjian.demo.accounts import ensure_keys, keys
from gongjian.domains.hotline.models import ProgramUpdate
from gongjian.domains.hotline.tests.open311 import KEY, LIGHT, make_key, number_of, post
from gongjian.identity.models import ApiKey
from gongjian.testing.cases import bring_to, make_request
from gongjian.testing.clock import MONDAY_MORNING


@pytest.fixture
def base(db, district, live_server, monkeypatch, settings):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    settings.PUBLIC_URL = live_server.url
    make_key()
    return f"{live_server.url}/open311/v2"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["json", "xml"])
def test_georeport_as_it_is(base, form):
    georeport = pytest.importorskip("georeport")
    case = bring_to(make_request(topic="street-lights", title="路灯不亮", description="路灯不亮"), "closed")
    other = make_request()
    program = georeport.GeoReport(base, output_format=form)
    services = program.get_service_list()
    assert "street-lights" in {service["service_code"] for service in services}
    definition = program.get_service_definition("street-lights")
    assert definition["service_code"] == "street-lights"
    listed = program.get_service_requests()
    assert {row["service_request_id"] for row in listed} == {case.number, other.number}
    one = program.get_service_request(case.number)
    assert (one["status"], one["service_name"]) == ("closed", "路灯")
    rows = program.get_service_requests(
        status="closed",
        service_code="street-lights",
        start_date="2026-11-01T00:00:00Z",
        end_date="2026-12-01T00:00:00Z",
    )
    assert (rows if form == "xml" else rows[0])["service_request_id"] == case.number
    with_place = georeport.GeoReport(base + "/", jurisdiction="440308", output_format=form)
    assert with_place.get_service_list() == services


@pytest.mark.django_db(transaction=True)
def test_three_with_the_one_function_python_lost(base, monkeypatch):
    monkeypatch.setattr(itertools, "ifilter", filter, raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == "three"]:
        monkeypatch.delitem(sys.modules, name)
    three = pytest.importorskip("three", exc_type=ImportError)
    program = three.Three(base, api_key=KEY)
    discovery = program.discovery()
    assert [place["type"] for place in discovery["endpoints"]] == ["production", "test"]
    assert "street-lights" in {service["service_code"] for service in program.services()}
    assert program.services("street-lights")["attributes"][0]["code"] == "FAULT"
    given = {name: value for name, value in LIGHT.items() if name.startswith(("lat", "long", "attr", "desc"))}
    told = program.post("street-lights", name="Zach Williams", address="海景二路 128 号", phone="13800006021", **given)
    number = told[0]["service_request_id"]
    assert Case.objects.get().number == number
    assert program.request(number)[0]["description"] == LIGHT["description"]
    assert [row["service_request_id"] for row in program.requests()] == [number]
    assert [row["service_request_id"] for row in program.requests("street-lights", count=1)] == [number]
    assert program.requests(between=["11-01-2026", "11-30-2026"], status="open")[0]["status"] == "open"
    refused = program.post("street-lights", description="no place")
    assert refused[0]["code"] == 400
    assert program.token("123")[0]["code"] == 404


@pytest.mark.django_db(transaction=True)
def test_a_program_finds_its_way_from_discovery_alone(base):
    def read(address):
        with urlopen(address, timeout=60) as answer:
            return ET.fromstring(answer.read())

    endpoints = read(base + "/discovery.xml").findall("endpoints/endpoint")
    for endpoint in endpoints:
        place = endpoint.find("url").text
        service = next(s for s in read(place + "/services.xml") if s.find("metadata").text == "true")
        definition = read(f"{place}/services/{service.find('service_code').text}.xml")
        assert definition.find("attributes/attribute/code").text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["requests.json", "servicerequestupdates.json"])
def test_the_same_thing_sent_at_once_from_many_places_happens_once(base, path):
    number = number_of(post(Client()))
    together, answers = Barrier(4), []

    def send():
        try:
            together.wait(60)
            update = {"service_request_id": number, "description": "又不亮了", "update_id": "u-1"}
            body = {"external_id": "A-1"} if path.startswith("requests") else update
            answers.append(post(Client(enforce_csrf_checks=True), path, body))
        finally:
            connection.close()

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.content for answer in answers}) == 1
    assert Case.objects.count() == (2 if path.startswith("requests") else 1)
    assert CaseEvent.objects.count() == 2
    assert ProgramUpdate.objects.count() == (0 if path.startswith("requests") else 1)


@pytest.mark.django_db(transaction=True)
def test_the_key_of_the_demonstration_reports(base, settings):
    settings.DEMONSTRATION = True
    ensure_keys(at=MONDAY_MORNING)
    key = next(key for key in keys() if key.name == "open311_key")
    number_of(post(Client(), key=key.key))
    ApiKey.objects.filter(user__username=key.username).update(rights=[])
    ensure_keys(at=MONDAY_MORNING)
    number_of(post(Client(), key=key.key))
