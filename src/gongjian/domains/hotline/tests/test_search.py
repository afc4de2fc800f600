"""Finding cases by words and facts, within one's reach; and the same list as a file."""

import csv
import io
import tracemalloc

import pytest
from django.db import connection
from django.db.models.expressions import RawSQL
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import Case, CaseText
from gongjian.casework.queries import COUNT_CAP, Search, found, search, search_query
from gongjian.domains.hotline.actions.exporting import COLUMNS, export_cases
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.domains.hotline.pages.search import ENDED, GROUPS, KEYS, OPEN, count_words
from gongjian.domains.hotline.queries.lists import recent
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CALL_TAKER,
    CLERK,
    HANDLER,
    HEAD,
    LEADER,
    REVIEWER,
    SUPERVISOR,
    at_desk,
    page,
)
from gongjian.identity.models import User
from gongjian.identity.queries import units
from gongjian.testing.assertions import assert_at_most_queries, assert_forbidden, statements
from gongjian.testing.cases import bring_to, make_request
from gongjian.testing.cast import actor
from gongjian.web.paging import encode

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
NOISE, POLICE = "建筑施工噪声", "盐田交警大队"


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def look(client, **query):
    return client.get(reverse("hotline:search", query=query or None))


def seen(client, cases, **query):
    shown = page(look(client, **query))
    return [c.number in shown for c in cases]


def exported(client, **query):
    answer = client.get(reverse("hotline:export", query=query or None))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def lines(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_words_state_topic_kind_and_unit_all_must_fit():
    noise = make_request(state="dispatched")
    parking = make_request(title="明珠道货车占道", description="货车停在人行道上。", topic="", kind="help")
    client, both = at_desk(SUPERVISOR), [noise, parking]
    assert seen(client, both) == [True, True]
    assert seen(client, both, q="打桩") == [True, False]
    assert seen(client, both, q="货车 人行道") == [False, True]
    assert seen(client, both, q="货车 打桩") == [False, False]
    assert seen(client, both, topic=NOISE) == [True, False]
    assert seen(client, both, topic="jzsgzs", q="工地", state="dispatched", kind="complaint") == [True, False]
    assert seen(client, both, state="open") == [True, True]
    assert seen(client, both, state="ended") == [False, False]
    assert seen(client, both, kind="help") == [False, True]
    assert seen(client, both, unit="盐田生态环境管理局") == [True, False]
    assert seen(client, both, unit=POLICE) == [False, False]


@pytest.mark.parametrize("typed", ["打桩", "打　桩", "１８号", "18 号", "永安北一街，18号"])
def test_full_width_and_gaps_do_not_hide_anything(typed):
    case = make_request()
    assert seen(at_desk(SUPERVISOR), [case], q=typed) == [True]


@pytest.mark.parametrize("change", [str, str.lower, lambda n: n.replace("-", ""), lambda n: n.replace("-", "－")])
def test_a_number_goes_straight_to_its_case(change):
    case = make_request(state="dispatched")
    answer = look(at_desk(HANDLER), q=f" {change(case.number)} ")
    assert answer.status_code == 302
    assert answer.url == reverse("hotline:case", args=[case.number])


def test_a_number_out_of_reach_is_not_told_from_one_that_does_not_exist():
    case = make_request(state="dispatched")
    stranger = at_desk("peng.junhao")
    for number in (case.number, "YT-2611-99999"):
        shown = page(look(stranger, q=number))
        assert f"没有 {number} 这一件，或不归本单位。" in shown
        assert case.title not in shown


def test_a_unit_sees_what_it_holds_and_helps_with_and_nothing_else():
    held = make_request(state="dispatched")  # by the environment authority, the subdistrict helps
    other = make_request(topic="", title="别家的件")
    for query in ({}, {"q": "永安"}, {"topic": NOISE}, {"state": "dispatched"}):
        assert seen(at_desk(HANDLER), [held, other], **query) == [True, False]
        assert seen(at_desk("li.min"), [held, other], **query) == [True, False]
        assert seen(at_desk("peng.junhao"), [held, other], **query) == [False, False]
    assert seen(at_desk(HANDLER), [held], unit=POLICE) == [False]
    assert seen(at_desk(LEADER), [held, other]) == [True, True]


def test_nobody_without_a_unit_finds_everything():
    make_request()
    nothing = Search(text="打桩", units=frozenset(), kinds=KEYS)
    assert search(nothing) == []
    assert found(nothing).count() == 0
    assert recent(nothing) == []
    assert search(Search(text="打桩", units=None, kinds=KEYS))


@pytest.mark.parametrize("who", ["du.siyuan", "shi.lei"])
def test_whoever_reads_no_cases_may_not_search(who):
    assert look(at_desk(who)).status_code in {403, 302}


def test_an_unknown_topic_or_unit_is_said_at_its_field():
    make_request()
    assert look(at_desk(SUPERVISOR), q="\x00", topic="\x00", state="\x00").status_code == 422
    answer = look(at_desk(SUPERVISOR), unit="没有这个局")
    assert answer.status_code == 422
    assert 'id="search-unit_error"' in page(answer)


@pytest.mark.parametrize(
    "after", ["", "@@@", "WzFd", "bm9uc2Vuc2U", "W251bGxd", "WyJ4Il0", encode([-5]), encode([1 << 63])]
)
def test_a_bad_cursor_begins_at_the_top(after):
    case = make_request()
    shown = look(at_desk(SUPERVISOR), after=after, q="打桩")
    assert shown.status_code == 200
    if after != "WzFd":  # this one says: before the first case
        assert case.number in page(shown)


def test_pages_follow_each_other_without_gap_or_repeat():
    for _ in range(52):
        make_request()
    client = at_desk(SUPERVISOR)
    for query in ({"q": "打桩"}, {}, {"state": "received"}):
        first = look(client, **query)
        cursor = first.context["page"].next
        second = look(client, **query, after=cursor)
        numbers = [row.number for answer in (first, second) for row in answer.context["rows"]]
        assert len(numbers) == len(set(numbers)) == 52
        assert numbers == sorted(numbers, reverse=True)


def test_all_kinds_and_all_open_states_are_one_condition():
    assert search_query(Search(kinds=KEYS, states=GROUPS[OPEN])) == "('o:hotline')"
    assert search_query(Search(kinds=KEYS, states=GROUPS[ENDED])) == "('e:hotline')"
    assert search_query(Search(kinds=KEYS, states=("signed",))) == "('s:signed') & ('o:hotline'|'e:hotline')"
    assert search_query(Search(kinds=KEYS[:1], states=GROUPS[OPEN])).endswith(f"& ('k:{KEYS[0]}')")


def test_a_case_is_open_or_ended_whatever_an_older_version_left_in_its_words():
    def among(group):
        return [row.case_id for row in found(Search(kinds=KEYS, states=GROUPS[group]))]

    case = make_request(state="in_progress")
    assert (among(OPEN), among(ENDED)) == ([case.pk], [])
    CaseText.objects.update(grams=RawSQL("ts_delete(grams, 'o:hotline') || array_to_tsvector('{e:hotline}')", ()))
    assert (among(OPEN), among(ENDED)) == ([], [case.pk])
    case = bring_to(case, "submitted")
    assert (among(OPEN), among(ENDED)) == ([case.pk], [])
    bring_to(case, "closed")
    assert (among(OPEN), among(ENDED)) == ([], [case.pk])


def test_counts_are_honest():
    assert count_words(0) == "0"
    assert count_words(COUNT_CAP) == "1,000"
    assert count_words(COUNT_CAP + 1) == "1,000+"
    for _ in range(3):
        make_request(state="dispatched")
    for who in (SUPERVISOR, HANDLER, "li.min"):
        for query in ({}, {"q": "打桩"}):
            assert look(at_desk(who), **query).context["count"] == "3"


def test_a_search_costs_the_same_for_ten_rows_as_for_fifty(steady_memory):
    def cost(client, **query):
        look(client, **query)
        with assert_at_most_queries(4) as captured:
            answer = look(client, **query)
        return len(statements(captured)), len(answer.context["rows"])

    for _ in range(10):
        make_request(state="dispatched")
    everybody = [at_desk(who) for who in (SUPERVISOR, HANDLER)]
    few = [cost(client, **query) for client in everybody for query in ({"q": "打桩"}, {})]
    for _ in range(40):
        make_request(state="dispatched")
    many = [cost(client, **query) for client in everybody for query in ({"q": "打桩"}, {})]
    assert few == [(4, 10)] * 4
    assert many == [(4, 50)] * 4


def test_nothing_found_says_what_to_do():
    client = at_desk(SUPERVISOR)
    assert "还没有件" in page(look(client))
    assert "没有查到" in page(look(client, q="大鹏"))


@given(st.text(max_size=40))
def test_no_words_break_the_search(typed):
    wanted = Search(text=typed, units=None, kinds=KEYS)
    assert search(wanted, size=1) is not None


# The same list as a file


def test_an_export_is_the_searched_list_with_its_heads():
    case = make_request(state="closed")
    make_request(topic="", title="别的", kind="help")
    text = exported(at_desk(SUPERVISOR), q="打桩", kind="complaint", topic=NOISE, state="ended")
    assert text.startswith("\ufeff件号,类型,")
    (row,) = lines(text)
    assert len(row) == len(COLUMNS) == 26
    assert row["件号"] == case.number
    assert row["类型"] == "投诉"
    assert row["状态"] == "已办结"
    assert row["类别"] == NOISE
    assert row["社区"].startswith("永安")
    assert row["渠道"] == "电话"
    assert row["主办单位"] == units().by_code["hbj"].name_zh
    assert row["登记时间"] == "2026-11-23 09:00:00"
    assert row["结果"] == "居民说解决了"
    assert row["满意度（1 到 5）"] == "5"
    assert row["派件目录条款"] == "2026-10 3.2"


def test_english_heads_and_words_in_english():
    make_request(state="dispatched")
    client = at_desk(SUPERVISOR, "en")
    client.cookies["language"] = "en"
    (row,) = lines(exported(client))
    assert list(row)[:3] == ["Case number", "Kind", "Group"]
    assert row["Kind"] == "Complaint"
    assert row["Lead unit"] == units().by_code["hbj"].name_en


def test_no_contact_data_leaves():
    make_request(state="dispatched")
    text = exported(at_desk(SUPERVISOR))
    for secret in ("刘晓梅", "13800006021", "6021", "刘**", "138 ****"):
        assert secret not in text


def test_a_unit_head_exports_only_the_own_units():
    own = make_request(state="dispatched")
    make_request(topic="", title="别家的件")
    assert [row["件号"] for row in lines(exported(at_desk(HEAD)))] == [own.number]
    assert lines(exported(at_desk("zeng.guangming"))) == []
    assert lines(exported(at_desk("zeng.guangming"), unit="盐田生态环境管理局")) == []
    assert lines(exported(at_desk(HEAD), unit=POLICE)) == []


@pytest.mark.parametrize("who", [CLERK, HANDLER, REVIEWER, LEADER, CALL_TAKER])
def test_others_may_not_export(who):
    assert at_desk(who).get(reverse("hotline:export")).status_code == 403
    with assert_forbidden():
        export_cases(wanted=Search(kinds=KEYS), language="zh", actor=actor(who), at=AT)


def test_every_export_is_on_record():
    make_request()
    exported(at_desk(SUPERVISOR), q="打桩", state="received")
    entry = AuditEntry.objects.get(action="hotline.export")
    assert entry.actor_id == User.objects.get(username=SUPERVISOR).pk
    assert entry.detail == f"text=打桩 units=all states=received kinds={','.join(KEYS)}"


@pytest.mark.parametrize("typed", ["=1+1", "+86", "-2", "@SUM(A1)", "＝1+1", '"=1"', "\u200b=1"])
def test_what_people_typed_never_runs_as_a_formula(typed):
    make_request(title=typed, address=typed)
    (row,) = lines(exported(at_desk(SUPERVISOR)))
    for cell in (row["标题"], row["地点"]):
        assert not cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
        assert cell


def test_a_filter_that_names_nothing_leads_back_to_its_field():
    answer = at_desk(SUPERVISOR).get(reverse("hotline:export", query={"unit": "没有这个局"}))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("hotline:search"))


def copies(n):
    """Multiply one case by the database alone."""
    case = make_request(state="dispatched")
    columns = [f.column for f in Case._meta.concrete_fields if f.column not in {"id", "number"}]
    details = [f.column for f in ServiceRequest._meta.concrete_fields if f.column != "case_id"]
    listed, wanted = ", ".join(columns), ", ".join(details)
    with connection.cursor() as cursor:
        cursor.execute(
            f"with made as (insert into casework_case (number, {listed}) select 'X' || c.id || '-' || i, {listed} from casework_case c,"
            " generate_series(1, %s) i where id = %s returning id), words as (insert into casework_casetext (case_id, grams)"
            " select made.id, t.grams from made, casework_casetext t where t.case_id = %s)"
            f" insert into hotline_servicerequest (case_id, {wanted}) select made.id, {wanted} from made,"
            " hotline_servicerequest r where r.case_id = %s",
            [n, case.pk, case.pk, case.pk],
        )


def test_an_export_of_many_stays_small_in_memory():
    supervisor = actor(SUPERVISOR)

    def peak(n):
        copies(n)
        chunks = export_cases(wanted=Search(kinds=KEYS), language="zh", actor=supervisor, at=AT)
        tracemalloc.start()
        size = sum(len(chunk) for chunk in chunks)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size, most

    small, large = peak(1_000), peak(9_000)
    assert large[0] > 8 * small[0]
    assert large[1] < small[1] + 200_000
    assert CaseText.objects.count() > 10_000


def test_a_community_and_what_is_late_narrow_every_way_of_searching():
    both = [make_request(state="dispatched"), make_request(state="dispatched", community_id=None)]
    client = at_desk(SUPERVISOR)
    for words in ("", "打桩"):
        assert seen(client, both, q=words, community=both[0].community_id) == [True, False]
        assert seen(client, both, q=words, late="1", state="ended") == [False, False]
    assert seen(client, both, community="no such place") == [True, True]
    Case.objects.filter(pk=both[1].pk).update(due_at=both[1].opened_at)
    Case.objects.filter(pk=both[0].pk).update(due_at=AT.replace(year=2027))
    for words in ("", "打桩"):
        assert seen(client, both, q=words, late="1") == [False, True]
    assert [r["件号"] for r in lines(exported(client, late="1"))] == [both[1].number]
