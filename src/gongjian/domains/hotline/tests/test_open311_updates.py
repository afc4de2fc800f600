"""Open311: what programs add to a case, and that nothing of a person comes back out."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gongjian.casework.models import Case, CaseEvent, EventText
from gongjian.domains.hotline.access import HotlineRight, ProgramRight
from gongjian.domains.hotline.models import ProgramUpdate
from gongjian.domains.hotline.tests.open311 import KEY, get, make_key, number_of, post, reading_all, refused, xml
from gongjian.httpapi.models import Limit
from gongjian.testing.cases import bring_to, make_request
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
UPDATES = "servicerequestupdates.json"


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    make_key()


def add(client, number, key=KEY, path=UPDATES, **body):
    return post(client, path, {"service_request_id": number, **body}, key=key)


def last(case):
    event = CaseEvent.objects.filter(case=case).order_by("-pk").first()
    return event, {text.public: text.body for text in EventText.objects.filter(event=event)}


def test_the_program_that_reported_speaks_for_the_resident(client):
    number = number_of(post(client))
    response = add(client, number, description="今晚又不亮了。", update_id="u-1", media_url="https://example.org/2.jpg")
    assert response.status_code == 201
    event, texts = last(Case.objects.get())
    assert response.json() == [{"update_id": str(event.pk)}]
    assert (event.move, event.actor_kind, event.public) == ("add", "program", True)
    assert texts[True] == "今晚又不亮了。\n附件链接：https://example.org/2.jpg"
    row = get(client, UPDATES, service_request_id=number, api_key=KEY).json()[-1]
    assert row["description"] == "反映人补充了情况：今晚又不亮了。\n附件链接：https://example.org/2.jpg"
    assert row["media_url"] == "https://example.org/2.jpg"
    assert get(client, UPDATES, service_request_id=number).json()[-1]["description"] == "反映人补充了情况"


def test_an_update_in_xml_is_answered_in_xml(client):
    number = number_of(post(client))
    root = xml(add(client, number, path="servicerequestupdates.xml", description="今晚又不亮了。"))
    assert (root.tag, root[0].tag, root[0][0].tag) == ("service_request_updates", "request_update", "update_id")


def test_sent_twice_it_is_said_once(client):
    number = number_of(post(client))
    first, second = (add(client, number, description="又不亮", update_id="u-1") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert ProgramUpdate.objects.count() == 1


@pytest.mark.parametrize("status", ["CLOSED", "FIXED", "cancelled", "NO_FURTHER_ACTION"])
def test_no_status_of_another_program_closes_a_case(client, status):
    number = number_of(post(client))
    assert add(client, number, status=status).status_code == 201
    case = Case.objects.get()
    assert (case.state, case.closed_at) == ("received", None)
    assert last(case)[1][True] == f"对方程序里的状态：{status.upper()}"


def test_a_resident_who_was_asked_answers_through_the_program(client, monkeypatch):
    number = number_of(post(client))
    bring_to(Case.objects.get(), "waiting_citizen")
    monkeypatch.setenv("GONGJIAN_CLOCK", (MONDAY_MORNING + timedelta(hours=2)).isoformat())
    assert add(client, number, description="在 18 号门口。").status_code == 201
    assert Case.objects.get().state == "in_progress"


@pytest.mark.parametrize("status", ["OPEN", "reopen"])
def test_a_closed_case_is_reviewed_when_the_program_asks(client, status):
    number = number_of(post(client))
    bring_to(Case.objects.get(), "closed")
    assert "status" in refused(add(client, number, description="还是不亮"))
    assert add(client, number, description="还是不亮", status=status).status_code == 201
    assert Case.objects.get().state == "reopened"


def test_the_unit_that_holds_the_case_leaves_an_internal_remark(client):
    case = make_request(state="in_progress")
    rights = [str(r) for r in (ProgramRight.OPEN311_REPORT, HotlineRight.CASE_HANDLE, HotlineRight.CASE_READ_UNIT)]
    make_key("gj_unit", "unit-system", unit=case.holder_unit.code, rights=rights)
    assert add(client, case.number, key="gj_unit", description="已派工。", status="IN_PROGRESS").status_code == 201
    event, texts = last(case)
    assert (event.move, event.public) == ("note", False)
    assert texts == {False: "已派工。\n对方程序里的状态：IN_PROGRESS"}
    assert "已派工" not in get(client, UPDATES, service_request_id=case.number, api_key="gj_unit").content.decode()


def test_another_program_adds_nothing(client):
    number = number_of(post(client))
    make_key("gj_other", "other-app")
    make_key("gj_reader", "reader", rights=["hotline:case:read_all"])
    refused(add(client, number, key="gj_other", description="x"), 403)
    refused(add(client, number, key="gj_reader", description="x"), 403)
    refused(add(client, number, key="", description="x"), 403)
    assert CaseEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "names"),
    [
        ({"description": "x", "service_request_id": ""}, 400, "service_request_id"),
        ({"description": "x", "service_request_id": "YT-0000-00000"}, 404, "service_request_id"),
        ({"description": "x", "service_request_id": "'; drop table"}, 404, "service_request_id"),
        ({}, 400, "description"),
        ({"description": "长" * 2001}, 400, "description"),
        ({"description": "x", "status": "HALF"}, 400, "status"),
        ({"description": "x", "media_url": "file:///etc/passwd"}, 400, "media_url"),
        ({"description": "x", "update_id": "9" * 61}, 400, "update_id"),
        ({"description": "\x00"}, 400, "description"),
    ],
)
def test_what_is_wrong_with_an_update_is_named(client, body, status, names):
    number = number_of(post(client))
    assert names in refused(post(client, UPDATES, {"service_request_id": number, **body}), status)
    assert CaseEvent.objects.count() == 1


HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=3)
LATIN = st.from_regex(r"[A-Z][a-z]{3,9}qx", fullmatch=True)
PHONES = st.from_regex(r"1(3[0-9]|5[0-35-9]|8[0-9])[0-9]{8}", fullmatch=True)
MAILS = st.from_regex(r"[a-z]{4,8}[0-9]{2}@[a-z]{4,8}\.org", fullmatch=True)


@settings(max_examples=8, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.one_of(st.tuples(HAN, HAN), st.tuples(LATIN, LATIN)),
    phone=PHONES,
    mail=MAILS,
    order=st.sampled_from(["{last}{first}", "{first} {last}", "{last} {first}"]),
)
def test_contact_data_never_comes_back_out(client, names, phone, mail, order):
    Limit.objects.all().delete()
    first, last_name = names
    called = order.format(first=first, last=last_name)
    body = {
        "first_name": first,
        "last_name": last_name,
        "phone": phone,
        "email": mail,
        "device_id": "device-77123",
        "description": f"我是{called}，电话{phone}，也可发 {mail}。路灯不亮。 ",
        "address_string": f"{called}家门口 {phone}",
    }
    number = number_of(post(client, body=body))
    tried = number_of(post(client, body=body, base="/open311/test/v2"))
    if get(client, "services.json", api_key="gj_all").status_code != 200:
        make_key("gj_all", "district", rights=reading_all())
    pages = [
        get(client, path, base, extensions="true", **key).content.decode()
        for key in ({}, {"api_key": KEY}, {"api_key": "gj_all"})
        for base, one in (("/open311/v2", number), ("/open311/test/v2", tried))
        for path in ("requests.json", "requests.xml", f"requests/{one}.json", f"requests/{one}.xml", UPDATES)
    ]
    for secret in (called, phone, mail, "device-77123"):
        assert not [page for page in pages if secret in page], secret
    assert any("路灯不亮" in page for page in pages)
