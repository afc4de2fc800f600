"""Open311: a program reports, and what it must get right."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gongjian.casework.models import Case, CaseDocument, CaseParty
from gongjian.documents.tests.make import jpeg
from gongjian.domains.hotline.actions.open311 import forget_trials
from gongjian.domains.hotline.models import AttributeAnswer, ServiceRequest, TrialReport
from gongjian.domains.hotline.tests.open311 import (
    KEY,
    LIGHT,
    TEST,
    V2,
    get,
    make_key,
    number_of,
    post,
    refused,
    xml,
)
from gongjian.identity.models import Session
from gongjian.places.models import Address
from gongjian.places.queries import locate
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    make_key()


def test_a_report_becomes_a_case_with_its_place_and_answers(client):
    response = post(
        client, body={"first_name": "晓梅", "last_name": "刘", "phone": "13800006021", "attribute[COUNT]": "３"}
    )
    assert response.status_code == 201
    row = response.json()[0]
    assert set(row) == {"service_request_id", "service_notice", "account_id"}
    case = Case.objects.get(number=row["service_request_id"])
    assert (case.kind, case.channel, case.state, case.topic.code) == (
        "hotline.complaint",
        "open311",
        "received",
        "street-lights",
    )
    assert case.community is not None
    assert case.cell
    assert list(AttributeAnswer.objects.values_list("attribute__code", "value")) == [("FAULT", "out"), ("COUNT", "3")]
    party = CaseParty.objects.get()
    assert (party.contact.mask_name, party.contact.mask_phone) == ("刘**", "138 ********")
    assert ServiceRequest.objects.get().source_program == "city-app"
    assert not Session.objects.exists()
    assert not client.cookies


def test_the_answer_in_xml_says_the_same(client):
    root = xml(post(client, "requests.xml"))
    assert root.tag == "service_requests"
    assert [child.tag for child in root[0]] == ["service_request_id", "service_notice", "account_id"]
    assert root.find("request/service_request_id").text == Case.objects.get().number


def test_words_of_an_emergency_make_it_one(client):
    post(client, body={"description": "路灯杆漏电着火了，快来"})
    assert Case.objects.get().urgency == Case.Urgency.EMERGENCY


def test_a_report_without_words_says_its_topic(client):
    number_of(post(client, body={"description": ""}))
    assert ServiceRequest.objects.get().description == "路灯"


@pytest.mark.parametrize(
    ("change", "status", "names"),
    [
        ({"service_code": None}, 400, "service_code"),
        ({"service_code": "gone"}, 404, "service_code"),
        ({"service_code": "social-child"}, 404, "service_code"),
        ({"lat": None, "long": None, "address_string": None}, 400, "lat"),
        ({"lat": " ", "long": "", "address_string": ""}, 400, "lat"),
        ({"long": None}, 400, "long"),
        ({"lat": None}, 400, "lat"),
        ({"lat": "north"}, 400, "lat"),
        ({"lat": "nan"}, 400, "lat"),
        ({"lat": "95"}, 400, "lat"),
        ({"long": "1e2"}, 400, "long"),
        ({"lat": "39.9042", "long": "116.4074"}, 400, "不在本区范围"),
        ({"lat": "114.2401", "long": "22.5571"}, 400, "lat"),
        ({"address_id": "no-such"}, 400, "address_id"),
        ({"address_string": "长" * 121}, 400, "address_string"),
        ({"description": "长" * 4001}, 400, "description"),
        ({"attribute[FAULT]": None}, 400, "attribute[FAULT]"),
        ({"attribute[FAULT]": "green"}, 400, "attribute[FAULT]"),
        ({"attribute[FAULT]": ["out", "day"]}, 400, "attribute[FAULT]"),
        ({"attribute[COUNT]": "three"}, 400, "attribute[COUNT]"),
        ({"attribute[POLE]": "YT\n0321"}, 400, "attribute[POLE]"),
        ({"attribute[COLOUR]": "green"}, 400, "attribute[COLOUR]"),
        ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({"media_url": "ftp://example.org/a.jpg"}, 400, "media_url"),
        ({"phone": "12"}, 400, "phone"),
        ({"email": "x@"}, 400, "email"),
        ({"first_name": "长" * 41}, 400, "first_name"),
        ({"external_id": "9" * 61}, 400, "external_id"),
        ({"description": "路灯\x00不亮"}, 400, "description"),
        ({"jurisdiction_id": "sfgov.org"}, 404, "jurisdiction_id"),
    ],
)
@pytest.mark.parametrize("base", [V2, TEST])
def test_what_is_wrong_is_named_and_nothing_is_written(client, change, status, names, base):
    assert names in refused(post(client, body=change, base=base), status)
    assert not Case.objects.exists()
    assert not TrialReport.objects.exists()


def test_every_mistake_of_a_form_is_told_at_once(client):
    response = post(client, "requests.xml", {"lat": "north", "long": "east", "media_url": "x"})
    assert response.status_code == 400
    assert [error.find("code").text for error in xml(response)] == ["400"] * 3


@pytest.mark.parametrize(
    "place",
    [
        {"lat": "２２．５５７１", "long": "１１４．２４０１", "address_string": None},
        {"lat": None, "long": None, "address_string": "海景二路"},
        {"lat": "", "long": " ", "address_string": "海景二路"},
        {"jurisdiction_id": "440308"},
        {"jurisdiction_id": ""},
    ],
)
def test_places_and_districts_in_other_spellings(client, place):
    number_of(post(client, body=place))


def test_a_point_beside_an_address_gives_the_community(client):
    first, *others = Address.objects.order_by("code")
    far = next(one for one in others if locate(one.lon, one.lat).community_id != first.community_id)
    number_of(post(client, body={"lat": far.lat, "long": far.lon, "address_id": first.code}))
    assert Case.objects.get().community_id == locate(far.lon, far.lat).community_id


def test_a_known_address_gives_the_place(client):
    address = Address.objects.order_by("code").first()
    number = number_of(
        post(client, body={"lat": None, "long": None, "address_string": None, "address_id": address.code})
    )
    shown = get(client, f"requests/{number}.json", api_key=KEY).json()[0]
    assert shown["address_id"] == address.code
    assert (shown["lat"], shown["long"]) == (address.lat, address.lon)
    assert Case.objects.get().community_id == address.community_id


@pytest.mark.parametrize(
    "names", [["attribute[WHEN][]"], ["attribute[WHEN]"], ["attribute[WHEN][0]", "attribute[WHEN][1]"]]
)
def test_several_values_come_in_every_usual_spelling(client, names):
    values = ["night", "noon"]
    given = dict(zip(names, values, strict=True)) if len(names) == 2 else {names[0]: values}
    body = {"service_code": "env-site-noise", "attribute[FAULT]": None, "attribute[SINCE]": "2026-11-20T22:00:00+08:00"}
    number_of(post(client, body={**body, **given}))
    answers = list(AttributeAnswer.objects.order_by("place").values_list("attribute__code", "value"))
    assert answers == [("WHEN", "night"), ("WHEN", "noon"), ("SINCE", "2026-11-20T22:00:00+08:00")]


def test_a_form_with_a_picture(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    picture = SimpleUploadedFile("灯.jpg", jpeg(), "image/jpeg")
    response = client.post(f"{V2}/requests.json", {**LIGHT, "api_key": KEY, "media": picture})
    assert response.status_code == 201, response.content.decode()
    assert CaseDocument.objects.get().document.mime == "image/jpeg"


def test_a_file_that_is_no_picture_is_refused(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    program = SimpleUploadedFile("灯.jpg", b"MZ\x90\x00" * 100, "image/jpeg")
    response = client.post(f"{V2}/requests.json", {**LIGHT, "api_key": KEY, "media": program})
    assert "media" in refused(response)
    assert not Case.objects.exists()


@pytest.mark.parametrize("again", [{"external_id": "A-17"}, {"headers": {"Idempotency-Key": "0123456789abcdef" * 5}}])
def test_sent_twice_it_is_one_case(client, again):
    headers = again.get("headers", {})
    body = {k: v for k, v in again.items() if k != "headers"}
    first = post(client, body=body, headers=headers)
    second = post(client, body={**body, "description": "又发了一次"}, headers=headers)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()[0] == second.json()[0]
    assert Case.objects.count() == 1


def test_two_programs_may_use_the_same_number(client):
    make_key("gj_other", "other-app")
    first = number_of(post(client, body={"external_id": "1"}))
    assert number_of(post(client, body={"external_id": "1"}, key="gj_other")) != first


@pytest.mark.parametrize(
    ("key", "names"), [("", "api_key"), ("gj_wrong", "api_key"), ("gj_reader", "api_key"), ("gj_off", "api_key")]
)
def test_only_a_key_with_the_right_reports(client, key, names):
    make_key("gj_reader", "reader", rights=["hotline:case:read_all"])
    make_key("gj_off", "off", active=False)
    assert names in refused(post(client, key=key), 403)
    assert not Case.objects.exists()


def test_the_key_may_come_in_the_header(client):
    number_of(post(client, key="", headers={"X-Api-Key": KEY}))


def test_a_key_that_comes_too_often_waits(client):
    make_key("gj_slow", "slow", per_minute=2)
    answers = [post(client, key="gj_slow") for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 201, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert "Retry-After" in refused(answers[2], 429)


def test_a_token_stands_for_a_report_that_is_looked_at_first(client):
    body = {"service_code": "street-building", "attribute[FAULT]": None}
    row = post(client, body=body).json()[0]
    assert set(row) == {"token", "service_notice", "account_id"}
    case = Case.objects.get()
    assert get(client, f"tokens/{row['token']}.json").json() == [{"service_request_id": None, "token": row["token"]}]
    assert get(client, "requests.json").json() == []
    refused(get(client, f"requests/{case.number}.json"), 404)
    Case.objects.update(state="to_dispatch")
    told = get(client, f"tokens/{row['token']}.json").json()
    assert told == [{"service_request_id": case.number, "token": row["token"]}]
    assert len(get(client, "requests.json").json()) == 1


def test_there_is_no_other_token(client):
    refused(get(client, "tokens/123456.json"), 404)
    refused(get(client, "tokens/123456.json", TEST), 404)


def test_the_test_address_checks_everything_and_nobody_acts(client):
    response = post(client, body={"external_id": "T-1", "phone": "13800006021"}, base=TEST)
    number = number_of(response)
    assert number.startswith("TEST-")
    assert number_of(post(client, body={"external_id": "T-1"}, base=TEST)) == number
    assert not Case.objects.exists()
    assert get(client, f"requests/{number}.json", TEST).json()[0]["description"] is None
    shown = get(client, f"requests/{number}.json", TEST, api_key=KEY).json()[0]
    assert (shown["status"], shown["service_code"], shown["description"]) == (
        "open",
        "street-lights",
        LIGHT["description"],
    )
    assert [row["service_request_id"] for row in get(client, "requests.json", TEST).json()] == [number]
    refused(get(client, f"requests/{number}.json"), 404)
    told = post(
        client, "servicerequestupdates.json", {"service_request_id": number, "description": "又坏了"}, base=TEST
    )
    assert told.json()[0]["update_id"].startswith("TEST-")
    refused(post(client, base=TEST, key="gj_wrong"), 403)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused_in_the_format_of_the_call(client, method):
    response = getattr(client, method)(f"{V2}/requests.json")
    refused(response, 405)
    assert response["Allow"] == "GET, POST"
    refused(client.post(f"{V2}/services.json", {"api_key": KEY}), 405)


def test_what_is_no_form_is_refused(client):
    url = f"{V2}/requests.json"
    assert "form" in refused(client.post(url, '{"service_code": "street-lights"}', content_type="application/json"))
    refused(client.post(url, b"\x00" * 10, content_type="multipart/form-data; boundary=x"), 403)
    refused(client.post(url, b"api_key=" + b"9" * 10_000_000, content_type="application/x-www-form-urlencoded"), 413)
    many = "&".join(f"a{i}=1" for i in range(600))
    refused(client.post(url, many, content_type="application/x-www-form-urlencoded"))


def test_other_encodings_than_utf_8_are_refused(client):
    body = "api_key=" + KEY + "&service_code=street-lights&address_string=x&attribute[FAULT]=out&description="
    gbk = "".join(f"%{byte:02X}" for byte in "路灯不亮".encode("gbk"))
    assert "description" in refused(
        client.post(f"{V2}/requests.json", body + gbk, content_type="application/x-www-form-urlencoded")
    )
    refused(
        client.generic(
            "POST",
            f"{V2}/requests.json",
            (body + "路灯").encode("gbk"),
            content_type="application/x-www-form-urlencoded; charset=gbk",
        )
    )
    assert not Case.objects.exists()


def test_a_report_costs_few_statements(client, steady_memory):
    post(client)
    with assert_at_most_queries(6):
        post(client)


def test_programs_that_write_everything_into_the_address(client):
    query = urlencode({**LIGHT, "api_key": KEY})
    number_of(client.post(f"{V2}/requests/json?{query}", content_type="application/x-www-form-urlencoded"))
    assert len(client.get(f"{V2}/requests/json").json()) == 1
    assert client.get(f"{V2}/service/street-lights.json").json()["service_code"] == "street-lights"
    keyed = f"{V2}/requests.json?{urlencode({'api_key': KEY, 'jurisdiction_id': ''})}"
    number_of(client.post(keyed, urlencode(LIGHT), content_type="application/x-www-form-urlencoded"))


def test_trials_are_forgotten_after_three_days(client):
    number_of(post(client, base=TEST))
    assert forget_trials(at=MONDAY_MORNING + timedelta(days=2)) == 0
    assert forget_trials(at=MONDAY_MORNING + timedelta(days=4)) == 1
    assert not TrialReport.objects.exists()
