"""What a topic asks besides is asked of everybody: checked by one rule, kept alike, read by the unit that answers."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from gongjian.casework.models import Case, Topic
from gongjian.domains.hotline.models import AttributeAnswer, ServiceAttribute
from gongjian.domains.hotline.pages.orders import order_values
from gongjian.domains.hotline.queries import catalogue, dossier
from gongjian.domains.hotline.queries.open311 import forget_offer
from gongjian.domains.hotline.tests.staff_pages import AT, HANDLER, at_desk, case_url, page
from gongjian.testing.cases import CALL_TAKER, bring_to
from gongjian.testing.cast import actor

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
TOPIC, OTHER_TOPIC = "env-site-noise", "traffic-parking"
ASKED = (
    ("WHEN", "datetime", True, "什么时候响的"),
    ("HOURS", "number", False, "响了几个小时"),
    ("WHAT", "singlevaluelist", True, "什么在响"),
    ("WHO", "multivaluelist", False, "影响谁"),
    ("GATE", "string", False, "哪个门"),
    ("MORE", "text", False, "还有什么"),
)
OPTIONS = "pile = 打桩 | Piling\nsaw = 电锯 | Saw"
GOOD = {
    "ask-WHEN": "2026-11-23 01:00", "ask-HOURS": "３", "ask-WHAT": "pile", "ask-WHO": ["pile", "saw"],
    "ask-GATE": "东门", "ask-MORE": "隔天又响。\n一直到天亮。",
}  # fmt: skip
KEPT = [
    ("WHEN", "2026-11-23T01:00:00+08:00"), ("HOURS", "3"), ("WHAT", "pile"), ("WHO", "pile"), ("WHO", "saw"),
    ("GATE", "东门"), ("MORE", "隔天又响。\n一直到天亮。"),
]  # fmt: skip
BAD = {"ask-WHEN": "昨天夜里", "ask-HOURS": "很久", "ask-WHAT": "drill", "ask-WHO": ["drill"], "ask-GATE": "东" * 201}


@pytest.fixture(autouse=True)
def _asked(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    topic = Topic.objects.get(code=TOPIC)
    ServiceAttribute.objects.filter(topic=topic).delete()
    for order, (code, datatype, required, words) in enumerate(ASKED, 1):
        ServiceAttribute.objects.create(
            topic=topic, code=code, datatype=datatype, required=required, order=order, ask_zh=words, ask_en=code,
            options=OPTIONS if "list" in datatype else "", valid=("2026-01-01", None),
        )  # fmt: skip
    ServiceAttribute.objects.create(
        topic=topic, code="READ", datatype="string", variable=False, order=9, ask_zh="夜里说的是 22:00 以后。",
        ask_en="Night begins at 22:00.", valid=("2026-01-01", None),
    )  # fmt: skip
    forget_offer()
    yield
    forget_offer()


def kept(case) -> list[tuple[str, str]]:
    rows = AttributeAnswer.objects.filter(case=case).order_by("place")
    return [(row.attribute.code, row.value) for row in rows.select_related("attribute")]


def begin(client, topic=TOPIC):
    """Go through the first two steps of a report, without script."""
    client.post(reverse("hotline:report"), {"kind": "complaint", "words": "", "topic": topic})
    client.post(reverse("hotline:report_where"), {"address": "永安北一街 18 号", "community": ""})


def describe(client, **answers):
    return client.post(reverse("hotline:report_describe"), {"description": "夜里打桩。", **answers})


def send(client):
    client.post(reverse("hotline:report_contact"), {"phone": "", "language": "zh-hans"})
    return client.post(reverse("hotline:report_check"))


def call(client, **more):
    topic = catalogue(AT).by_code(TOPIC)
    facts = {"act": "register", "kind": "complaint", "phone": "13800006021", "consent": "no", "description": "夜里打桩。",
             "topic": str(topic.id), "topic_text": topic.name_zh}  # fmt: skip
    return client.post(reverse("hotline:call_desk"), facts | more)


def test_a_resident_is_asked_and_the_answers_are_kept(client):
    begin(client)
    asked = page(client.get(reverse("hotline:report_describe")))
    for _code, _type, _required, words in ASKED:
        assert words in asked
    assert "夜里说的是 22:00 以后。" in asked
    assert describe(client, **GOOD).status_code == 302
    again = page(client.get(reverse("hotline:report_describe")))
    assert 'value="2026-11-23 01:00"' in again
    assert "隔天又响。" in again
    client.post(reverse("hotline:report_contact"), {"phone": "", "language": "zh-hans"})
    checked = page(client.get(reverse("hotline:report_check")))
    assert "打桩、电锯" in checked
    assert client.post(reverse("hotline:report_check")).status_code == 302
    assert kept(Case.objects.get()) == KEPT


def test_a_call_taker_asks_the_same_and_it_is_kept_alike():
    client = at_desk(CALL_TAKER)
    topic = catalogue(AT).by_code(TOPIC)
    found = page(client.post(reverse("hotline:intake_questions"), {"topic": topic.id, "topic_text": topic.name_zh}))
    for _code, _type, _required, words in ASKED:
        assert words in found
    assert call(client, **GOOD).status_code == 302
    assert kept(Case.objects.get()) == KEPT


@pytest.mark.parametrize("face", ["resident", "call-taker"])
def test_what_is_wrong_or_missing_is_named_at_once_and_nothing_typed_is_lost(client, face):
    def ask(**answers):
        return describe(client, **answers) if face == "resident" else call(at_desk(CALL_TAKER), **answers)

    begin(client)
    empty = ask()
    assert empty.status_code == 422
    assert {"ask-WHEN", "ask-WHAT"} == {name for name in empty.context["form"].errors if name.startswith("ask-")}
    wrong = ask(**BAD, **{"ask-MORE": "这句要留着。"})
    assert set(wrong.context["form"].errors) == set(BAD)
    for words in ("昨天夜里", "很久", "这句要留着。", "写成 2026-11-23 09:00 这样"):
        assert words in page(wrong)
    assert not Case.objects.exists()


def test_the_unit_reads_the_answers_on_page_and_paper(client):
    call(at_desk(CALL_TAKER), **GOOD)
    case = bring_to(Case.objects.get(), "signed", at=AT)
    shown = page(at_desk(HANDLER).get(case_url(case)))
    for words in ("什么在响", "打桩、电锯", "东门"):
        assert words in shown
    who = actor(HANDLER, at=AT)
    facts = order_values([dossier(actor=who, number=case.number, at=AT)], who, AT)["orders"][0]["facts"]
    assert ["什么在响", "打桩"] in facts


def test_answers_to_another_topic_wait_for_it(client):
    begin(client)
    describe(client, **GOOD)
    client.post(reverse("hotline:report"), {"kind": "complaint", "words": "", "topic": OTHER_TOPIC, "begun": "1"})
    assert "什么在响" not in page(client.get(reverse("hotline:report_describe")))
    client.post(reverse("hotline:report"), {"kind": "complaint", "words": "", "topic": TOPIC, "begun": "1"})
    assert "隔天又响。" in page(client.get(reverse("hotline:report_describe")))


def test_a_topic_chosen_later_asks_before_the_report_is_sent(client):
    begin(client, OTHER_TOPIC)
    describe(client)
    client.post(reverse("hotline:report_contact"), {"phone": "", "language": "zh-hans"})
    client.post(reverse("hotline:report"), {"kind": "complaint", "words": "", "topic": TOPIC, "begun": "1"})
    assert client.post(reverse("hotline:report_check")).url == reverse("hotline:report_describe")
    assert not Case.objects.exists()
    describe(client, **GOOD)
    assert client.post(reverse("hotline:report_check")).status_code == 302
    assert kept(Case.objects.get()) == KEPT


def test_the_answers_of_a_call_are_drafted_and_stay_when_the_topic_changes():
    client = at_desk(CALL_TAKER)
    topic, other = catalogue(AT).by_code(TOPIC), catalogue(AT).by_code(OTHER_TOPIC)
    facts = {"act": "save", "token": "t" * 30, "seen": "", "topic": str(topic.id), "topic_text": topic.name_zh, **GOOD}
    assert client.post(reverse("hotline:call_desk"), facts).status_code == 302
    assert "隔天又响。" in page(client.get(reverse("hotline:call_desk", query={"draft": "t" * 30})))
    changed = {**facts, "topic": str(other.id), "topic_text": other.name_zh}
    fragment = page(client.post(reverse("hotline:intake_questions"), changed))
    assert 'type="hidden" name="ask-WHAT" value="pile"' in fragment


@pytest.mark.parametrize("more", [{"transfer": "119"}, {"act": "answer", "text": "可以。", "source": "办事指南"}])
def test_an_emergency_and_an_answer_on_the_spot_wait_for_no_answers(more):
    assert call(at_desk(CALL_TAKER), **more).status_code == 302
    assert kept(Case.objects.get()) == []


def from_a_phone(**answers):
    fields = {"kind": "complaint", "words": "", "topic": TOPIC, "address": "永安北一街 18 号", "description": "夜里打桩。",
              "language": "zh-hans", "owner": ""}  # fmt: skip
    return Client().post(reverse("hotline:report_send"), fields | answers, headers={"idempotency-key": uuid4().hex})


def test_a_phone_without_a_signal_asks_the_same_and_it_is_kept_alike(client):
    shown = page(client.get(reverse("hotline:report_phone")))
    assert f'<template data-questions="{TOPIC}"' in shown
    for _code, _type, _required, words in ASKED:
        assert words in shown
    answer = from_a_phone(**GOOD)
    assert answer.status_code == 200, answer.content.decode()
    assert kept(Case.objects.get()) == KEPT


@pytest.mark.parametrize(
    ("answers", "held"),
    [({}, []), (BAD, []), (GOOD | {"ask-GONE": "这个问题没有了"}, KEPT), (GOOD | {"ask-HOURS": "很久"}, [k for k in KEPT if k[0] != "HOURS"])],
    ids=["none", "bad", "a question that is gone", "one of them bad"],
)  # fmt: skip
def test_what_a_phone_brings_is_taken_whole_whatever_became_of_the_questions(answers, held):
    answer = from_a_phone(**answers)
    assert answer.status_code == 200, answer.content.decode()
    case = Case.objects.get()
    assert kept(case) == held
    values = [one for value in answers.values() for one in (value if isinstance(value, list) else [value])]
    told = " ".join([case.request.description, *(value for _code, value in kept(case))])
    assert [one for one in values if one not in told and one not in {"３", "2026-11-23 01:00"}] == []
    assert case.request.description.startswith("夜里打桩。")
