"""What a phone sends after a time without signal: one case for each key, whoever sends it and however often."""

import io
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from PIL import Image

from gongjian.casework.models import Case, CaseDocument
from gongjian.domains.hotline.actions.sending import forget_answers
from gongjian.domains.hotline.models import Sending
from gongjian.domains.hotline.tests.staff_pages import at_desk
from gongjian.identity.models import User
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("district", "_clock")]

FIELDS = {
    "kind": "complaint",
    "words": "路灯不亮",
    "topic": "",
    "address": "永安北一街 18 号",
    "description": "巷口的路灯三天没有亮，老人晚上看不见台阶。",
    "phone": "138 0000 6021",
    "consent": "on",
    "language": "zh-hans",
    "owner": "",
}


@pytest.fixture
def _clock(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())


def picture(name="灯.jpg"):
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "navy").save(out, "JPEG")
    out.seek(0)
    out.name = name
    return out


def send(client=None, key="", **over):
    data = {**FIELDS, **over}
    return (client or Client()).post(
        reverse("hotline:report_send"), data, headers={"idempotency-key": key or uuid4().hex}
    )


def test_a_report_of_a_phone_opens_one_case_with_its_photos():
    key = uuid4().hex
    first = send(key=key, photos=[picture()])
    told = first.json()
    case = Case.objects.get(number=told["number"])
    assert case.request.address == "永安北一街 18 号"
    assert CaseDocument.objects.filter(event__case=case).count() == 1
    code = dict(told["facts"])["查询码"].replace(" ", "")
    page = Client().post(reverse("hotline:track"), {"number": case.number, "secret": code})
    assert page.status_code == 302
    again = send(key=key, photos=[picture()]).json()
    assert again["repeated"]
    assert again["facts"] == told["facts"]
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"description": "另一件事。"},
        {"address": "明珠道"},
        {"phone": "13800006033"},
        {"consent": ""},
        {"kind": "help"},
        {"lon": "114.24", "lat": "22.55"},
        {"behalf_name": "王秀兰"},
    ],
)
def test_other_words_under_the_same_key_are_asked_about_and_never_get_its_number(other):
    key = uuid4().hex
    number = send(key=key).json()["number"]
    answer = send(key=key, **other)
    assert answer.status_code == 409
    assert number not in answer.content.decode()
    choice = answer.json()["choices"][0]
    assert choice["fields"] == {}  # every word stays; the phone gives it a key of its own
    assert Case.objects.count() == 1
    assert (
        Client().post(choice["url"], {**FIELDS, **other}, headers={"idempotency-key": uuid4().hex}).json()["number"]
        != number
    )


def test_a_photo_more_is_something_else():
    key = uuid4().hex
    send(key=key)
    assert send(key=key, photos=[picture()]).status_code == 409


def test_a_key_from_before_digests_were_kept_still_finds_its_answer():
    key = uuid4().hex
    number = send(key=key).json()["number"]
    Sending.objects.update(words=None)
    assert send(key=key).json()["number"] == number


def test_once_the_answer_is_old_the_number_is_still_told_and_nothing_is_opened():
    key = uuid4().hex
    number = send(key=key).json()["number"]
    Sending.objects.update(answer=None)
    told = send(key=key).json()
    assert told["number"] == number
    assert "不再显示" in told["words"]
    assert Case.objects.count() == 1


def test_after_a_month_the_answer_is_emptied_and_the_key_still_known():
    key = uuid4().hex
    number = send(key=key).json()["number"]
    assert forget_answers(at=MONDAY_MORNING + timedelta(days=29)) == 0
    assert forget_answers(at=MONDAY_MORNING + timedelta(days=31)) == 1
    assert send(key=key).json()["number"] == number


def test_every_fault_is_told_at_its_field_and_nothing_is_written():
    answer = send(description="", phone="12", words="", address="")
    assert answer.status_code == 422
    faults = {one["field"]: one for one in answer.json()["errors"]}
    assert set(faults) == {"words", "address", "description", "phone"}
    assert faults["phone"]["label"] == "手机或座机"
    assert not Case.objects.exists()
    assert not Sending.objects.exists()


def test_a_file_that_is_no_photo_is_refused_and_may_be_left_out():
    key = uuid4().hex
    wrong = io.BytesIO(b"no picture")
    wrong.name = "a.jpg"
    answer = send(key=key, photos=[wrong])
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["clear"]) == ("photos", True)
    assert send(key=key).status_code == 200
    assert Case.objects.count() == 1


def test_a_topic_that_is_gone_may_be_left_out():
    (fault,) = send(topic="no-such-topic").json()["errors"]
    assert (fault["field"], fault["clear"]) == ("topic", True)


@pytest.mark.parametrize("key", ["short", "x" * 201])
def test_a_key_that_is_none_is_refused(key):
    assert send(key=key).status_code == 422
    assert not Case.objects.exists()


def test_nothing_is_sent_as_somebody_else():
    resident = at_desk("r-liu.xiaomei")
    owner = resident.get(reverse("web:hello")).json()["owner"]
    assert owner
    other = at_desk("r-huang.guoqiang")
    assert send(other, owner=owner).status_code == 403
    assert send(Client(), owner=owner).status_code == 403
    assert not Case.objects.exists()
    number = send(resident, owner=owner).json()["number"]
    person = User.objects.get(username="r-liu.xiaomei").person_id
    assert Case.objects.get(number=number).parties.get().person_id == person


def test_what_nobody_wrote_stays_anonymous_whoever_is_signed_in():
    number = send(at_desk("r-liu.xiaomei"), phone="", consent="").json()["number"]
    assert Case.objects.get(number=number).parties.get().person_id is None


def test_a_program_that_fills_in_everything_is_refused():
    assert send(website="http://buy.example").status_code == 422


def test_a_phone_with_many_reports_is_asked_to_wait_and_loses_none():
    answers = [send() for _nth in range(14)]
    assert {a.status_code for a in answers} == {200, 429}
    assert answers[-1]["Retry-After"] == "60"


def test_without_the_page_s_token_nothing_is_taken():
    client = Client(enforce_csrf_checks=True)
    assert send(client).status_code == 403
    token = client.get(reverse("web:hello")).json()["csrf"]
    answer = client.post(
        reverse("hotline:report_send"), FIELDS, headers={"idempotency-key": uuid4().hex, "x-csrftoken": token}
    )
    assert answer.status_code == 200


def test_the_phone_page_holds_nobody_s_data_and_asks_no_messages():
    client = at_desk("r-liu.xiaomei")
    page = client.get(reverse("hotline:report_phone"))
    assert "刘晓梅" not in page.content.decode()
    assert "no-cache" in page["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_the_same_thing_sent_twice_at_once_happens_once():
    key, answers = uuid4().hex, []

    def one():
        answers.append(send(key=key).json())
        connection.close()

    threads = [threading.Thread(target=one) for _nth in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Case.objects.count() == 1
    assert len({a["number"] for a in answers}) == 1
    assert sorted(a["repeated"] for a in answers) == [False, True, True, True]


def test_a_field_worker_reports_what_he_sees_under_his_own_name():
    client = at_desk("zheng.haifeng")
    owner = client.get(reverse("web:hello")).json()["owner"]
    number = send(client, owner=owner, words="", phone="", consent="").json()["number"]
    event = Case.objects.get(number=number).events.get()
    assert (event.actor_kind, event.actor.username) == ("staff", "zheng.haifeng")


@pytest.mark.parametrize("field", ["description", "address"])
def test_a_number_in_the_words_is_pointed_out_with_the_receipt(field):
    said = "写在话里的不加密"
    assert said not in send().json()["words"]
    told = send(**{field: "巷口的路灯不亮，打我 13800047391。"}).json()
    assert said in told["words"]
    assert told["number"]


def test_a_phone_is_told_when_an_address_gets_no_notice_any_more_today(monkeypatch):
    monkeypatch.setattr("gongjian.domains.hotline.actions.intake.UNCONFIRMED_A_DAY", 1)
    first, second = (send(phone="", consent="", email="a@example.org").json() for _nth in range(2))
    assert "没有再发通知" not in first["words"]
    assert "没有再发通知" in second["words"]
    assert dict(second["facts"])["查询码"]
