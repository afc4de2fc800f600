"""The field list: what a phone carries along, and acts that were noted without a signal."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from gongjian.casework.models import CaseDocument, CaseEvent
from gongjian.domains.hotline.actions.handling import sign
from gongjian.domains.hotline.models import Sending
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, CLERK, HANDLER, HEAD, OTHER_HANDLER, at_desk
from gongjian.domains.hotline.tests.test_phone import picture
from gongjian.testing.cases import again, make_request
from gongjian.testing.cast import actor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("district", "_clock")]


@pytest.fixture
def _clock(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def carried(username=HANDLER):
    return at_desk(username).get(reverse("hotline:field_cases")).json()


def post(username, case, move, key="", version=None, owner=None, **data):
    client = at_desk(username)
    owner = client.get(reverse("web:hello")).json()["owner"] if owner is None else owner
    data |= {"version": str(case.version if version is None else version), "owner": owner}
    url = reverse("hotline:field_act", args=[case.number, move])
    return client.post(url, data, headers={"idempotency-key": key or uuid4().hex})


def test_a_handler_carries_the_cases_of_his_unit_without_anybody_s_contact_data():
    words = "请打 13812345678 找我。路灯不亮。"
    case = make_request(state="in_progress", description=words, lon=114.2372, lat=22.5571)
    make_request(state="dispatched", topic="env-site-noise")
    told = carried()
    one = next(c for c in told["cases"] if c["number"] == case.number)
    assert one["mine"]
    assert one["acts"] == ["contact", "note"]
    assert one["version"] == case.version
    assert (one["lat"], one["lon"]) == (22.5571, 114.2372)
    assert "路灯不亮" in one["words"]
    text = str(told)
    assert not re.search(r"138\d{8}", text)
    assert "刘晓梅" not in text
    assert case.number not in {c["number"] for c in carried(OTHER_HANDLER)["cases"]}


def test_the_list_costs_a_fixed_number_of_statements(django_assert_max_num_queries):
    for _nth in range(4):
        make_request(state="in_progress")
    client = at_desk(HANDLER)
    client.get(reverse("hotline:field_cases"))
    with django_assert_max_num_queries(8):
        client.get(reverse("hotline:field_cases"))


@pytest.mark.parametrize("name", ["field", "field_map", "field_mine"])
def test_only_those_who_handle_come_in(name):
    assert at_desk(HANDLER).get(reverse(f"hotline:{name}")).status_code == 200
    assert at_desk(CALL_TAKER).get(reverse(f"hotline:{name}")).status_code == 403
    assert Client().get(reverse(f"hotline:{name}")).status_code == 302


def test_the_shell_holds_nobody_s_name_and_no_case():
    case = make_request(state="in_progress")
    page = at_desk(HANDLER).get(reverse("hotline:field_shell")).content.decode()
    assert "郑海峰" not in page
    assert case.number not in page
    assert "csrfmiddlewaretoken" not in page


def test_a_note_with_photos_is_taken_once_however_often_it_comes():
    case, key = make_request(state="in_progress"), uuid4().hex
    first = post(HANDLER, case, "note", key=key, text="井盖已换好。", photos=[picture()])
    assert first.status_code == 200
    assert first.json()["version"] == case.version
    again_told = post(HANDLER, case, "note", key=key, text="井盖已换好。", photos=[picture()]).json()
    assert again_told["repeated"]
    assert CaseEvent.objects.filter(case=case, move="note").count() == 1
    assert CaseDocument.objects.filter(event__case=case, public=False).count() == 1


def test_another_note_under_the_same_key_is_asked_about():
    case, key = make_request(state="in_progress"), uuid4().hex
    post(HANDLER, case, "note", key=key, text="井盖已换好。")
    answer = post(HANDLER, case, "note", key=key, text="围挡也拆了。")
    assert answer.status_code == 409
    assert answer.json()["choices"][0]["url"].endswith("/note")
    assert CaseEvent.objects.filter(case=case, move="note").count() == 1
    # A later version of the case is no other word.
    assert post(HANDLER, case, "note", key=key, version=99, text="井盖已换好。").json()["repeated"]


def test_sign_start_and_contact_follow_each_other():
    case = make_request(state="dispatched")
    told = next(c for c in carried(HEAD)["cases"] if c["number"] == case.number)
    assert told["acts"] == ["sign", "note"]
    assert told["acts_signed"] == ["start", "contact", "note"]
    version = post(HEAD, case, "sign").json()["version"]
    version = post(HEAD, case, "start", version=version).json()["version"]
    assert post(HEAD, case, "contact", version=version, reached="yes", remark="约好下午去。").status_code == 200
    assert again(case).state == "in_progress"


def test_a_case_that_moved_meanwhile_asks_and_loses_nothing():
    case = make_request(state="dispatched")
    sign(case=again(case), actor=actor(CLERK, at=AT), at=AT)
    answer = post(HEAD, case, "note", text="到过现场。")
    assert answer.status_code == 409
    told = answer.json()
    assert "吴倩" in told["words"]
    assert "已签收" in told["words"]
    (choice,) = told["choices"]
    assert choice["label"] == "照样记下"
    assert post(HEAD, case, "note", version=choice["fields"]["version"], text="到过现场。").status_code == 200


def test_what_is_no_longer_possible_is_told_and_a_contact_may_become_a_note():
    case = make_request(state="in_progress")
    closed = make_request(state="replied")
    assert post(HANDLER, case, "sign").status_code == 409
    told = post(HANDLER, closed, "contact", reached="yes", remark="打通了。").json()
    (choice,) = told["choices"]
    assert choice["fields"]["text"] == "打通了。"
    assert choice["url"].endswith("/note")


def test_a_case_of_another_unit_is_not_told_about():
    case = make_request(state="in_progress")
    answer = post(OTHER_HANDLER, case, "note", text="看一眼。")
    assert answer.status_code == 409
    assert answer.json()["choices"] == []
    assert case.title not in answer.content.decode()


def test_nothing_is_sent_as_somebody_else():
    case = make_request(state="in_progress")
    owner = at_desk(HANDLER).get(reverse("web:hello")).json()["owner"]
    assert post(HEAD, case, "note", owner=owner, text="不是我写的。").status_code == 403
    assert post(HEAD, case, "note", owner="", text="没有人写的。").status_code == 403
    assert not Sending.objects.exists()


def test_words_that_are_missing_are_told_at_their_field():
    case = make_request(state="in_progress")
    (fault,) = post(HANDLER, case, "note", text=" ").json()["errors"]
    assert fault["field"] == "text"
    assert post(HANDLER, case, "close", text="x").status_code == 422
