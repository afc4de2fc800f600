"""Open311: what other programs read, in both formats, and what they never do."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.db import OperationalError
from django.db.models import F

from gongjian.casework.models import Case, CaseParty, Topic
from gongjian.domains.hotline.actions.open311_reference import load_reference
from gongjian.domains.hotline.models import OpenService, ProgramReport, ServiceAttribute, ServiceRequest, TopicHeir
from gongjian.domains.hotline.queries import forget
from gongjian.domains.hotline.queries.open311 import forget_offer
from gongjian.domains.hotline.tests.open311 import (
    KEY,
    LIGHT,
    TEST,
    V2,
    get,
    make_key,
    number_of,
    post,
    reading_all,
    refused,
    xml,
)
from gongjian.identity.models import Session
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.cases import bring_to, make_request
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
FIELDS = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode",
    "lat", "long", "media_url",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    forget_offer()
    yield
    forget_offer()


def numbers(response):
    assert response.status_code == 200, response.content.decode()
    return [row["service_request_id"] for row in response.json()]


def spark(element):
    """Turn XML into what its JSON must be by the Spark convention, all leaves as text."""
    lists = {
        "services",
        "service_requests",
        "service_request_updates",
        "attributes",
        "values",
        "endpoints",
        "formats",
        "errors",
    }
    if element.tag in lists:
        return [spark(child) for child in element]
    if len(element):
        return {child.tag: spark(child) for child in element}
    return element.text


def leaves(tree):
    if isinstance(tree, list):
        return [leaves(value) for value in tree]
    if isinstance(tree, dict):
        return {name: leaves(value) for name, value in tree.items()}
    if isinstance(tree, bool):
        return "true" if tree else "false"
    return tree if tree is None else str(tree)


def test_discovery_names_a_real_and_a_test_address(client, settings):
    settings.PUBLIC_URL = "https://12349.example.gov.cn"
    body = get(client, "discovery.json").json()
    assert set(body) == {"changeset", "contact", "key_service", "endpoints"}
    assert all(body.values())
    assert [(e["type"], e["url"]) for e in body["endpoints"]] == [
        ("production", "https://12349.example.gov.cn/open311/v2"),
        ("test", "https://12349.example.gov.cn/open311/test/v2"),
    ]
    for endpoint in body["endpoints"]:
        assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
        assert endpoint["changeset"]
        assert endpoint["formats"] == ["text/xml", "application/json"]


def test_services_are_the_topics_but_for_the_confidential_ones(client):
    found = {row["service_code"]: row for row in get(client, "services.json").json()}
    light = found["street-lights"]
    assert light["service_name"] == "路灯"
    assert (light["metadata"], light["type"], light["group"]) == (True, "realtime", "市政设施")
    assert "路灯不亮" in light["keywords"]
    assert found["toilets"]["metadata"] is False
    assert found["street-building"]["type"] == "batch"
    assert not {"social-child", "social-visit", "office-petition"} & set(found)
    assert len(found) == Topic.objects.exclude(parent=None).count() - 4


def test_a_definition_tells_its_questions(client):
    body = get(client, "services/street-lights.json", locale="en").json()
    assert body["service_code"] == "street-lights"
    fault, pole, count = body["attributes"]
    assert fault == {
        "variable": True,
        "code": "FAULT",
        "datatype": "singlevaluelist",
        "required": True,
        "datatype_description": None,
        "order": 1,
        "description": "What is wrong with the light?",
        "values": [
            {"key": "out", "name": "Out"},
            {"key": "flickers", "name": "Flickers"},
            {"key": "day", "name": "Lit by day"},
            {"key": "post", "name": "Post leaning or broken"},
        ],
    }
    assert (pole["datatype"], pole["required"], count["datatype"], count["order"]) == ("string", False, "number", 3)
    assert get(client, "services/toilets.json").json() == {"service_code": "toilets", "attributes": []}
    refused(get(client, "services/gone.json"), 404)
    refused(get(client, "services/social-child.json"), 404)


def test_a_question_is_asked_on_its_days_only(client):
    ServiceAttribute.objects.filter(code="COUNT").update(valid=F("valid") * ("2026-01-01", "2026-11-02"))
    forget_offer()
    codes = [a["code"] for a in get(client, "services/street-lights.json").json()["attributes"]]
    assert codes == ["FAULT", "POLE"]


def test_loading_again_keeps_what_was_changed():
    OpenService.objects.filter(topic__code="social-child").update(keywords="孩子")
    ServiceAttribute.objects.filter(code="POLE").update(ask_zh="灯杆牌号")
    load_reference(at=MONDAY_MORNING)
    assert OpenService.objects.get(topic__code="social-child").keywords == "孩子"
    assert ServiceAttribute.objects.get(code="POLE").ask_zh == "灯杆牌号"


def test_a_report_is_read_as_it_was_sent(client):
    make_key()
    number = number_of(post(client, body={"media_url": "https://example.org/a.jpg"}))
    row = get(client, f"requests/{number}.json", api_key=KEY).json()[0]
    assert list(row) == FIELDS
    expected = {
        "service_request_id": number,
        "status": "open",
        "service_name": "路灯",
        "service_code": "street-lights",
        "description": LIGHT["description"],
        "agency_responsible": None,
        "requested_datetime": "2026-11-23T09:00:00+08:00",
        "address": LIGHT["address_string"],
        "lat": 22.5571,
        "long": 114.2401,
        "media_url": "https://example.org/a.jpg",
    }
    assert {name: row[name] for name in expected} == expected | {"requested_datetime": row["requested_datetime"]}
    assert row["requested_datetime"][:17] == expected["requested_datetime"][:17]
    assert row["status_notes"] == "我们收到了，正在看该由谁来办。"
    assert get(client, "requests.json", api_key=KEY).json() == [row]


def test_the_state_of_a_case_is_open_or_closed_with_notes_unit_and_dates(client):
    case = make_request(state="in_progress")
    row = get(client, f"requests/{case.number}.json", locale="en").json()[0]
    assert (row["status"], row["status_notes"]) == ("open", "The unit is working on it.")
    assert row["agency_responsible"]
    assert row["expected_datetime"] > row["updated_datetime"] > row["requested_datetime"]
    closed = make_request(state="closed")
    row = get(client, f"requests/{closed.number}.json").json()[0]
    assert (row["status"], row["expected_datetime"]) == ("closed", None)
    assert row["updated_datetime"] == closed.closed_at.astimezone(MONDAY_MORNING.tzinfo).isoformat(timespec="seconds")
    rejected = make_request(state="rejected")
    assert "法院" in get(client, f"requests/{rejected.number}.json").json()[0]["status_notes"]


def test_strangers_read_no_words_of_a_call_and_a_place_within_some_hundred_metres(client):
    case = make_request(state="replied", lon=114.240123, lat=22.557123)
    plain = get(client, f"requests/{case.number}.json").json()[0]
    assert plain["description"] is None
    assert (plain["lat"], plain["long"]) == (22.557, 114.24)
    assert plain["address"] == "永安社区"
    assert "刘女士" not in plain["status_notes"]
    make_key("gj_all", "district", rights=reading_all())
    full = get(client, f"requests/{case.number}.json", api_key="gj_all").json()[0]
    assert full["description"].startswith("永安北一街工地夜里打桩")
    assert full["lat"] == 22.557123
    assert "工地没有夜间施工许可" in full["status_notes"]


def test_a_units_key_reads_its_own_cases_in_full(client):
    ours = make_request(state="in_progress")
    other = make_request(state="in_progress", topic="street-lights", description="路灯不亮，夜里看不见。", title="路灯")
    unit = ours.holder_unit
    assert other.holder_unit_id != unit.pk
    make_key("gj_unit", "unit", unit=unit.code, rights=["hotline:case:read_unit"])
    rows = {r["service_request_id"]: r for r in get(client, "requests.json", api_key="gj_unit").json()}
    assert rows[ours.number]["description"] != ours.title
    assert rows[other.number]["description"] is None


def test_the_program_that_reported_reads_the_answer(client):
    make_key()
    number = number_of(post(client))
    case = Case.objects.get()
    bring_to(case, "replied")
    assert "22:00" in get(client, f"requests/{number}.json", api_key=KEY).json()[0]["status_notes"]
    assert "22:00" not in get(client, f"requests/{number}.json").json()[0]["status_notes"]


def test_confidential_cases_kinds_and_topics_are_absent_everywhere(client):
    make_key("gj_all", "district", rights=reading_all())
    hidden = [
        make_request(confidential=True, state="in_progress"),
        make_request(kind="enquiry", state="in_progress"),
        make_request(topic="social-child", state="received", title="孩子", description="孩子没人照看"),
        make_request(topic="", state="received", title="没有类别", description="没有类别"),
    ]
    for params in ({}, {"api_key": "gj_all"}):
        assert numbers(get(client, "requests.json", **params)) == []
        assert get(client, "servicerequestupdates.json", **params).json() == []
        asked = ",".join(case.number for case in hidden)
        assert numbers(get(client, "requests.json", service_request_id=asked, **params)) == []
        assert get(client, "servicerequestupdates.json", service_request_id=asked, **params).json() == []
        for case in hidden:
            refused(get(client, f"requests/{case.number}.json", **params), 404)
    told = post(
        client, "servicerequestupdates.json", {"service_request_id": hidden[0].number, "description": "x"}, key="gj_all"
    )
    refused(told, 404)


def test_the_list_is_narrowed_by_every_filter(client):
    noise, light, old = (
        make_request(),
        make_request(topic="street-lights", state="closed"),
        make_request(state="closed"),
    )
    Case.objects.filter(pk=old.pk).update(opened_at=MONDAY_MORNING - timedelta(days=120))
    everything = numbers(get(client, "requests.json"))
    assert everything == [light.number, noise.number]
    assert numbers(get(client, "requests.json", status="open")) == [noise.number]
    assert numbers(get(client, "requests.json", status="closed,OPEN")) == everything
    assert numbers(get(client, "requests.json", service_code="street-lights")) == [light.number]
    assert numbers(get(client, "requests.json", service_code="street-lights,env-site-noise")) == everything
    asked = f"{old.number.lower()}, {noise.number},YT-0000-00000"
    assert set(numbers(get(client, "requests.json", service_request_id=asked, status="closed"))) == {
        old.number,
        noise.number,
    }
    assert numbers(
        get(client, "requests.json", start_date="2026-07-01T00:00:00Z", end_date="2026-08-01T00:00:00Z")
    ) == [old.number]
    assert numbers(get(client, "requests.json", start_date="2026-07-01", end_date="2026-07-26")) == [old.number]
    assert numbers(get(client, "requests.json", start_date="2026-07-01T00:00:00 08:00")) == [old.number]
    assert numbers(get(client, "requests.json", end_date="2026-08-01T00:00:00+00:00")) == [old.number]
    assert numbers(get(client, "requests.json", start_date="", status="", service_code="", page="")) == everything
    late = (MONDAY_MORNING + timedelta(minutes=10)).isoformat()
    assert light.number in numbers(get(client, "requests.json", updated_after=late))
    assert noise.number not in numbers(get(client, "requests.json", updated_after=late))
    assert numbers(get(client, "requests.json", updated_after="2026-11-23T00:00:00Z", updated_before=late)) == [
        noise.number
    ]


@pytest.mark.parametrize(
    ("params", "status", "names"),
    [
        ({"start_date": "yesterday"}, 400, "start_date"),
        ({"start_date": "2026-11-01T00:00:00"}, 400, "start_date"),
        ({"start_date": "0001-01-01T00:00:00Z"}, 400, "start_date"),
        ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"}, 400, "end_date"),
        ({"start_date": "2026-11-02T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"}, 400, "end_date"),
        ({"updated_before": "9999-12-31T23:59:59Z"}, 400, "updated_before"),
        ({"status": "half"}, 400, "status"),
        ({"service_code": "gone"}, 404, "service_code"),
        ({"page": "0"}, 400, "page"),
        ({"page": "-1"}, 400, "page"),
        ({"page": "99999"}, 400, "page"),
        ({"page_size": "many"}, 400, "page_size"),
        ({"after": "nonsense"}, 400, "after"),
        ({"service_request_id": "x," * 1001 + ",".join(map(str, range(1001)))}, 400, "service_request_id"),
        ({"jurisdiction_id": "city.gov"}, 404, "jurisdiction_id"),
        ({"api_key": "gj_wrong"}, 403, "api_key"),
        ({"status": "open\x00"}, 400, "status"),
    ],
)
def test_what_is_wrong_with_a_list_is_named(client, params, status, names):
    assert names in refused(get(client, "requests.json", **params), status)
    told = get(client, "requests.xml", **params)
    assert told.status_code == status
    root = xml(told)
    assert (root.tag, root[0].tag, root[0].find("code").text) == ("errors", "error", str(status))


def test_pages_follow_each_other_by_number_and_by_link(client):
    cases = [make_request(at=MONDAY_MORNING - timedelta(hours=i)) for i in range(5)]
    wanted = [case.number for case in cases]
    pages = [numbers(get(client, "requests.json", page=n, page_size=2)) for n in (1, 2, 3, 4)]
    assert pages == [wanted[:2], wanted[2:4], wanted[4:], []]
    response, found = get(client, "requests.json", page_size="２"), []
    while True:
        found += numbers(response)
        link = response.headers.get("Link", "")
        if not link:
            break
        assert link.endswith('>; rel="next"')
        response = client.get(link[1:].partition(">")[0])
    assert found == wanted
    assert len(numbers(get(client, "requests.json", page_size=100_000))) == 5


def test_both_formats_say_the_same(client):
    make_key()
    case = bring_to(
        Case.objects.get(number=number_of(post(client, body={"media_url": "https://example.org/?a=1&b=<2>"}))),
        "replied",
    )
    for path in (
        "discovery",
        "services",
        "services/street-lights",
        "services/toilets",
        "requests",
        f"requests/{case.number}",
        "servicerequestupdates",
        "requests/none",
        "tokens/none",
        "somewhere/else",
    ):
        for base in (V2, TEST):
            plain, marked = (
                get(client, f"{path}.json", base, extensions="true"),
                get(client, f"{path}.xml", base, extensions="true"),
            )
            assert plain["Content-Type"] == "application/json; charset=utf-8"
            assert plain.status_code == marked.status_code
            root = xml(marked)
            assert spark(root) == leaves(plain.json())


def test_signs_that_xml_cannot_hold_do_not_break_it(client):
    make_key()
    number = number_of(post(client))
    # As it was taken before signs nobody sees were refused.
    ProgramReport.objects.update(words="路灯\x01\x0b不亮 <b>&amp;]]>\r\n第二行\uffff")
    text = xml(get(client, f"requests/{number}.xml", api_key=KEY)).find("request/description").text
    assert text == get(client, f"requests/{number}.json", api_key=KEY).json()[0]["description"]
    assert text == "路灯不亮 <b>&amp;]]>\r\n第二行"


def test_updates_tell_what_happened_in_order(client):
    make_key()
    number = number_of(post(client))
    bring_to(Case.objects.get(), "in_progress")
    rows = get(client, "servicerequestupdates.json").json()
    assert next(list(row) for row in rows) == [
        "update_id", "service_request_id", "status", "updated_datetime", "description", "media_url",
    ]  # fmt: skip
    assert {row["service_request_id"] for row in rows} == {number}
    assert [row["description"] for row in rows][:3] == ["收到您的反映", "已受理，正在找负责单位", "派给负责的单位"]
    assert {row["status"] for row in rows} == {"OPEN"}
    assert sorted(row["updated_datetime"] for row in rows) == [row["updated_datetime"] for row in rows]
    words = [row["status"] for row in get(client, "servicerequestupdates.json", extensions="true").json()]
    assert words[:3] == ["OPEN", "FOR_TRIAGE", "ACTION_SCHEDULED"]
    after = (MONDAY_MORNING + timedelta(minutes=8)).isoformat()
    assert len(get(client, "servicerequestupdates.json", start_date=after).json()) < len(rows)
    root = xml(get(client, "servicerequestupdates.xml", service_request_id=number))
    assert (root.tag, root[0].tag, len(root)) == ("service_request_updates", "request_update", len(rows))
    first = get(client, "servicerequestupdates.json", page_size=2)
    second = client.get(first["Link"][1:].partition(">")[0])
    assert [r["update_id"] for r in first.json() + second.json()][:4] == [r["update_id"] for r in rows][:4]


def test_looking_at_a_number_is_nobodys_update(client):
    case = make_request(state="in_progress")
    moves = [
        row["description"] for row in get(client, "servicerequestupdates.json", service_request_id=case.number).json()
    ]
    assert "看了您的联系方式" not in moves
    assert not any("核对" in words for words in moves)


def test_answers_go_to_those_who_may_read_the_words(client):
    make_key()
    number = number_of(post(client))
    rows = get(client, f"requests/{number}.json", extensions="true", api_key=KEY).json()[0]["attributes"]
    assert rows == [{"code": "FAULT", "label": "路灯是什么情况？", "value": "不亮"}]
    assert get(client, f"requests/{number}.json", extensions="true").json()[0]["attributes"] == []


def test_a_thousand_requests_cost_two_statements(client, steady_memory):
    template = make_request(topic="street-lights", state="in_progress", lon=114.24, lat=22.557)
    copies = [
        Case(
            number=f"YT-2611-{i:05}",
            kind=template.kind,
            topic_id=template.topic_id,
            state="in_progress",
            title="路灯不亮",
            channel="web",
            holder_unit_id=template.holder_unit_id,
            opened_at=MONDAY_MORNING - timedelta(minutes=i),
        )
        for i in range(90_000, 91_005)
    ]
    Case.objects.bulk_create(copies)
    ServiceRequest.objects.bulk_create(
        ServiceRequest(case=case, description="x", address="", dispatch_reason="") for case in copies
    )
    get(client, "requests.json")
    with assert_at_most_queries(2):  # the allowance of the address, and the rows
        assert len(numbers(get(client, "requests.json", start_date="2026-09-01"))) == 1000
    with assert_at_most_queries(2):
        assert len(numbers(get(client, "requests.json", start_date="2026-09-01", page=2))) == 6
    with assert_at_most_queries(2):
        get(client, "servicerequestupdates.json")
    assert not Session.objects.exists()
    assert CaseParty.objects.count() == 1


def test_other_places_may_read_and_nothing_is_remembered(client):
    response = get(client, "requests.json")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response
    assert client.options(f"{V2}/requests.json")["Access-Control-Allow-Methods"]
    assert client.head(f"{V2}/services.xml").status_code == 200


def test_a_reader_that_comes_too_often_waits(client, monkeypatch):
    monkeypatch.setattr("gongjian.domains.hotline.api.open311.door.READS_A_MINUTE", 2)
    answers = [get(client, "services.json") for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    refused(answers[2], 429)


@pytest.mark.parametrize(
    "path", ["requests/%00.json", "services/%FF%FE.json", "tokens/..%2F.json", "requests/" + "9" * 500 + ".json", ""]
)
def test_nonsense_in_the_address_is_nothing(client, path):
    response = client.get(f"{V2}/{path}")
    assert response.status_code == 404
    if path:
        refused(response, 404)


def test_a_database_that_is_away_is_no_fault_of_the_program(client, monkeypatch):
    def away(*_args, **_kwargs):
        raise OperationalError

    monkeypatch.setattr("gongjian.domains.hotline.api.open311.reports.shown_cases", away)
    response = get(client, "requests.json")
    refused(response, 503)
    assert response["Retry-After"] == "10"


def test_a_fault_of_ours_has_a_number(client, monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("gongjian.domains.hotline.api.open311.reports.shown_cases", broken)
    told = refused(get(client, "requests.json"), 500)
    number = next(word for word in told.replace("。", " ").split() if word.startswith("E-"))
    assert number in caplog.text
    assert ET.fromstring(get(client, "requests.xml").content).tag == "errors"


def test_a_topic_that_was_merged_or_closed(client):
    make_key()
    number = number_of(post(client))
    light, lamp = Topic.objects.get(code="street-lights"), Topic.objects.get(code="manholes")
    Topic.objects.filter(pk=light.pk).update(active=False)
    forget()
    assert get(client, f"requests/{number}.json").json()[0]["service_name"] == "路灯"
    assert numbers(get(client, "requests.json", service_code="street-lights")) == [number]
    assert "street-lights" not in {row["service_code"] for row in get(client, "services.json").json()}
    refused(post(client), 404)
    TopicHeir.objects.create(topic=light, into=lamp, merged_at=MONDAY_MORNING)
    forget()
    assert get(client, "services/street-lights.json").json()["service_code"] == "manholes"
    fresh = number_of(post(client, body={"attribute[FAULT]": None, "attribute[STATE]": "loose"}))
    assert Case.objects.get(number=fresh).topic_id == lamp.pk
    forget()
