"""Answers to what a topic asks leave in a table and come back from one: the same, or the row says what is wrong."""

import csv
import io

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from gongjian.casework.models import Case
from gongjian.documents.tables import WrongCell
from gongjian.domains.hotline.actions.intake import Report, register_request
from gongjian.domains.hotline.bulk.importing.answers import answers_now, read_answers
from gongjian.domains.hotline.models import AttributeAnswer, ImportFault
from gongjian.domains.hotline.queries import catalogue
from gongjian.domains.hotline.queries.open311 import Choice, Question, questions_of
from gongjian.domains.hotline.tests.records import case_of, file_of, take_back, take_in
from gongjian.domains.hotline.tests.staff_pages import AT, SUPERVISOR, at_desk
from gongjian.identity.actor import ANONYMOUS
from gongjian.workdays.rules import SHANGHAI

HEAD = "原编号,状态,登记时间,类别,标题,问题与回答"
ASKED = (
    Question(1, "POLE", "string", False, True, 1, "哪根灯杆", "Which pole", "", "", ()),
    Question(2, "COUNT", "number", False, True, 2, "大约有几盏：", "How many", "", "", ()),
    Question(3, "WHEN", "multivaluelist", False, True, 3, "什么时候？", "When?", "", "",
             (Choice("noon", "中午", "Noon"), Choice("night", "夜里", "Night"))),
    Question(4, "SINCE", "datetime", False, True, 4, "从什么时候", "Since", "", "", ()),
    Question(5, "MORE", "text", False, True, 5, "还有什么", "What else", "", "", ()),
)  # fmt: skip
WORDS = st.text(st.sampled_from("路灯A1 ；;：:、,，（\n"), min_size=1, max_size=12).map(str.strip).filter(bool)


def cell(answers, *, english):
    """Return answers as an export writes them."""
    colon, semicolon = (": ", "; ") if english else ("：", "；")
    doubled = [(ask, said.replace("；", "；；").replace(";", ";;")) for ask, said in answers]
    return semicolon.join(f"{ask}{colon}{said}" for ask, said in doubled)


@given(pole=WORDS.filter(lambda text: "\n" not in text), more=WORDS, english=st.booleans())
@settings(max_examples=60, deadline=None)
def test_whatever_was_answered_is_read_back_as_it_was(pole, more, english):
    ask = "ask_en" if english else "ask_zh"
    written = cell([(getattr(ASKED[0], ask), pole), (getattr(ASKED[4], ask), more)], english=english)
    assert read_answers(written, ASKED, SHANGHAI) == ((1, pole), (5, more))


def test_choices_numbers_and_moments_are_written_as_people_write_them():
    written = "什么时候？：夜里、noon；大约有几盏：：３；SINCE: 2026-11-23 01:00"
    assert read_answers(written, ASKED, SHANGHAI) == (
        (2, "3"), (3, "night"), (3, "noon"), (4, "2026-11-23T01:00:00+08:00"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("颜色：红", "没有“颜色：红”这个问题"),
        ("12 号", "写成“问题：回答”"),
        ("什么时候？：早上", "“什么时候？”不能答“早上”。可以写：中午、夜里"),
        ("大约有几盏：：很多", "写数字"),
        ("从什么时候：昨天", "写成 2026-11-23 09:00 这样"),
        ("哪根灯杆：12；颜色：红", "没有“颜色：红”这个问题"),
    ],
)
def test_what_cannot_be_an_answer_says_what_would_do(written, told):
    with pytest.raises(WrongCell) as wrong:
        read_answers(written, ASKED, SHANGHAI)
    assert told in str(wrong.value.message)


@pytest.mark.django_db
@pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_export_and_an_import_give_the_same_answers(district, monkeypatch, tmp_path, language):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    topic = catalogue(AT).by_code("street-lights")
    given = {"FAULT": ["out"], "POLE": ["YT0321；东边: 第二根"], "COUNT": ["3"]}
    report = Report(kind="complaint", description="路灯不亮。", topic_id=topic.id, channel="web", language="zh-hans",
                    answers={code: said for code, said in given.items() if code in codes(topic)})  # fmt: skip
    opened = register_request(report=report, actor=ANONYMOUS, at=AT)
    client = at_desk(SUPERVISOR, language)
    text = b"".join(client.get(reverse("hotline:export"), {"format": "csv"}).streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    said = row["问题与回答" if language == "zh-hans" else "Questions and answers"]
    out = io.StringIO()
    csv.writer(out).writerow(["B1", "在办", "2026-11-20 09:30", "street-lights", "路灯", said])
    batch = take_in(file_of(tmp_path, out.getvalue().strip(), head=HEAD))
    assert batch.created == 1, list(ImportFault.objects.values_list("message", flat=True))
    assert answers_now(case_of("B1").pk) == answers_now(opened.id) != ()
    take_back(batch)
    assert not Case.objects.filter(request__external_number="B1").exists()
    assert set(AttributeAnswer.objects.values_list("case", flat=True)) == {opened.id}


@pytest.mark.django_db
@pytest.mark.parametrize(("topic", "told"), [("street-lights", "没有“颜色：红”这个问题"), ("", "有回答就要写类别")])
def test_a_row_with_an_answer_that_cannot_be_kept_is_wrong_and_names_the_column(district, tmp_path, topic, told):
    batch = take_in(file_of(tmp_path, f"B1,在办,2026-11-20 09:30,{topic},路灯,颜色：红", head=HEAD))
    fault = ImportFault.objects.get(batch=batch)
    assert (batch.rejected, fault.field) == (1, "answers")
    assert told in fault.message


def codes(topic):
    return {one.code for one in questions_of(topic.id, AT)}
