"""The dispatcher's board: what waits, where it should go, and what happens when somebody else was faster."""

import pytest
from django.urls import reverse

from gongjian.casework.actions import Change, move
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case, CaseEvent
from gongjian.casework.queries import last_change
from gongjian.casework.tasks import tell_event
from gongjian.domains.hotline.actions.dispatching import return_case
from gongjian.domains.hotline.queries import TO_DISPATCH, waiting
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CALL_TAKER,
    CLERK,
    HANDLER,
    OTHER_CLERK,
    REVIEWER,
    SUPERVISOR,
    at_desk,
    page,
)
from gongjian.domains.hotline.tests.staff_pages import act as act_of
from gongjian.identity.queries import units
from gongjian.notify.models import Message
from gongjian.testing.assertions import assert_at_most_queries, moves_of, statements
from gongjian.testing.cases import DISPATCHER, again, bring_to, handler_of, make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING, later

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
OTHER_DISPATCHER = "su.lijun"
HTMX, NOISE = {"HX-Request": "true"}, "建筑施工噪声"


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def board(**query):
    return reverse("hotline:board", query=query or None)


def unit(code):
    return units().by_code[code]


def offer(case, code):
    return f"{case.number}:{case.version}:{unit(code).id}"


def accept(client, case, code, **headers):
    return client.post(reverse("hotline:dispatch", args=[case.number]), {"offer": offer(case, code)}, headers=headers)


def send(client, case, name, **fields):
    data = {"version": str(case.version), **fields}
    return client.post(reverse("hotline:dispatch", args=[case.number]), {**data, "unit": name})


def act(client, case, what, **fields):
    return client.post(reverse(f"hotline:board_{what}", args=[case.number]), {"version": str(case.version), **fields})


def returned(by="jjdd", **over):
    """Return a case that its unit has sent back, naming another unit or none."""
    case = make_request(state="dispatched")
    who = handler_of(case, MONDAY_MORNING, "unit_head")
    proposed = unit(by).id if by else None
    facts = {"reason": "not_ours", "basis": "三定规定：不归本单位。", "proposed_unit_id": proposed, **over}
    return_case(case=case, actor=who, at=later(MONDAY_MORNING, minutes=20), **facts)
    return again(case)


def test_a_case_is_sent_where_the_catalogue_says():
    case = make_request(state="to_dispatch", at=later(AT, minutes=-5))
    client = at_desk(DISPATCHER)
    shown = page(client.get(board()))
    assert case.number in shown
    assert "建议派往" in shown
    assert unit("hbj").short_zh in shown
    assert "目录" in shown
    done = accept(client, case, "hbj")
    assert done.status_code == 302
    sent = again(case)
    assert (sent.state, sent.holder_unit_id) == ("dispatched", unit("hbj").id)
    assert sent.request.rule_id is not None
    client.get(board())  # where the message says it
    assert case.number not in page(client.get(board()))
    assert case.number in page(client.get(board(tab="sent")))


def test_rows_stand_by_deadline_under_their_headings():
    fresh = make_request(title="刚来的一件", state="to_dispatch", at=later(AT, minutes=-6))
    soon = make_request(title="快到的一件", state="to_dispatch", at=later(AT, minutes=-27))
    late = make_request(title="晚了的一件", state="to_dispatch", at=later(AT, minutes=-90))
    shown = page(at_desk(DISPATCHER).get(board()))
    places = [shown.index(words) for words in ("已超时 1 件", late.title, "10 分钟内 1 件", soon.title, fresh.title)]
    assert places == sorted(places)


def test_pages_follow_each_other_by_deadline_whatever_the_state():
    states = (*TO_DISPATCH, *reversed(TO_DISPATCH), *TO_DISPATCH)
    for n, state in enumerate(states):
        Case.objects.filter(pk=make_request(state="to_dispatch", at=later(AT, minutes=-n)).pk).update(state=state)
    rows, seen, after = Case.objects.filter(state__in=TO_DISPATCH), [], None
    while found := waiting(rows, TO_DISPATCH, after=after, size=2)[:2]:
        seen += [one.case for one in found]
        after = seen[-1].due_at, seen[-1].pk
    assert [case.pk for case in seen] == list(rows.order_by("due_at", "pk").values_list("pk", flat=True))
    assert len(seen) == len(states)


@pytest.mark.parametrize("who", [CLERK, HANDLER, REVIEWER, SUPERVISOR, CALL_TAKER])
def test_only_dispatchers_may_send(who):
    case = make_request(state="to_dispatch")
    client = at_desk(who)
    assert client.get(board()).status_code == 403
    assert client.get(reverse("hotline:board_new")).status_code == 403
    assert accept(client, case, "hbj").status_code == 403
    assert client.post(reverse("hotline:accept_proposals"), {"case": offer(case, "hbj")}).status_code == 403
    assert again(case).state == "to_dispatch"


def test_whoever_comes_second_reads_who_sent_it_where():
    case = make_request(state="to_dispatch")
    accept(at_desk(OTHER_DISPATCHER), case, "hbj")
    lost = accept(at_desk(DISPATCHER), case, "hbj")
    assert lost.status_code == 409
    assert f"苏丽君 刚才已派给{unit('hbj').short_zh}" in page(lost)
    assert moves_of(case.pk).count("dispatch") == 1


def test_a_row_that_has_changed_since_it_was_drawn_is_not_sent():
    case = make_request(state="to_dispatch")
    act(at_desk(OTHER_DISPATCHER), case, "retitle", title="换过的标题", topic=NOISE)
    lost = accept(at_desk(DISPATCHER), case, "hbj", **HTMX, **{"HX-Target": f"c{case.pk}"})
    assert lost.status_code in {409, 422}
    assert page(lost).lstrip().startswith("<tr")
    assert again(case).state == "to_dispatch"


def test_an_offer_that_was_never_made_is_not_taken():
    case = make_request(state="to_dispatch")
    refused = accept(at_desk(DISPATCHER), case, "jjdd")
    assert refused.status_code == 422
    assert "建议已经变了" in page(refused)
    client = at_desk(DISPATCHER)
    for number in ("²", "9" * 30, ""):
        offers = {"case": f"{case.number}:{number}:{number}", "offer": f"{case.number}:{number}:{number}"}
        assert client.post(reverse("hotline:accept_proposals"), offers).status_code == 200
        assert client.post(reverse("hotline:dispatch", args=[case.number]), offers).status_code in {409, 422}
    assert again(case).state == "to_dispatch"


def test_the_answer_to_htmx_is_the_row_itself_which_stays():
    case = make_request(state="to_dispatch")
    done = accept(at_desk(DISPATCHER), case, "hbj", **HTMX, **{"HX-Target": f"c{case.pk}"})
    assert done.status_code == 200
    assert done["HX-Retarget"] == f"#c{case.pk}"
    words = page(done)
    assert words.count("<tr") == 1
    assert f"已派给{unit('hbj').short_zh}" in words
    assert 'type="checkbox"' not in words


def test_another_unit_needs_a_reason_and_keeps_what_was_typed():
    case, client = make_request(state="to_dispatch"), at_desk(DISPATCHER)
    refused = send(client, case, "盐田交警大队", assist="区城管和综合执法局")
    assert refused.status_code == 422
    assert "不按目录派件，要写一句为什么。" in page(refused)
    assert "盐田交警大队" in page(refused)
    done = send(client, case, "盐田交警大队", assist="区城管和综合执法局", reason="占道装卸，归交警。")
    assert done.status_code == 302
    sent = again(case)
    assert sent.holder_unit_id == unit("jjdd").id
    assert sent.request.rule_id is None
    assert sent.request.dispatch_reason == "占道装卸，归交警。"
    assert list(sent.shares.values_list("unit_id", flat=True)) == [unit("cgj").id]


@pytest.mark.parametrize(
    "typed", ["盐田交警大队", "深圳市公安局交通警察局盐田大队", "ytjjdd", "ｙｔｊｊｄｄ", " YTJJDD "]
)
def test_a_unit_is_found_by_name_and_pinyin(typed):
    case = make_request(state="to_dispatch")
    assert send(at_desk(DISPATCHER), case, typed, reason="归交警。").status_code == 302
    assert again(case).holder_unit_id == unit("jjdd").id


@pytest.mark.parametrize("typed", ["没有这个局", "", "盐田"])
def test_a_unit_that_does_not_exist_is_refused_at_its_field(typed):
    case = make_request(state="to_dispatch")
    refused = send(at_desk(DISPATCHER), case, typed, reason="试试。")
    assert refused.status_code == 422
    assert 'id="unit-unit_error"' in page(refused)


def test_a_returned_case_says_who_why_and_goes_where_the_unit_said():
    case, client = returned("jjdd"), at_desk(DISPATCHER)
    shown = page(client.get(board(case=case.number)))
    for words in (
        "第 1 次退回",
        "再退回就转兜底单位",
        "何建平",
        "不属于本单位职责",
        "三定规定：不归本单位。",
        "盐田交警大队",
    ):
        assert words in shown
    assert accept(client, case, "hbj").status_code == 422
    assert accept(client, case, "jjdd").status_code == 302
    assert again(case).holder_unit_id == unit("jjdd").id
    assert again(case).request.dispatch_reason == "按退回单位的建议改派。"


def test_a_returned_case_without_a_named_unit_waits_for_a_person():
    case, client = returned(""), at_desk(DISPATCHER)
    shown = page(client.get(board(case=case.number)))
    assert "还不能建议" in shown
    assert "没有说该给谁" in shown
    assert accept(client, case, "hbj").status_code == 422
    assert send(client, case, "区城管和综合执法局", reason="市容归城管。").status_code == 302


def test_the_second_return_never_reaches_the_board():
    case = returned("jjdd")
    accept(at_desk(DISPATCHER), case, "jjdd")
    sent = again(case)
    who = handler_of(sent, AT, "unit_head")
    facts = {"reason": "not_ours", "basis": "也不归我们。", "proposed_unit_id": None}
    return_case(case=sent, actor=who, at=AT, **facts)
    held = again(case)
    assert held.state == "dispatched"
    assert held.holder_unit_id == units().backstop.id
    shown = page(at_desk(DISPATCHER).get(board()))
    assert case.number not in shown


def test_a_batch_gives_each_row_its_own_result():
    good = make_request(state="to_dispatch", title="第一件")
    gone = make_request(state="to_dispatch", title="第二件")
    last = make_request(state="to_dispatch", title="第三件")
    chosen = [offer(good, "hbj"), offer(gone, "hbj"), "YT-0000-00000:1:1", "胡写", offer(last, "hbj")]
    bring_to(gone, "dispatched", at=AT)
    answer = at_desk(DISPATCHER).post(reverse("hotline:accept_proposals"), {"case": chosen})
    shown = page(answer)
    assert answer.status_code == 200
    assert shown.count("没有派") == 3
    assert "周志远" in shown
    assert [again(c).state for c in (good, gone, last)] == ["dispatched"] * 3
    assert moves_of(gone.pk).count("dispatch") == 1


def test_a_batch_of_nothing_says_so():
    make_request(state="to_dispatch")
    assert "没有选中的件" in page(at_desk(DISPATCHER).post(reverse("hotline:accept_proposals")))


def test_a_case_is_refused_with_the_right_channel():
    case, client = make_request(state="to_dispatch"), at_desk(DISPATCHER)
    assert act(client, case, "refuse", reason="").status_code == 422
    assert act(client, case, "refuse", reason="court").status_code == 302
    assert again(case).state == "rejected"
    assert again(case).request.reject_reason.code == "court"


def test_a_case_is_answered_on_the_spot_with_its_source():
    case, client = make_request(state="received"), at_desk(DISPATCHER)
    refused = act(client, case, "answer", text="可以。", source="")
    assert refused.status_code == 422
    assert "可以。" in page(refused)
    assert act(client, case, "answer", text="可以。", source="办事指南").status_code == 302
    assert again(case).state == "answered"


def test_a_returned_case_can_no_longer_be_refused():
    case, client = returned(), at_desk(DISPATCHER)
    assert act(client, case, "refuse", reason="court").status_code == 409
    assert again(case).state == "returned"


def test_another_topic_brings_another_offer():
    case, client = make_request(state="to_dispatch", topic=""), at_desk(DISPATCHER)
    assert "还没有类别" in page(client.get(board()))
    done = act(client, case, "retitle", title="工地夜里打桩", topic=NOISE)
    assert done.status_code == 302
    shown = page(client.get(board()))
    assert "工地夜里打桩" in shown
    assert unit("hbj").short_zh in shown
    assert act(client, again(case), "retitle", title="", topic="").status_code == 422


def test_new_ones_wait_to_be_let_in():
    old = make_request(state="to_dispatch")
    client = at_desk(DISPATCHER)
    since = CaseEvent.objects.order_by("-pk").first().pk
    new = reverse("hotline:board_new", query={"since": since})
    assert f"since={since}" in page(client.get(board()))
    assert client.get(new).status_code == 204
    make_request(state="to_dispatch")
    make_request()
    accept(at_desk(OTHER_DISPATCHER), old, "hbj")
    assert "有 2 条新件" in page(client.get(new))
    narrowed = reverse("hotline:board_new", query={"since": since, "kind": "help"})
    assert client.get(narrowed).status_code == 204
    assert client.get(reverse("hotline:board_new", query={"since": "胡写"})).status_code == 200


def test_filters_narrow_and_nonsense_does_not_hurt():
    noise = make_request(state="to_dispatch", title="工地噪声")
    help_ = make_request(state="to_dispatch", title="老人求助", kind="help", topic="")
    client = at_desk(DISPATCHER)

    def seen(**query):
        shown = page(client.get(board(**query)))
        return [c.title in shown for c in (noise, help_)]

    assert seen(kind="help") == [False, True]
    assert seen(unknown="1") == [False, True]
    assert seen(q="噪声") == [True, False]
    assert seen(q=noise.number.replace("-", "－")) == [True, False]
    assert seen(tab="returned") == [False, False]
    assert seen(kind="胡写", street="9999", tab="x", after="@@@", unknown="x") == [True, True]
    assert client.get(board(case="YT-0000-00000")).status_code == 404
    assert client.get(board(case="\x00", q="\x00", kind="\x00")).status_code == 200
    assert client.get("/desk/board/%00/", headers=HTMX).status_code == 404


def test_nothing_to_send_says_so_in_both_languages():
    assert "没有等着派的件" in page(at_desk(DISPATCHER).get(board()))
    assert "没有符合这些条件的件" in page(at_desk(DISPATCHER).get(board(q="找不到")))


def test_details_come_as_a_fragment_and_without_script_beside_the_list():
    case = make_request(state="to_dispatch", lon=114.2372, lat=22.5571)
    near = make_request(lon=114.2374, lat=22.5569, title="同一工地夜间扬尘")
    client = at_desk(DISPATCHER)
    address = reverse("hotline:board_case", args=[case.number])
    fragment = page(client.get(address, headers=HTMX))
    assert "<html" not in fragment
    for words in ("凌晨一点还在响", "138 ********", "刘**", "12349 电话", near.title, "采纳并派件"):
        assert words in fragment
    assert "13800006021" not in fragment
    plain = client.get(address)
    assert plain.status_code == 302
    assert "凌晨一点还在响" in page(client.get(plain.url))


def test_the_list_costs_the_same_for_ten_rows_as_for_a_hundred(steady_memory):
    client = at_desk(DISPATCHER)

    def cost():
        client.get(board())
        with assert_at_most_queries(4) as captured:
            shown = page(client.get(board()))
        return len(statements(captured)), shown.count('name="case"')

    for _ in range(10):
        make_request(state="to_dispatch")
    few = cost()
    template = Case.objects.latest("pk")
    for _ in range(88):
        make_request()
    returned()
    returned("")
    many = cost()
    assert template.pk
    assert few == (4, 10)
    assert many == (4, 100)  # every row can be chosen for paper, also without an offer


def test_details_and_acts_keep_their_budgets(steady_memory):
    case, client = make_request(state="to_dispatch", lon=114.2372, lat=22.5571), at_desk(DISPATCHER)
    address = reverse("hotline:board_case", args=[case.number])
    client.get(address, headers=HTMX)
    with assert_at_most_queries(6):
        client.get(address, headers=HTMX)
    with assert_at_most_queries(8):  # and the row that answers
        assert accept(client, case, "hbj", **HTMX).status_code == 200


def test_what_happened_last_is_told_where_it_was_no_dispatch():
    case = make_request(state="to_dispatch")
    facts = {"kind": kind_of(case.kind), "case": case, "change": Change(public_text="不用办了。")}
    from gongjian.testing.cases import party_of

    move(**facts, name="cancel", actor=actor(DISPATCHER, at=AT), at=AT, as_party=party_of(case))
    assert last_change(case.pk).move == "cancel"
    lost = accept(at_desk(DISPATCHER), case, "hbj")
    assert lost.status_code == 409
    assert "居民撤销了" in page(lost)


def recall(client, case, **headers):
    back = {"back": f"{case.number}:{case.version}:"}
    return client.post(reverse("hotline:recall", args=[case.number]), back, headers=headers)


@pytest.mark.parametrize("state", ["received", "to_dispatch", "returned"])
def test_what_was_just_sent_is_taken_back_to_where_it_waited(state):
    case = make_request(state=state)
    unit_before, dues = case.holder_unit_id, {c.name: c.due_at for c in case.clocks.filter(stopped_at=None)}
    client = at_desk(DISPATCHER)
    sent = accept(client, case, "cgj" if state == "returned" else "hbj", **HTMX, **{"HX-Target": f"c{case.pk}"})
    assert 'data-key="u"' in page(sent)
    back = recall(client, again(case), **HTMX, **{"HX-Target": f"c{case.pk}"})
    assert back.status_code == 200
    assert 'type="checkbox"' in page(back)
    found = again(case)
    assert (found.state, found.holder_unit_id) == (state, unit_before)
    assert {c.name: c.due_at for c in found.clocks.filter(stopped_at=None)} == dues
    assert moves_of(case.pk)[-2:] == ["dispatch", "recall"]
    accept(client, found, "cgj" if state == "returned" else "hbj")
    assert again(case).state == "dispatched"


def test_nobody_takes_back_what_another_sent_or_a_unit_has_signed_for():
    case = make_request(state="to_dispatch")
    accept(at_desk(DISPATCHER), case, "hbj")
    assert recall(at_desk(OTHER_DISPATCHER), again(case)).status_code == 422
    assert recall(at_desk(CLERK), again(case)).status_code == 403
    signed = bring_to(again(case), "signed", at=AT)
    assert recall(at_desk(DISPATCHER), signed).status_code == 409
    assert again(case).state == "signed"


def test_the_counts_follow_what_was_done():
    first, second = (make_request(state="to_dispatch") for _ in range(2))
    client = at_desk(DISPATCHER)
    row = page(accept(client, first, "hbj", **HTMX, **{"HX-Target": f"c{first.pk}"}))
    assert 'id="today" hx-swap-oob="true"' in row
    assert "今日已派 1 件" in row
    assert 'id="board-tabs" hx-swap-oob="true"' in row
    assert second.number in page(client.get(board()))
    back = page(recall(client, again(first), **HTMX, **{"HX-Target": f"c{first.pk}"}))
    assert "今日已派 0 件" in back
    accept(client, again(first), "hbj")
    whole = page(client.get(board()))
    assert "hx-swap-oob" not in whole
    assert "今日已派 1 件" in whole


def test_the_page_of_a_case_lets_the_dispatcher_send_it_and_take_it_back():
    case, client = make_request(state="to_dispatch"), at_desk(DISPATCHER)
    address = reverse("hotline:case", args=[case.number])
    shown = page(client.get(address))
    assert f"建议派给{unit('hbj').name_zh}" in shown
    assert 'id="dialog-dispatch"' in shown
    alone = page(client.get(reverse("hotline:case_act", args=[case.number, "dispatch"])))
    assert f'value="{unit("hbj").id}" selected' in alone
    facts = {"version": str(case.version), "unit": str(unit("jjdd").id), "assist": "", "reason": ""}
    act_url = reverse("hotline:case_act", args=[case.number, "dispatch"])
    refused = client.post(act_url, facts)
    assert refused.status_code == 422
    assert "不按目录派件，要写一句为什么。" in page(refused)
    assert client.post(act_url, facts | {"unit": str(unit("hbj").id)}).status_code == 302
    sent = again(case)
    assert sent.holder_unit_id == unit("hbj").id
    assert sent.request.rule_id is not None
    assert "收回，重新派" in page(client.get(address))
    taken = client.post(reverse("hotline:case_act", args=[case.number, "recall"]), {"version": str(sent.version)})
    assert taken.status_code == 302
    assert again(case).state == "to_dispatch"


@pytest.mark.parametrize("way", ["recall", "correct"])
def test_the_unit_that_had_a_case_is_told_that_it_was_taken_back(way):
    case = make_request(state="to_dispatch")
    accept(at_desk(DISPATCHER), case, "hbj")
    sent, clerk = again(case), at_desk(CLERK)
    if way == "recall":
        recall(at_desk(DISPATCHER), sent)
    else:
        act_of(at_desk(SUPERVISOR), sent, "correct", reason="派错了。")
    event = CaseEvent.objects.filter(case=case).latest("pk")
    assert event.move == way
    assert tell_event(event.pk, at=AT) > 0
    told = Message.objects.filter(channel="site", recipient_user__username=CLERK)
    assert "从您单位收回了，不用再办" in told.latest("pk").body
    assert f"从{unit('hbj').name_zh}收回" in page(at_desk(DISPATCHER).get(reverse("hotline:case", args=[case.number])))
    for gone in (
        clerk.get(reverse("hotline:case", args=[case.number])),
        act_of(clerk, sent, "sign"),
        clerk.get(reverse("hotline:why", args=[case.number])),
    ):
        assert gone.status_code == 404
        assert "这一件已经不在您的单位" in page(gone)
        assert reverse("hotline:inbox") in page(gone)
    stranger = at_desk(OTHER_CLERK)
    assert "已经不在您的单位" not in page(stranger.get(reverse("hotline:case", args=[case.number])))
    accept(at_desk(DISPATCHER), again(case), "hbj")
    assert clerk.get(reverse("hotline:case", args=[case.number])).status_code == 200
