"""The leader's dashboard: for whom, what it says, what it hides, what it costs."""

from datetime import datetime, timedelta
from html import unescape
from itertools import count as count_from

import pytest
from django.urls import reverse

from gongjian.casework.models import Case
from gongjian.domains.hotline.indicators import ON_TIME, RECEIVED, SATISFIED
from gongjian.domains.hotline.pages.figures_charts import protect
from gongjian.domains.hotline.pages.figures_tiles import change
from gongjian.domains.hotline.queries.figures import forget
from gongjian.domains.hotline.sweeps import count_figures
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CALL_TAKER,
    CLERK,
    HANDLER,
    HEAD,
    LEADER,
    SUPERVISOR,
    at_desk,
    page,
)
from gongjian.figures.models import IndicatorValue
from gongjian.figures.queries import Figure
from gongjian.identity.queries import units
from gongjian.places.queries import communities
from gongjian.sealing.suppression import FLOOR
from gongjian.testing.assertions import assert_at_most_queries, assert_queries, statements
from gongjian.testing.cases import make_request
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.rules import SHANGHAI

TODAY = AT.astimezone(SHANGHAI).date()
TICKS = count_from(1)
LAST_WEEK = MONDAY_MORNING - timedelta(days=4)
BEFORE_THAT = MONDAY_MORNING - timedelta(days=11)
LONG_AGO = MONDAY_MORNING - timedelta(days=60)

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    # A text of its own for each test: the clock runs on from where a process first asked for that text.
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.replace(microsecond=next(TICKS)).isoformat())
    forget()


def dashboard(username=LEADER, language="zh-hans", **query):
    return at_desk(username, language).get(reverse("hotline:figures", query=query or None))


def words_of(response) -> str:
    return unescape(page(response))


def tiles_of(response) -> dict[str, str]:
    return {tile.name: tile.value + tile.unit for tile in response.context["tiles"]}


def count(at: datetime = AT) -> None:
    count_figures(first=TODAY - timedelta(days=90), last=TODAY, at=at)
    forget()


@pytest.fixture
def fortnight():
    """Three cases of last week, one of them late, and two of the week before; counted two minutes ago."""
    make_request(state="closed", at=LAST_WEEK)
    make_request(state="submitted", at=LAST_WEEK, community_id=None)
    make_request(state="dispatched", at=LAST_WEEK, title="海涛花园二期消防通道停车")
    for _ in range(2):
        make_request(state="closed", at=BEFORE_THAT)
    make_request(state="closed", at=LONG_AGO)
    make_request(at=AT - timedelta(minutes=5))
    count(AT - timedelta(minutes=2))


def test_a_leader_sees_six_figures_with_their_measure_their_change_and_their_list(fortnight):
    shown = dashboard()
    told = {tile.name: tile for tile in shown.context["tiles"]}
    assert list(told) == ["受理量", "按时答复率", "满意率", "正在超时", "在办", "重复诉求"]
    assert told["受理量"].value == "3"
    assert told["受理量"].note == "前 7 天 2"
    assert (told["受理量"].trend.direction, told["受理量"].trend.words, told["受理量"].trend.state) == ("up", "50%", "")
    assert told["按时答复率"].note == "目标 95%"
    assert told["在办"].value == "3"
    assert int(told["正在超时"].value) == Case.objects.filter(closed_at=None, due_at__lt=AT).count() == 2
    assert all("<svg" in tile.spark for tile in told.values())
    assert all(tile.url for tile in told.values())
    words = words_of(shown)
    for expected in (
        "11月16日至11月22日，与前 7 天和目标相比",
        "2 分钟前更新",
        "今天已登记 1 件",
        "海涛花园二期消防通道停车",
        "率都带分母",
        "件数多少不排名、不考核",
        "在期限内答复的 ÷ 当期答复的",
        "GB/T 33358-2016",
        "位置示意，不代表边界",
        "竖线：上周",
    ):
        assert expected in words, expected


def test_the_same_in_english(fortnight):
    words = words_of(dashboard(language="en"))
    assert "Service dashboard" in words
    assert "Received" in words
    assert "How it is counted" in words
    main = words.split("<main")[1]
    left = {sign for sign in main if "\u4e00" <= sign <= "\u9fff"}
    titles = {sign for case in Case.objects.all() for sign in case.title}
    assert left <= titles, sorted(left - titles)


@pytest.mark.parametrize("username", [CALL_TAKER, CLERK, HANDLER])
def test_who_may_not_read_figures_is_refused(username):
    assert dashboard(username).status_code == 403
    assert at_desk(username).get(reverse("hotline:figures_data")).status_code == 403


def test_a_unit_head_sees_the_own_unit_only(fortnight):
    own = dashboard(HEAD)
    assert own.context["scope"].unit.code == "hbj"
    assert own.context["unit_options"] == []
    held = Case.objects.filter(closed_at=None, holder_unit=units().by_code["hbj"].id).count()
    assert tiles_of(own)["在办"] == f"{held}件"
    words = words_of(own)
    assert "各社区受理量" not in words
    assert "区公安分局交警大队" not in words
    assert dashboard(HEAD, unit="hbj").status_code == 200
    for other in ("cgj", "nowhere"):
        assert dashboard(HEAD, unit=other).status_code == 404
        assert at_desk(HEAD).get(reverse("hotline:figures_data", query={"unit": other})).status_code == 404


def test_a_leader_looks_into_one_unit(fortnight):
    shown = dashboard(unit="hbj")
    assert shown.context["scope"].unit.code == "hbj"
    named = {one.name: one for one in shown.context["measures"]}
    assert named["按时答复率"].parts == "1 / 1"
    assert named["按时答复率"].value == "100%"
    assert "12 周" in words_of(shown)
    assert {one.value for one in shown.context["unit_options"] if one.selected} == {"hbj"}


def test_the_table_of_units_keeps_its_denominators_and_follows_the_work(fortnight):
    shown = dashboard()
    lines = shown.context["unit_lines"]
    assert [line.open for line in lines] == sorted((line.open for line in lines), reverse=True)
    own = next(line for line in lines if "unit=hbj" in line.url)
    assert own.cells[0].rate == "100%"
    assert own.cells[0].parts == "1 / 1"
    assert own.late == 2
    words = words_of(shown)
    assert 'title="1 / 1"' in words
    assert "不是名次" in words


def test_longer_periods_reach_further(fortnight):
    assert tiles_of(dashboard(period="month"))["受理量"] == "5件"
    assert tiles_of(dashboard(period="quarter"))["受理量"] == "6件"
    assert tiles_of(dashboard(period="century"))["受理量"] == "3件"
    long = {tile.name: tile for tile in dashboard(period="quarter").context["tiles"]}
    assert long["受理量"].note == "还没有可比的"
    assert long["受理量"].trend is None


def test_an_empty_installation_says_so_instead_of_showing_zeros():
    shown = dashboard()
    told = tiles_of(shown)
    assert told["受理量"] == told["满意率"] == told["按时答复率"] == "—"
    assert not any(tile.spark for tile in shown.context["tiles"])
    words = words_of(shown)
    assert "还没有统计过" in words
    assert "还没有登记过件" in words
    assert "此刻没有超时的件" not in words
    assert dashboard(HEAD).status_code == 200


def test_a_week_without_answers_divides_by_nothing(fortnight):
    IndicatorValue.objects.filter(indicator=SATISFIED.key).delete()
    forget()
    told = {tile.name: tile for tile in dashboard().context["tiles"]}
    assert told["满意率"].value == "—"
    assert told["满意率"].note == "这段时间没有可算的"


@pytest.mark.parametrize(
    ("age", "state", "words"),
    [(14, "ok", "14 分钟前更新"), (16, "hold", "数停在16 分钟前"), (200, "hold", "数停在3 小时前")],
)
def test_figures_that_stopped_say_how_old_they_are(age, state, words):
    make_request(at=LAST_WEEK)
    count(AT - timedelta(minutes=age))
    badge = dashboard().context["stamp"]
    assert (badge.state, badge.word) == (state, words)


def opened_in(numbers: dict[str, int], at: datetime = LAST_WEEK) -> None:
    """Open so many cases in the communities of these names."""
    known = {c.name_zh: c.id for c in communities()}
    for name, n in numbers.items():
        for _ in range(n):
            make_request(at=at, community_id=known[f"{name}社区"])


def test_no_community_under_five_can_be_worked_out():
    opened_in({"永安": 7, "盐田": 6, "沿港": 3, "田心": 5, "海景": 6, "大梅沙": 6})
    count()
    shown = dashboard()
    table = shown.context["map"].table
    svg = shown.context["map"].svg
    assert ">7<" in svg
    assert ">3<" not in table
    assert ">3<" not in svg
    assert "少于 5<" not in svg
    hidden = svg.count("不显示")
    assert hidden >= 2
    assert "230" not in svg


def intervals(line: dict[int, int | None], total: int) -> dict[int, tuple[int, int]]:
    """What somebody who knows the total can say about each hidden cell."""
    hidden = [key for key, n in line.items() if n is None]
    rest = total - sum(n for n in line.values() if n is not None)
    return {key: (rest if len(hidden) == 1 else 0, rest) for key in hidden}


@pytest.mark.parametrize(
    "numbers",
    [
        {0: 3},
        {0: 4, 8: 30, 13: 12},
        dict.fromkeys(range(23), 9) | {4: 1},
        dict.fromkeys(range(23), 6) | {2: 0},
        {i: i for i in range(23)},
        dict.fromkeys(range(23), 40) | {None: 2},
        {},
    ],
)
def test_totals_do_not_give_a_hidden_community_away(numbers):
    known = communities()
    counts = {None if i is None else known[i].id: n for i, n in numbers.items()}
    places = protect(counts)
    assert all(n is None or n >= FLOOR for n in places.communities.values())
    groups = {}
    for c in known:
        groups.setdefault(c.subdistrict_id, {})[c.id] = places.communities[c.id]
    for group, total in places.subdistricts.items():
        assert total == sum(counts.get(key, 0) for key in groups[group])
        for low, high in intervals(groups[group], total).values():
            assert low < FLOOR <= high
    if not places.subdistricts and sum(counts.values()) >= FLOOR:
        whole = {**places.communities, None: places.elsewhere}
        for low, high in intervals(whole, sum(counts.values())).values():
            assert low < FLOOR <= high


def test_a_topic_that_grew_is_pointed_out():
    for _ in range(11):
        make_request(at=LAST_WEEK)
    make_request(at=BEFORE_THAT)
    count()
    shown = dashboard()
    assert (shown.context["rise"].n, shown.context["rise"].before) == (11, 1)
    assert "未诉先办" in words_of(shown)


def test_good_and_bad_are_told_apart_from_up_and_down():
    def told(spec, now_, before, bottom=100):
        return change(Figure(spec, now_, bottom), Figure(spec, before, bottom))

    assert (told(ON_TIME, 96, 95).direction, told(ON_TIME, 96, 95).state) == ("up", "ok")
    assert (told(ON_TIME, 90, 95).direction, told(ON_TIME, 90, 95).state) == ("down", "soon")
    assert told(ON_TIME, 95, 95).direction == "flat"
    assert told(RECEIVED, 10, 5).state == ""
    assert change(Figure(ON_TIME, 0, 0), Figure(ON_TIME, 1, 1)) is None


def test_the_file_holds_twelve_weeks_with_numerators_and_denominators(fortnight):
    answer = at_desk(LEADER).get(reverse("hotline:figures_data"))
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert lines[0] == "一周的第一天,单位,指标,怎么算,分子,分母"
    assert any(line.startswith("2026-11-16") and ",按时答复率," in line and line.endswith(",1,1") for line in lines)
    own = b"".join(at_desk(HEAD).get(reverse("hotline:figures_data"))).decode("utf-8-sig")
    assert {line.split(",")[1] for line in own.splitlines()[1:]} == {units().by_code["hbj"].name_zh}


def test_the_page_costs_eight_statements_however_many_cases_there_are(fortnight):
    leader, head = at_desk(LEADER), at_desk(HEAD)
    address = reverse("hotline:figures")
    leader.get(address)  # units, topics and places come into memory
    forget()
    with assert_at_most_queries(8) as few:
        leader.get(address)
    spent = len(statements(few))
    with assert_at_most_queries(8):
        head.get(address)
    for _ in range(12):
        make_request(state="dispatched", at=LAST_WEEK)
    leader.get(address)  # the catalogue again: cases were made at another time
    count()
    with assert_queries(spent):
        leader.get(address)


def test_many_who_look_at_once_cost_the_database_one_look_at_the_figures(fortnight, monkeypatch):
    leader, address = at_desk(LEADER), reverse("hotline:figures")
    leader.get(address)
    with assert_queries(5):  # session, actor, due today, late, stuck
        before = tiles_of(leader.get(address))
    make_request(at=AT - timedelta(minutes=1))
    assert tiles_of(leader.get(address)) == before
    monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(minutes=1, microseconds=next(TICKS))).isoformat())
    assert tiles_of(leader.get(address)) != before


def test_a_supervisor_goes_from_the_late_ones_to_the_desk_of_supervision(fortnight):
    shown = dashboard(SUPERVISOR)
    assert next(t.url for t in shown.context["tiles"] if t.name == "正在超时") == reverse("hotline:supervise")
