"""What stands on the case page, for whom, and at what cost."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from django.utils.translation import override

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import CaseEvent, RevealGrant
from gongjian.casework.tasks import tell_event
from gongjian.documents.actions import store
from gongjian.documents.tests.make import jpeg
from gongjian.domains.hotline.access import visible_to
from gongjian.domains.hotline.actions.applicant import add
from gongjian.domains.hotline.actions.handling import note, save_reply_draft
from gongjian.domains.hotline.forms.staff import LONGEST_REPLY
from gongjian.domains.hotline.models import ReplyDraft
from gongjian.domains.hotline.pages.case import checks
from gongjian.domains.hotline.pages.casefile import told_by_system
from gongjian.domains.hotline.queries import dossier
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CALL_TAKER,
    CLERK,
    HANDLER,
    HEAD,
    LEADER,
    OTHER_HANDLER,
    REVIEWER,
    SUPERVISOR,
    act,
    at_desk,
    case_url,
    page,
)
from gongjian.domains.hotline.workflow import KINDS
from gongjian.identity.actor import ANONYMOUS
from gongjian.notify.models import Message
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.cases import CALLBACK, DISPATCHER, REPLY, again, make_request, party_of
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_NIGHT

PLACE = {"lon": 114.2372, "lat": 22.5571}
PHONE = "+8613800006021"

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def acts_of(answer) -> list[str]:
    return [one.name for one in answer.context["acts"]]


def test_the_page_tells_facts_reason_clock_and_acts():
    case = make_request(state="in_progress", **PLACE)
    shown = at_desk(HANDLER).get(case_url(case))
    words = page(shown)
    for expected in (
        case.number,
        case.request.description,
        "环境保护 › 建筑施工噪声",
        "永安北一街 18 号旁",
        "盐田街道 永安社区",
        "12349 电话",
        "派件目录 2026-10 第 3.2 条",
        "5 个工作日",
        "hotline.answer.complaint",
        "一般诉求7日内反馈",
        "临期提醒",
        "核对了时间和位置。",
    ):
        assert expected in words, expected
    assert acts_of(shown) == ["contact", "note", "ask_extension", "ask_citizen"]
    assert shown.context["clock"].title == "答复期限"
    assert shown.context["clock"].big == [("5", "个工作日")]


def test_the_page_costs_six_statements():
    case = make_request(state="in_progress", **PLACE)
    make_request(state="signed", **PLACE)
    client = at_desk(HANDLER)
    client.get(case_url(case))
    with assert_at_most_queries(6):
        client.get(case_url(case))
    waiting = make_request(state="submitted", **PLACE)
    reviewer = at_desk(REVIEWER)
    reviewer.get(case_url(waiting))
    with assert_at_most_queries(6):
        reviewer.get(case_url(waiting))


def test_opened_from_a_list_it_knows_its_neighbours_at_one_statement_more():
    first, second, third = (make_request(state="signed") for _ in range(3))
    client = at_desk(HANDLER)
    client.get(case_url(second, tab="unit"))
    with assert_at_most_queries(7):
        shown = client.get(case_url(second, tab="unit"))
    assert first.number in shown.context["previous"]
    assert third.number in shown.context["next"]
    assert "第 2 件，共 3 件" in page(shown)
    assert "tab=unit" in shown.context["next"]
    assert not client.get(case_url(first, tab="unit")).context["previous"]
    # In a narrowed list the neighbours are those of that list.
    alone = client.get(case_url(second, tab="unit", state="dispatched")).context
    assert (alone["previous"], alone["next"]) != ("", "") or alone["crumbs"]


@pytest.mark.parametrize(
    ("state", "who", "expected"),
    [
        ("dispatched", CLERK, ["sign"]),
        ("dispatched", HEAD, ["sign", "note", "return", "take"]),
        ("signed", HANDLER, ["start", "contact", "note"]),
        ("in_progress", CLERK, []),
        ("waiting_citizen", HANDLER, ["contact", "note", "resume"]),
        ("extension_pending", HEAD, ["contact", "note", "decide_extension", "take"]),
        ("submitted", REVIEWER, []),
        ("in_progress", SUPERVISOR, ["desk_note", "correct"]),
        ("in_progress", LEADER, []),
        ("closed", SUPERVISOR, ["correct"]),
    ],
)
def test_only_open_acts_are_offered(state, who, expected):
    case = make_request(state=state)
    assert acts_of(at_desk(who).get(case_url(case))) == expected


@pytest.mark.parametrize(
    ("state", "who", "words", "way"),
    [
        ("to_dispatch", CALL_TAKER, "这一步由派件台办。", ""),
        ("submitted", DISPATCHER, "这一步由审核员办。", ""),
        ("callback", REVIEWER, "由回访员打电话问。", ""),
        ("callback", CALLBACK, "由回访员打电话问。", "hotline:callback_case"),
        ("in_progress", CLERK, "管理局办。", ""),
        ("closed", CLERK, "这一件已经办结", ""),
    ],
)
def test_whose_step_it_is_and_the_way_there_for_those_who_may_go_it(state, who, words, way):
    case = make_request(state=state)
    shown = at_desk(who).get(case_url(case))
    assert words in page(shown)
    assert shown.context["elsewhere"].url == (reverse(way, args=[case.number]) if way else "")


def test_the_clause_of_the_catalogue_is_named_once():
    case = make_request(state="dispatched")
    tell_event(CaseEvent.objects.get(case=case, move="dispatch").pk, at=AT)
    for language in ("zh-hans", "en"):
        why = page(at_desk(HEAD, language).get(reverse("hotline:why", args=[case.number])))
        assert why.count("3.2") == 1
    told = Message.objects.filter(channel="site", body__contains="3.2")
    assert told
    assert all(one.body.count("3.2") == 1 for one in told)


@pytest.mark.parametrize(
    "state",
    [
        "received", "answered", "rejected", "cancelled", "to_dispatch", "dispatched", "returned", "signed", "in_progress",
        "waiting_citizen", "extension_pending", "submitted", "redo", "replied", "callback", "closed", "reopened",
        "archived",
    ],
)  # fmt: skip
def test_every_state_can_be_shown_in_both_languages(state):
    case = make_request(state=state)
    for language in ("zh-hans", "en"):
        answer = at_desk(SUPERVISOR, language).get(case_url(case))
        assert answer.status_code == 200
        assert case.number in page(answer)


def test_the_reviewer_and_the_call_taker_may_read_every_case_and_others_only_theirs():
    case = make_request(state="in_progress")
    for who, status in ((REVIEWER, 200), (CALL_TAKER, 200), (LEADER, 200), ("li.min", 200), (OTHER_HANDLER, 404)):
        assert at_desk(who).get(case_url(case)).status_code == status, who


@pytest.mark.parametrize(
    ("who", "crumb"),
    [
        (HANDLER, "等我办"),
        (CLERK, "待签收"),
        (REVIEWER, "审核"),
        (CALL_TAKER, "话务台"),
        (SUPERVISOR, "督办"),
        (LEADER, "运行看板"),
    ],
)
def test_the_way_back_leads_where_the_reader_works(who, crumb):
    case = make_request(state="in_progress")
    first = at_desk(who).get(case_url(case)).context["crumbs"][0]
    assert first.label == crumb
    if who in {HANDLER, CLERK, REVIEWER}:
        assert at_desk(who).get(first.url).status_code == 200


def test_english_readers_find_no_chinese_but_what_people_wrote():
    case = make_request(state="in_progress", title="Noise", description="Noise at night", address="18 Street")
    words = page(at_desk(HANDLER, "en").get(case_url(case)))
    main = re.sub(r"<[^>]*>", " ", words[words.index("<main") : words.index("</main>")])
    left = set(re.findall(r"[\u4e00-\u9fff]+", main))
    names = {"陈静怡", "周志远", "吴倩", "郑海峰", "核对了时间和位置", "刘"}
    written = {
        one
        for one in left
        if "派件目录" in one or "建筑施工噪声" in one or "街道协助" in one or "条" in one or one == "第"
    }
    sources = set(re.findall(r"[\u4e00-\u9fff]+", "".join(s.why.modelled_on for s in _sources(case))))
    assert left - names - written - sources == set()


def _sources(case):
    return at_desk(HANDLER).get(case_url(case)).context["clock"].sources


def test_the_history_is_one_with_internal_entries_marked():
    case = make_request(state="in_progress")
    note(case=case, text="物业说夜班有两组。", actor=actor(HEAD), at=AT)
    shown = at_desk(HANDLER).get(case_url(case))
    history = shown.context["history"]
    assert (history.total, history.public, history.internal) == (7, 6, 1)
    assert history.entries[0].kind == "internal"
    assert history.entries[0].text == "物业说夜班有两组。"
    assert [one.kind for one in history.entries].count("now") == 1
    assert "data-internal" in page(shown)


def test_what_the_resident_did_is_told_as_staff_say_it():
    case = make_request(state="in_progress")
    add(case=again(case), text="昨晚又响。", as_party=party_of(case), actor=ANONYMOUS, at=AT)
    shown = page(at_desk(HANDLER).get(case_url(case)))
    assert "居民补充了情况" in shown
    assert "您补充了情况" not in shown


def test_what_people_write_is_text_never_markup():
    bad = "<script>alert(1)</script><b>粗</b>"
    case = make_request(state="in_progress", description=bad, title=bad)
    note(case=case, text=bad, actor=actor(HEAD), at=AT)
    save_reply_draft(case=case, text=bad, actor=actor(HANDLER), at=AT)
    words = page(at_desk(HANDLER).get(case_url(case)))
    assert "<script>alert" not in words
    assert "<b>粗" not in words
    assert "&lt;script&gt;alert(1)" in words


def test_late_and_paused_clocks_say_so(monkeypatch):
    case = make_request(state="waiting_citizen")
    clock = at_desk(HANDLER).get(case_url(case)).context["clock"]
    assert (clock.state, clock.lead, clock.reminders) == ("hold", "计时停着", [])
    late = make_request(state="dispatched")
    monkeypatch.setenv("GONGJIAN_CLOCK", (MONDAY_NIGHT + timedelta(days=9)).isoformat())
    clock = at_desk(CLERK).get(case_url(late)).context["clock"]
    assert clock.state == "late"
    assert clock.lead == "超过"
    assert {line.label for line in clock.lines} >= {"受理", "派件", "签收"}


def test_a_closed_case_has_no_clock_running():
    case = make_request(state="closed")
    shown = at_desk(SUPERVISOR).get(case_url(case))
    assert shown.context["clock"].badge is None
    assert "没有在跑的期限" in page(shown)


def test_neighbours_stand_on_the_map_and_in_the_list_but_open_only_for_those_who_may():
    case = make_request(state="in_progress", **PLACE)
    near = make_request(state="in_progress", lon=PLACE["lon"] + 0.0005, lat=PLACE["lat"], topic="traffic-parking")
    make_request(state="in_progress", lon=PLACE["lon"] + 0.02, lat=PLACE["lat"])
    make_request(state="in_progress", confidential=True, **PLACE)
    shown = at_desk(HANDLER).get(case_url(case))
    assert [one.row.number for one in shown.context["around"]] == [near.number]
    assert shown.context["around"][0].url == ""
    assert [point.number for point in shown.context["map"].points] == ["1"]
    assert at_desk(SUPERVISOR).get(case_url(case)).context["around"][0].url
    assert at_desk(HANDLER).get(case_url(make_request(state="in_progress"))).context["map"] is None


def test_the_number_is_masked_until_a_purpose_is_written(monkeypatch):
    case = make_request(state="in_progress")
    handler = at_desk(HANDLER)
    words = page(handler.get(case_url(case)))
    assert "刘**" in words
    assert "138 ********" in words
    assert PHONE not in words
    address = reverse("hotline:reveal", args=[case.number])
    assert "为什么要看号码" in page(handler.get(address))
    assert handler.post(address, {"purpose": ""}).status_code == 422
    assert handler.post(address, {"purpose": "看"}).status_code == 422
    assert not RevealGrant.objects.exists()
    assert handler.post(address, {"purpose": "核对时间和位置"}).status_code == 302
    opened = handler.get(case_url(case))
    assert f'href="tel:{PHONE}"><b>138 0000 6021</b>' in page(opened)
    assert "刘晓梅" in page(opened)
    assert opened.context["caller"].until == RevealGrant.objects.get().ends_at
    assert "核对时间和位置" in page(opened)
    assert CaseEvent.objects.get(case=case, move="reveal").public
    assert AuditEntry.objects.filter(action="contact.reveal").count() == 1
    # Nobody else sees it, and after a quarter of an hour nobody at all.
    assert PHONE not in page(at_desk(HEAD).get(case_url(case)))
    monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(hours=1)).isoformat())
    assert PHONE not in page(handler.get(case_url(case)))


def test_without_consent_the_unit_is_refused_and_told_why():
    case = make_request(
        state="in_progress", reporter={"name": "刘晓梅", "phone": "13800006021", "consent_contact": False}
    )
    handler, address = at_desk(HANDLER), reverse("hotline:reveal", args=[case.number])
    words = page(handler.get(case_url(case)))
    assert "没有同意承办单位联系" in words
    assert "dialog-reveal" not in words
    refused = handler.post(address, {"purpose": "核对时间和位置"})
    assert refused.status_code == 403
    assert "请 12349 打过去问" in page(refused)
    assert not RevealGrant.objects.exists()
    # The hotline's own desk took the call and may look.
    assert at_desk(CALL_TAKER).post(address, {"purpose": "回拨核对地点"}).status_code == 302


def test_who_has_no_right_to_numbers_is_refused():
    case = make_request(state="in_progress")
    address = reverse("hotline:reveal", args=[case.number])
    assert at_desk(CLERK).post(address, {"purpose": "核对时间和位置"}).status_code == 403
    assert at_desk(OTHER_HANDLER).post(address, {"purpose": "核对时间和位置"}).status_code == 404
    anonymous = make_request(state="in_progress", reporter={})
    assert "没有留联系方式" in page(at_desk(HANDLER).get(case_url(anonymous)))
    assert at_desk(HANDLER).post(
        reverse("hotline:reveal", args=[anonymous.number]), {"purpose": "核对时间"}
    ).status_code in {403, 422}


def test_a_draft_is_kept_for_its_writer_alone():
    case = make_request(state="in_progress")
    handler, address = at_desk(HANDLER), reverse("hotline:reply_draft", args=[case.number])
    kept = handler.post(address, {"text": "刘女士：您好。", "version": case.version}, headers={"x-autosave": "1"})
    assert kept.status_code == 204
    by_button = handler.post(address, {"text": "刘女士：您好。我们去过了。", "version": case.version})
    assert by_button.status_code == 302
    assert ReplyDraft.objects.get().text == "刘女士：您好。我们去过了。"
    assert "我们去过了" in page(handler.get(case_url(case)))
    assert "我们去过了" not in page(at_desk(HEAD).get(case_url(case)))
    assert again(case).version == case.version
    assert at_desk(CLERK).post(address, {"text": "x"}).status_code == 403
    assert at_desk(OTHER_HANDLER).post(address, {"text": "x"}).status_code == 404


def test_sending_ends_the_draft_and_an_empty_answer_is_refused():
    case = make_request(state="in_progress")
    handler = at_desk(HANDLER)
    save_reply_draft(case=case, text="草稿", actor=actor(HANDLER), at=AT)
    empty = act(handler, case, "submit", text="  ", resolved="yes")
    assert empty.status_code == 422
    assert "写上答复" in page(empty)
    undecided = act(handler, case, "submit", text=REPLY, resolved="")
    assert undecided.status_code == 422
    assert "选一下：解决了、部分解决、没有解决。" in page(undecided)
    assert REPLY in page(undecided)
    assert "<title>错误：" in page(undecided)
    assert act(handler, case, "submit", text=REPLY, resolved="yes").status_code == 302
    assert not ReplyDraft.objects.exists()


def test_the_preview_is_a_fragment_for_script_and_a_page_without():
    case = make_request(state="in_progress")
    handler, address = at_desk(HANDLER), reverse("hotline:reply_preview", args=[case.number])
    part = handler.post(address, {"text": REPLY, "version": case.version}, headers={"hx-request": "true"})
    assert part.status_code == 200
    assert "<html" not in page(part)
    assert "工地没有夜间施工许可" in page(part)
    assert "15 天内要求复核" in page(part)
    whole = page(handler.post(address, {"text": REPLY, "version": case.version, "resolved": "partly"}))
    assert "<html" in whole
    assert whole.count("工地没有夜间施工许可") == 2  # in the editor and as the resident reads it
    too_long = page(handler.post(address, {"text": "长" * LONGEST_REPLY + "尾巴", "version": case.version}))
    assert "尾巴" in too_long  # in the editor, where it can be shortened
    assert not ReplyDraft.objects.exists()


def test_hints_name_what_an_answer_lacks():
    assert [one.good for one in checks(REPLY, contacted=True)] == [True, True, False]
    assert [one.good for one in checks("再响请打 12349。", contacted=False)] == [False, False, True]
    assert [one.good for one in checks("您可以打 0755-2522 8888。", contacted=True)] == [True, True, True]
    assert not checks("共 12 件，45 天", contacted=True)[2].good


def test_the_answer_is_a_letter_and_before_that_a_preview():
    case = make_request(state="in_progress")
    handler, address = at_desk(HANDLER), reverse("hotline:reply_pdf", args=[case.number])
    assert address not in page(handler.get(case_url(case)))  # nothing is written yet
    assert handler.get(address).content.startswith(b"%PDF-")  # a page that was open longer still gets an answer
    save_reply_draft(case=case, text=REPLY, actor=actor(HANDLER), at=AT)
    assert address in page(handler.get(case_url(case)))
    draft = handler.get(address)
    assert draft.content.startswith(b"%PDF-")
    assert "inline" in draft["Content-Disposition"]
    done = make_request(state="replied")
    letter = handler.get(reverse("hotline:reply_pdf", args=[done.number]))
    assert letter.content.startswith(b"%PDF-")
    assert f"{done.number}.pdf" in letter["Content-Disposition"]
    assert letter["Content-Disposition"].startswith("attachment")
    assert "答复信 PDF" in page(handler.get(case_url(done)))
    assert at_desk(OTHER_HANDLER).get(reverse("hotline:reply_pdf", args=[done.number])).status_code == 404


def test_what_changed_meanwhile_is_told_without_a_reload():
    case = make_request(state="in_progress")
    handler, address = at_desk(HANDLER), reverse("hotline:case_pulse", args=[case.number])
    newest = handler.get(case_url(case)).context["history"].newest
    assert handler.get(address, {"event": newest}).status_code == 204
    note(case=case, text="物业说夜班有两组。", actor=actor(HEAD), at=AT - timedelta(minutes=5))
    with assert_at_most_queries(4):
        changed = handler.get(address, {"event": newest})
    assert re.search(r"何建平 \d+ 分钟前：内部意见。", page(changed))
    assert "<html" not in page(changed)
    assert at_desk(OTHER_HANDLER).get(address).status_code == 404


def test_attachments_show_what_they_are_and_where_they_came_from(tmp_path):
    with override_settings(MEDIA_ROOT=tmp_path):
        photo = store(upload=SimpleUploadedFile("a.jpg", jpeg()), kind="photo", actor=ANONYMOUS, at=AT)
        case = make_request(state="in_progress", documents=[photo.pk])
        (file,) = at_desk(HANDLER).get(case_url(case)).context["files"]
    assert file.icon == "photo"
    assert "已去除位置信息" in file.note
    assert "KB" in file.note


def test_the_file_opens_for_exactly_those_whom_the_lists_show_the_case(district):
    kept, shared = make_request(state="signed"), make_request(state="signed", topic="traffic-parking")
    for who in (CLERK, HANDLER, HEAD, OTHER_HANDLER, REVIEWER, SUPERVISOR, LEADER, CALL_TAKER, "li.min", "du.siyuan"):
        for case in (kept, shared):
            seen = visible_to(actor(who)).filter(pk=case.pk).exists()
            file = dossier(actor=actor(who), number=case.number, at=AT)
            assert (file is not None) is seen, (who, case.number)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_what_the_system_wrote_into_the_history_is_told_in_the_reader_s_language(kind):
    for clock in kind.clocks:
        with override("zh-hans"):
            written = str(clock.label)
        with override("en"):
            assert told_by_system(kind, written) == str(clock.label) != written
    assert told_by_system(kind, "何建平来过") == "何建平来过"
