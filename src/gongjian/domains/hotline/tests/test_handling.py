"""The department's way through one case, from the list to the answer, and everything that is refused on it."""

from cProfile import Profile

import pytest
from django.urls import reverse

from gongjian.domains.hotline.actions.handling import sign, take
from gongjian.domains.hotline.models import CallAttempt, Extension, Reply, ReplyDraft, Return
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CLERK,
    HANDLER,
    HEAD,
    LEADER,
    OTHER_CLERK,
    OTHER_HANDLER,
    REVIEWER,
    SUPERVISOR,
    act,
    at_desk,
    case_url,
    page,
)
from gongjian.identity.queries import units
from gongjian.testing.assertions import assert_at_most_queries, moves_of, statements
from gongjian.testing.cases import REPLY, again, make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_NIGHT

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]

CALLS_A_ROW = 150  # drawn by tags of a template, one takes more than a thousand


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def inbox(tab, **query):
    return reverse("hotline:inbox", query={"tab": tab, **query})


def test_a_case_goes_from_the_list_to_the_resident():
    case = make_request(state="dispatched")
    clerk, handler, reviewer = at_desk(CLERK), at_desk(HANDLER), at_desk(REVIEWER)
    inbox = page(clerk.get(reverse("hotline:inbox")))
    assert case.number in inbox
    assert case.title in inbox
    assert act(clerk, case, "sign").status_code == 302
    assert act(handler, again(case), "start").status_code == 302
    assert act(handler, again(case), "contact", reached="yes", remark="核对了时间和位置。").status_code == 302
    sent = act(handler, again(case), "submit", text=REPLY, resolved="yes")
    assert sent.status_code == 302
    assert case.number in page(reviewer.get(reverse("hotline:review")))
    passed = act(reviewer, again(case), "approve", remark="")
    assert passed.status_code == 302
    assert passed.url == reverse("hotline:review")
    done = again(case)
    assert done.state == "replied"
    assert done.request.reply == REPLY
    assert moves_of(case.pk)[-5:] == ["sign", "start", "contact", "submit", "approve"]


def test_the_list_costs_four_statements_whatever_its_length():
    for _ in range(10):
        make_request(state="dispatched")
    clerk = at_desk(CLERK)
    address = reverse("hotline:inbox")
    clerk.get(address)  # units, topics, calendar come into memory
    with assert_at_most_queries(4) as ten:
        clerk.get(address)
    for _ in range(90):
        make_request(state="dispatched")
    clerk.get(address)
    with assert_at_most_queries(4) as hundred:
        shown = clerk.get(address)
    assert len(statements(ten)) == len(statements(hundred))
    assert page(shown).count("data-row-link") == 50
    following = clerk.get(address + shown.context["more_url"])
    assert page(following).count("data-row-link") == 50
    first = {line.number for band in shown.context["bands"] for line in band.lines}
    second = {line.number for band in following.context["bands"] for line in band.lines}
    assert len(first | second) == 100


def test_a_row_of_the_list_costs_few_calls():
    for _ in range(10):
        make_request(state="dispatched")
    clerk = at_desk(CLERK)
    address = inbox("unit", size="100")
    ten = calls(lambda: clerk.get(address))
    for _ in range(90):
        make_request(state="dispatched")
    shown = page(clerk.get(address))
    assert shown.count("data-row-link") == 100
    assert "size=100" in page(clerk.get(inbox("unit", size="100", state="dispatched")))
    assert page(clerk.get(inbox("unit", size="7"))).count("data-row-link") == 50
    assert (calls(lambda: clerk.get(address)) - ten) / 90 < CALLS_A_ROW


def calls(page_of):
    """Return how many functions are called for a page that was shown before: a cost without a clock."""
    page_of()
    with Profile() as profile:
        page_of()
    return sum(one.callcount for one in profile.getstats())


def test_every_tab_shows_its_own():
    mine, unsigned = make_request(state="in_progress"), make_request(state="dispatched")
    pending = make_request(state="extension_pending")
    elsewhere = make_request(state="dispatched", topic="traffic-parking")
    assert elsewhere.holder_unit_id != mine.holder_unit_id
    head = at_desk(HEAD)
    seen = {
        tab: {c.number for c in (mine, unsigned, pending, elsewhere) if c.number in page(head.get(inbox(tab)))}
        for tab in ("todo", "awaited", "unsigned", "unit", "shared", "pending")
    }
    assert seen == {
        "todo": {unsigned.number, pending.number},
        "awaited": set(),
        "unsigned": {unsigned.number},
        "unit": {mine.number, unsigned.number, pending.number},
        "shared": set(),
        "pending": {pending.number},
    }
    assert mine.number in page(at_desk(HANDLER).get(inbox("todo")))
    helper = at_desk("li.min").get(inbox("shared"))  # the subdistrict office assists
    assert mine.number in page(helper)


def test_the_list_can_be_narrowed_and_wrong_filters_are_left_out():
    site, other = make_request(state="dispatched"), make_request(state="signed", topic="env-air")
    clerk = at_desk(CLERK)
    assert site.holder_unit_id == other.holder_unit_id
    by_state = page(clerk.get(inbox("unit", state="signed")))
    assert other.number in by_state
    assert site.number not in by_state
    by_topic = page(clerk.get(inbox("unit", topic=site.topic_id)))
    assert site.number in by_topic
    assert other.number not in by_topic
    assert site.number in page(clerk.get(inbox("nonsense", state="\x00", topic="１2", after="%%%")))
    assert "没有符合这些条件的件" in page(clerk.get(inbox("unit", topic="999999")))


def test_the_late_come_first_and_alone(monkeypatch):
    late = make_request(state="dispatched")
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_NIGHT.isoformat())
    fresh = make_request(state="dispatched", at=MONDAY_NIGHT)
    shown = at_desk(CLERK).get(inbox("unit"))
    assert [band.late for band in shown.context["bands"]] == [True, False]
    only = page(at_desk(CLERK).get(inbox("unit", late="1")))
    assert late.number in only
    assert fresh.number not in only


def test_signing_many_tells_the_result_of_each():
    good, stale, gone = (make_request(state="dispatched") for _ in range(3))
    foreign = make_request(state="dispatched", topic="traffic-parking")
    take(case=stale, actor=actor(HEAD), at=AT)
    sign(case=gone, actor=actor(CLERK), at=AT)
    chosen = [f"{good.number}:{good.version}", f"{stale.number}:{stale.version}", f"{gone.number}:{gone.version}"]
    chosen += [f"{foreign.number}:{foreign.version}", "YT-0000-00000:1", "", ":", "x" * 400, "\x00:1", "../:1"]
    shown = at_desk(CLERK).post(inbox("unsigned"), {"case": chosen})
    assert shown.status_code == 200
    results = {one.number: one for one in shown.context["results"]}
    assert results[good.number].badge.state == "ok"
    assert "何建平" in results[stale.number].words
    assert "不再" in results[gone.number].words or "已经不是" in results[gone.number].words
    assert "不归本单位" in results[foreign.number].words
    assert again(good).state == "signed"
    assert again(stale).state == "dispatched"
    assert again(foreign).state == "dispatched"
    assert "没有选中的件" in page(at_desk(CLERK).post(inbox("unsigned")))


def test_who_may_not_sign_finds_no_button_and_is_refused():
    case = make_request(state="dispatched")
    handler = at_desk(HANDLER)
    assert "签收选中" not in page(handler.get(inbox("unit")))
    refused = handler.post(inbox("unit"), {"case": [f"{case.number}:{case.version}"]})
    assert refused.context["results"][0].badge.state == "late"
    assert again(case).state == "dispatched"


@pytest.mark.parametrize("username", ["shi.lei", "song.yuanhang", "ye.wanqing"])
def test_the_list_is_for_units_alone(username):
    assert at_desk(username).get(reverse("hotline:inbox")).status_code == 403


def test_nobody_comes_in_without_signing_in(client):
    case = make_request(state="dispatched")
    for address in (reverse("hotline:inbox"), reverse("hotline:review"), case_url(case)):
        answer = client.get(address)
        assert answer.status_code == 302
        assert reverse("console:sign_in") in answer.url


@pytest.mark.parametrize(
    ("state", "who", "move", "fields"),
    [
        ("dispatched", OTHER_CLERK, "sign", {}),
        ("signed", OTHER_HANDLER, "start", {}),
        ("in_progress", OTHER_HANDLER, "contact", {"reached": "yes", "remark": "打过了。"}),
        ("in_progress", OTHER_HANDLER, "submit", {"text": REPLY, "resolved": "yes"}),
    ],
)
def test_another_unit_does_not_find_the_case(state, who, move, fields):
    case = make_request(state=state)
    client = at_desk(who)
    assert client.get(case_url(case)).status_code == 404
    assert act(client, case, move, **fields).status_code == 404
    assert again(case).version == case.version


@pytest.mark.parametrize(
    ("state", "who", "move", "fields"),
    [
        ("dispatched", HANDLER, "sign", {}),
        ("signed", CLERK, "start", {}),
        ("in_progress", CLERK, "submit", {"text": REPLY, "resolved": "yes"}),
        ("in_progress", LEADER, "note", {"text": "看过。"}),
        ("in_progress", HANDLER, "desk_note", {"text": "快办。"}),
        ("in_progress", HANDLER, "correct", {"reason": "签错了。"}),
        ("extension_pending", HANDLER, "decide_extension", {"granted": "yes", "reason": ""}),
        ("submitted", HANDLER, "approve", {"remark": ""}),
        ("dispatched", CLERK, "return", {"reason": "not_ours", "basis": "三定规定", "proposed_unit": ""}),
    ],
)
def test_the_wrong_role_is_refused(state, who, move, fields):
    case = make_request(state=state)
    client = at_desk(who)
    assert act(client, case, move, **fields).status_code == (422 if move == "approve" else 403)
    assert client.get(reverse("hotline:case_act", args=[case.number, move])).status_code == 403
    assert again(case).version == case.version


@pytest.mark.parametrize(
    ("state", "who", "move", "fields"),
    [
        ("signed", CLERK, "sign", {}),
        ("in_progress", HANDLER, "start", {}),
        ("signed", HANDLER, "submit", {"text": REPLY, "resolved": "yes"}),
        ("in_progress", HANDLER, "resume", {"remark": ""}),
        ("replied", REVIEWER, "redo", {"remark": "太短。"}),
    ],
)
def test_in_the_wrong_state_the_words_are_kept(state, who, move, fields):
    case = make_request(state=state)
    answer = act(at_desk(who), case, move, **fields)
    assert answer.status_code == 422
    assert fields.get("text", fields.get("remark", "")) in page(answer)
    assert answer.context["form"].errors
    assert again(case).version == case.version


def test_twice_does_it_once():
    case = make_request(state="dispatched")
    clerk = at_desk(CLERK)
    assert act(clerk, case, "sign").status_code == 302
    assert act(clerk, case, "sign").status_code == 422
    assert moves_of(case.pk).count("sign") == 1
    waiting = make_request(state="submitted")
    reviewer = at_desk(REVIEWER)
    assert act(reviewer, waiting, "approve").status_code == 302
    assert act(reviewer, waiting, "approve").status_code == 422
    assert moves_of(waiting.pk).count("approve") == 1


def test_of_two_writers_the_second_keeps_his_words_and_reads_who_was_first():
    case = make_request(state="in_progress")
    handler, head = at_desk(HANDLER), at_desk(HEAD)
    assert act(head, case, "note", text="今晚安排夜查，带监测设备。").status_code == 302
    assert act(head, case, "take").status_code == 302
    late = act(handler, case, "submit", text=REPLY, resolved="partly")
    assert late.status_code == 409
    shown = page(late)
    assert REPLY in shown
    assert "何建平" in shown
    assert "动过这一件" in shown
    assert "今晚安排夜查" in shown  # the page stands at the present
    assert not Reply.objects.filter(case=case).exists()
    assert late.context["form"]["resolved"].value() == "partly"
    sent = handler.post(
        reverse("hotline:case_act", args=[case.number, "submit"]),
        {"version": late.context["form"]["version"].value(), "text": REPLY, "resolved": "partly"},
    )
    assert sent.status_code == 302
    assert again(case).state == "submitted"


def test_stale_words_of_other_acts_are_kept_too():
    case = make_request(state="in_progress")
    assert act(at_desk(HEAD), case, "take").status_code == 302
    late = act(at_desk(HANDLER), case, "ask_citizen", question="请补一张照片。")
    assert late.status_code == 409
    assert "请补一张照片。" in page(late)
    assert "何建平" in page(late)


def test_whoever_finds_the_step_gone_reads_who_took_it_and_keeps_his_words():
    case = make_request(state="in_progress")
    assert act(at_desk(HEAD), case, "submit", text=REPLY, resolved="yes").status_code == 302
    late = act(at_desk(HANDLER), case, "submit", text=f"{REPLY}另一份。", resolved="yes")
    shown = page(late)
    assert late.status_code == 409
    assert "何建平" in shown
    assert f"{REPLY}另一份。" in shown
    assert "<h1>提交审核</h1>" in shown
    assert ">yes<" not in shown


def test_a_text_of_nearly_a_megabyte_is_refused_in_words():
    case = make_request(state="in_progress")
    handler = at_desk(HANDLER)
    answer = act(handler, case, "submit", text="长" * 300_000, resolved="yes")
    assert answer.status_code == 422
    assert "写得太长了，最多 5000 个字，现在有 300000 个。" in page(answer)
    assert act(handler, case, "note", text="长" * 300_000).status_code == 422
    draft = handler.post(
        reverse("hotline:reply_draft", args=[case.number]), {"text": "长" * 300_000}, headers={"x-autosave": "1"}
    )
    assert draft.status_code == 422
    assert not ReplyDraft.objects.exists()


def test_an_extension_in_full_width_digits_is_asked_for_granted_and_counted():
    case = make_request(state="in_progress")
    handler, head = at_desk(HANDLER), at_desk(HEAD)
    assert act(handler, case, "ask_extension", days="三", reason="等监测报告。").status_code == 422
    assert act(handler, case, "ask_extension", days="９９", reason="等监测报告。").status_code == 422
    assert act(handler, case, "ask_extension", days="２", reason="等监测报告。").status_code == 302
    pending = Extension.objects.get(case=case)
    assert (pending.amount, pending.number) == (2, 1)
    before = again(case).clocks.get(name="answer").due_at
    assert "要多 2 个工作日：等监测报告。" in page(head.get(case_url(case)))
    assert act(head, again(case), "decide_extension", granted="yes", reason="").status_code == 302
    assert again(case).clocks.get(name="answer").due_at > before
    # The second one goes to the supervisor, the unit's head may no longer decide it.
    assert act(handler, again(case), "ask_extension", days="1", reason="还缺一份材料。").status_code == 302
    assert act(head, again(case), "decide_extension", granted="yes", reason="").status_code == 403
    refused = act(at_desk(SUPERVISOR), again(case), "decide_extension", granted="no", reason="")
    assert refused.status_code == 422
    assert act(at_desk(SUPERVISOR), again(case), "decide_extension", granted="no", reason="先办。").status_code == 302
    assert "已经延过两次" in page(handler.get(case_url(case)))
    assert handler.get(reverse("hotline:case_act", args=[case.number, "ask_extension"])).status_code == 403


def test_waiting_for_the_resident_needs_a_contact_and_happens_once():
    case = make_request(state="signed")
    handler = at_desk(HANDLER)
    act(handler, case, "start")
    assert "先记一次打通的联系" in page(handler.get(case_url(case)))
    missed = act(handler, again(case), "contact", reached="no", remark="没人接。")
    assert missed.status_code == 302
    assert not CallAttempt.objects.get(case=case).reached
    assert act(handler, again(case), "ask_citizen", question="请补照片。").status_code == 422
    act(handler, again(case), "contact", reached="yes", remark="说清了要补什么。")
    assert act(handler, again(case), "ask_citizen", question="请补照片。").status_code == 302
    assert "计时停着" in page(handler.get(case_url(case)))
    assert act(handler, again(case), "resume", remark="").status_code == 302
    assert "已经等过居民一次" in page(handler.get(case_url(case)))


def test_a_return_names_rule_and_unit_and_leaves_the_unit():
    case = make_request(state="dispatched")
    head = at_desk(HEAD)
    assert act(head, case, "return", reason="", basis="", proposed_unit="").status_code == 422
    cgj = units().by_code["cgj"].id
    wrong = act(head, case, "return", reason="not_ours", basis="三定规定第五条", proposed_unit="999999")
    assert wrong.status_code == 422
    done = act(head, case, "return", reason="not_ours", basis="三定规定第五条", proposed_unit=str(cgj))
    assert done.status_code == 302
    assert done.url == reverse("hotline:inbox")
    assert Return.objects.get(case=case).proposed_unit_id == cgj
    assert head.get(case_url(case)).status_code == 404


def test_an_urgent_case_cannot_be_returned_and_the_page_says_why():
    case = make_request(state="dispatched", urgent=True)
    shown = page(at_desk(HEAD).get(case_url(case)))
    assert "紧急的件不能退回" in shown
    assert "dialog-return" not in shown
    answer = act(at_desk(HEAD), case, "return", reason="not_ours", basis="三定规定", proposed_unit="")
    assert answer.status_code == 422
    assert again(case).state == "dispatched"


def test_the_supervisor_corrects_a_wrong_step():
    case = make_request(state="signed")
    supervisor = at_desk(SUPERVISOR)
    assert act(supervisor, case, "correct", reason="").status_code == 422
    corrected = supervisor.post(
        reverse("hotline:correct", args=[case.number]), {"version": case.version, "reason": "签错了单位。"}
    )
    assert corrected.status_code == 302
    assert again(case).state == "dispatched"
    assert moves_of(case.pk)[-1] == "correct"


def test_a_colleague_takes_over():
    case = make_request(state="in_progress")
    head = at_desk(HEAD)
    assert "由我办理" in page(head.get(case_url(case)))
    assert act(head, case, "take").status_code == 302
    assert again(case).holder.username == HEAD
    assert "由我办理" not in page(head.get(case_url(case)))


def test_an_act_nobody_knows_is_not_found():
    case = make_request(state="dispatched")
    assert act(at_desk(CLERK), case, "archive").status_code == 404
    assert at_desk(CLERK).get(reverse("hotline:case", args=["YT-0000-00000"])).status_code == 404
    assert at_desk(CLERK).get("/desk/cases/%00/").status_code == 404
