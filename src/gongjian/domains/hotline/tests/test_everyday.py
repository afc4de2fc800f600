"""Paper for the handler, wordings of answers, callers held back, and why a case came here."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from gongjian.audit.models import AuditEntry
from gongjian.audit.versions import version_of
from gongjian.casework.models import Case, CaseParty
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.actions import intake
from gongjian.domains.hotline.actions import wordings as keeping
from gongjian.domains.hotline.actions.restricting import release_caller, restrict_caller
from gongjian.domains.hotline.models import CallerRestriction, ReplyDraft, ReplyTemplate
from gongjian.domains.hotline.queries import VERSION, forget
from gongjian.domains.hotline.queries.wordings import offered
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CALL_TAKER,
    CLERK,
    HANDLER,
    HEAD,
    OTHER_CLERK,
    SUPERVISOR,
    at_desk,
    case_url,
    page,
)
from gongjian.identity.actor import ANONYMOUS
from gongjian.identity.queries import units
from gongjian.notify.models import Message
from gongjian.testing.assertions import assert_at_most_queries, assert_forbidden, assert_refused
from gongjian.testing.cases import make_report, make_request
from gongjian.testing.cast import actor
from gongjian.testing.paper import pdf_text

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
EDITOR = "yu.shuhan"
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch, steady_memory):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    forget()


def order(client, case):
    return client.get(reverse("hotline:order", args=[case.number]))


# ---------------------------------------------------------------- work orders


def test_a_work_order_holds_all_a_handler_needs_and_no_number_of_the_caller():
    case = make_request(state="in_progress", lon=114.2372, lat=22.5571)
    answer = order(at_desk(HANDLER), case)
    assert answer["Content-Type"] == "application/pdf"
    text = pdf_text(answer.content).replace(" ", "")
    for words in (
        "办理单",
        case.number,
        "永安北一街18号旁",
        "凌晨一点还在响",
        "派件目录",
        "盐田生态环境管理局",
        "签收",
    ):
        assert words in text, words
    assert "13800006021" not in text
    assert "138********" in text
    assert "刘晓梅" not in text
    entry = AuditEntry.objects.get(action="hotline.print")
    assert (entry.object_id, entry.detail) == (case.number, "")


def test_whoever_has_revealed_the_number_prints_it_and_that_is_on_record():
    case, client = make_request(state="in_progress"), at_desk(HANDLER)
    client.post(reverse("hotline:reveal", args=[case.number]), {"purpose": "核对现场位置"})
    assert "138 0000 6021" in pdf_text(order(client, case).content)
    assert AuditEntry.objects.get(action="hotline.print").detail == "with contact"
    assert "138 0000 6021" not in pdf_text(order(at_desk(HEAD), case).content)


def test_selected_orders_come_as_one_paper_and_foreign_ones_are_left_out():
    first, second = make_request(state="in_progress"), make_request(state="dispatched", title="夜里装修")
    foreign = make_request(state="in_progress", topic="traffic-parking")
    client = at_desk(CLERK)
    chosen = [f"{c.number}:{c.version}" for c in (first, second, foreign)]
    answer = client.post(reverse("hotline:orders"), {"case": chosen})
    text = pdf_text(answer.content)
    assert first.number in text
    assert second.number in text
    assert foreign.number not in text
    assert AuditEntry.objects.filter(action="hotline.print").count() == 2
    nothing = client.post(reverse("hotline:orders"), {"case": [f"{foreign.number}:1", "<x>", ""]}, follow=True)
    assert "没有选中的件" in page(nothing)
    assert order(at_desk(OTHER_CLERK), first).status_code == 404


def test_a_work_order_is_set_in_english_too():
    case = make_request(state="in_progress")
    text = pdf_text(order(at_desk(HANDLER, "en"), case).content)
    assert case.number in text
    assert "Work order" in text


# ---------------------------------------------------------------- wordings


def draft(**over):
    unit = units().by_code["hbj"].id
    facts = {
        "name": "噪声：已停工",
        "text_zh": "{称呼}\n您反映的“{标题}”（{件号}），我们{日期}到过现场。{单位}",
        "valid_from": TODAY,
        "unit_id": unit,
    }
    return keeping.Draft(**{**facts, **over})


def test_a_wording_is_offered_filled_in_put_into_the_draft_and_counted():
    case = make_request(state="in_progress")
    made = keeping.save_template(draft=draft(), actor=actor(HEAD, at=AT), at=AT)
    client = at_desk(HANDLER)
    shown = page(client.get(reverse("hotline:wording_offers", args=[case.number])))
    assert f"您反映的“{case.title}”（{case.number}），我们2026年11月23日到过现场。" in shown
    assert "刘晓梅" not in shown
    take = reverse("hotline:wording_take", args=[case.number, made.pk])
    text = client.post(take, headers={"X-Fragment": "1"}).json()["text"]
    assert text.startswith("居民您好：")
    client.post(take)
    assert ReplyDraft.objects.get(case=case).text == text
    client.post(take)  # what stood there stays
    assert ReplyDraft.objects.get(case=case).text == f"{text}\n\n{text}"
    assert ReplyTemplate.objects.get().used == 3
    assert AuditEntry.objects.filter(action="hotline.template.save").exists()


def test_an_english_reader_gets_the_english_wording():
    case = make_request(state="in_progress", language="en")
    keeping.save_template(draft=draft(text_en="{greeting} {number}"), actor=actor(HEAD, at=AT), at=AT)
    shown = page(at_desk(HANDLER).get(reverse("hotline:wording_offers", args=[case.number])))
    assert f"Dear resident, {case.number}" in shown


def test_versions_hold_from_their_day_on():
    head = actor(HEAD, at=AT)
    made = keeping.save_template(draft=draft(text_zh="旧的"), actor=head, at=AT)
    later = TODAY + timedelta(days=7)
    keeping.save_template(draft=draft(text_zh="新的", valid_from=later), actor=head, at=AT, template_id=made.pk)
    facts = {"unit_id": made.unit_id, "topic_id": None}
    assert [w.text_zh for w in offered(**facts, day=TODAY)] == ["旧的"]
    assert [w.text_zh for w in offered(**facts, day=later)] == ["新的"]
    with assert_refused("valid_from"):
        keeping.save_template(draft=draft(valid_from=TODAY - timedelta(days=1)), actor=head, at=AT, template_id=made.pk)
    assert keeping.retire_template(template_id=made.pk, actor=head, at=AT)
    assert not keeping.retire_template(template_id=made.pk, actor=head, at=AT)
    assert offered(**facts, day=TODAY) == []


def test_units_keep_their_own_and_the_editor_those_for_all():
    head, editor = actor(HEAD, at=AT), actor(EDITOR, at=AT)
    with assert_forbidden():
        keeping.save_template(draft=draft(unit_id=None), actor=head, at=AT)
    with assert_forbidden():
        keeping.save_template(draft=draft(unit_id=units().by_code["cgj"].id), actor=head, at=AT)
    with assert_forbidden():
        keeping.save_template(draft=draft(), actor=actor(HANDLER, at=AT), at=AT)
    made = keeping.save_template(draft=draft(unit_id=None, name="共用"), actor=editor, at=AT)
    assert [w.name for w in offered(unit_id=units().by_code["cgj"].id, topic_id=None, day=TODAY)] == ["共用"]
    assert at_desk(HEAD).get(reverse("hotline:wording", args=[made.pk])).status_code == 404
    assert at_desk(CLERK).get(reverse("hotline:wordings")).status_code == 403
    assert "共用" in page(at_desk(EDITOR).get(reverse("hotline:wordings")))


def test_wrong_places_and_a_second_of_the_name_are_refused_at_their_field():
    head = actor(HEAD, at=AT)
    with assert_refused("text_zh"):
        keeping.save_template(draft=draft(text_zh="{姓名}您好"), actor=head, at=AT)
    keeping.save_template(draft=draft(), actor=head, at=AT)
    with assert_refused("name"):
        keeping.save_template(draft=draft(), actor=head, at=AT)
    client = at_desk(HEAD)
    answer = client.post(
        reverse("hotline:wording_new"), {"name": "甲", "text_zh": "{姓名}", "valid_from": "2026-11-23"}
    )
    assert answer.status_code == 422
    assert "没有 {姓名} 这个空" in page(answer)
    good = {"name": "甲", "text_zh": "{称呼}", "valid_from": "2026-11-23", "topic": "建筑施工噪声"}
    assert client.post(reverse("hotline:wording_new"), good).status_code == 302
    assert ReplyTemplate.objects.get(name="甲").topic is not None
    edit = reverse("hotline:wording", args=[ReplyTemplate.objects.get(name="甲").pk])
    client.post(edit, {**good, "text_zh": "{称呼}再改"})
    assert "再改" in page(client.get(edit))
    client.post(edit, {"act": "retire"})
    assert client.get(edit).status_code == 404


def test_places_without_a_value_stay_for_the_writer_to_see():
    assert rules.fill_in("{ 称呼 }｛件号｝{x}", {"greeting": "您好", "number": ""}) == "您好｛件号｝{x}"
    assert rules.unknown_placeholders("{称呼}{姓名}{Number}") == ["姓名"]


# ---------------------------------------------------------------- callers held back


FACTS = {"reason": "11 月 20 日一天内反复辱骂话务员七次。", "basis": "区热线管理办法第二十条", "days": 30}


def hold(case=None, **over):
    return restrict_caller(
        case=case or make_request(state="in_progress"), actor=actor(SUPERVISOR, at=AT), **{**FACTS, "at": AT, **over}
    )


def web_report(**over):
    report = make_report(at=AT, channel="web", **over)
    return intake.register_request(report=report, actor=ANONYMOUS, at=AT)


def test_a_held_back_number_is_told_slowed_on_the_web_and_heard_on_the_phone(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        made = hold()
    told = Message.objects.get(template="hotline/caller_restricted")
    assert FACTS["reason"] in told.body
    assert "复核" in told.body
    assert AuditEntry.objects.filter(action="hotline.caller.restrict", object_id=str(made.pk)).exists()
    web_report()
    with assert_refused("phone"):
        web_report(description="同一条路上又有车占道，请来看看。", title="占道")
    assert web_report(description="楼里着火了，快来人。", title="着火").id  # an emergency is never refused
    assert web_report(reporter={"name": "别人", "phone": "13900001111"}).id
    assert make_request(by=CALL_TAKER).pk  # the phone takes it all the same
    shown = page(at_desk(CALL_TAKER).post(reverse("hotline:caller"), {"phone": "138 0000 6021"}))
    assert "这个号码在限制期内" in shown
    assert "是不是同一件事" in shown
    assert "这个号码在限制期内" not in page(
        at_desk(CALL_TAKER).post(reverse("hotline:caller"), {"phone": "13900001111"})
    )


def test_it_ends_by_itself_and_earlier_with_a_word():
    made = hold(days=1)
    forget()
    web_report()
    later = AT + timedelta(days=1, minutes=1)
    Case.objects.filter(channel="web").update(opened_at=later - timedelta(hours=1))
    again = make_report(at=later, channel="web")
    assert intake.register_request(report=again, actor=ANONYMOUS, at=later).id
    second = hold(days=5, reason="11 月 23 日又打了十二次，没有说事。")
    assert second.starts == made.ends
    with assert_refused("why"):
        release_caller(restriction_id=second.pk, why=" ", actor=actor(SUPERVISOR, at=AT), at=AT)
    assert release_caller(restriction_id=second.pk, why="道过歉了", actor=actor(SUPERVISOR, at=AT), at=AT)
    assert not release_caller(restriction_id=second.pk, why="道过歉了", actor=actor(SUPERVISOR, at=AT), at=AT)
    assert not CallerRestriction.objects.filter(ended_at=None).exists()  # the one it renews ends with it


def test_every_process_is_told_when_a_number_is_held_back_or_released():
    before = version_of(VERSION)
    made = hold()
    held = version_of(VERSION)
    release_caller(restriction_id=made.pk, why="道过歉了", actor=actor(SUPERVISOR, at=AT), at=AT)
    assert len({before, held, version_of(VERSION)}) == 3


def test_reason_basis_and_an_end_are_needed_and_a_renewal_needs_news():
    case = make_request(state="in_progress")
    for field, value in (("reason", "骂人"), ("basis", ""), ("days", 0), ("days", 91)):
        with assert_refused(field):
            hold(case, **{field: value})
    hold(case)
    with assert_refused("reason"):
        hold(case)
    with assert_refused("days"):  # not ever further by renewing early
        hold(case, reason="11 月 22 日夜里又打了二十个电话。", days=61)
    assert hold(case, reason="11 月 22 日夜里又打了二十个电话。", days=60).renews_id is not None
    nobody = make_request(by="", reporter={"name": "", "phone": ""})
    with assert_refused("reason"):
        hold(nobody)
    assert CallerRestriction.objects.count() == 2


def test_only_a_supervisor_decides_and_sees_the_list():
    case = make_request(state="in_progress")
    with assert_forbidden():
        restrict_caller(case=case, actor=actor(CALL_TAKER, at=AT), at=AT, **FACTS)
    for name in ("callers",):
        assert at_desk(CALL_TAKER).get(reverse(f"hotline:{name}")).status_code == 403
    client = at_desk(SUPERVISOR)
    assert "限制这个号码" in page(client.get(case_url(case)))
    assert "限制这个号码" not in page(at_desk(HANDLER).get(case_url(case)))
    form = reverse("hotline:restrict_caller", args=[case.number])
    assert client.post(form, {"reason": "x", "basis": "y", "days": "三十"}).status_code == 422
    done = client.post(form, {"reason": FACTS["reason"], "basis": FACTS["basis"], "days": "３０"})
    assert done.status_code == 302
    listed = page(client.get(reverse("hotline:callers")))
    assert "138 ********" in listed
    assert "13800006021" not in listed
    assert FACTS["basis"] in page(client.get(done["Location"]))
    client.post(done["Location"], {"why": "查清不是本人"})
    assert "查清不是本人" in page(client.get(done["Location"]))
    assert FACTS["reason"] in page(client.get(reverse("hotline:callers") + "?tab=over"))


def test_the_web_form_says_it_at_the_number_and_nobody_else_pays_a_statement():
    hold()
    forget()
    web_report()
    report = make_report(at=AT, channel="web", reporter={"name": "别人", "phone": "13900001111"})
    with assert_at_most_queries(2):  # the case, and its search words
        intake.register_request(report=report, actor=ANONYMOUS, at=AT)


# ---------------------------------------------------------------- why


def test_why_a_case_came_is_said_with_rule_version_date_person_and_remedy():
    case = make_request(state="dispatched")
    assert CaseParty.objects.filter(case=case).exists()
    shown = page(at_desk(HEAD).get(reverse("hotline:why", args=[case.number])))
    for words in ("派件目录", "第 ", "生效", "周志远", "11月23日", "写退回理由"):
        assert words in shown, words
    on_case = page(at_desk(HEAD).get(case_url(case)))
    assert "派件目录" in on_case
    assert "周志远" in on_case
    assert reverse("hotline:why", args=[case.number]) in page(at_desk(CLERK).get("/desk/inbox/?tab=unit"))
    clerk = page(at_desk(CLERK).get(reverse("hotline:why", args=[case.number])))
    assert "请单位负责人退回" in clerk
    assert at_desk(OTHER_CLERK).get(reverse("hotline:why", args=[case.number])).status_code == 404
    assert "还没有派给单位" in page(
        at_desk(SUPERVISOR).get(reverse("hotline:why", args=[make_request(state="to_dispatch").number]))
    )


def test_an_urgent_case_says_that_it_cannot_go_back():
    case = make_request(state="dispatched", urgent=True)
    assert "紧急的件不能退回" in page(at_desk(HEAD).get(reverse("hotline:why", args=[case.number])))


def test_strangers_see_none_of_it():
    case = make_request(state="in_progress")
    for name, args in (("order", [case.number]), ("why", [case.number]), ("wordings", []), ("callers", [])):
        assert Client().get(reverse(f"hotline:{name}", args=args)).status_code == 302
