from datetime import timedelta

import pytest

from gongjian.casework.models import Case, CaseEvent
from gongjian.console import handing
from gongjian.console.tests.visits import signed_in
from gongjian.identity.models import Unit, User
from gongjian.identity.queries import actor_of
from gongjian.identity.refusals import Refused
from gongjian.testing.cases import again, make_request
from gongjian.testing.clock import MONDAY_MORNING

AT = MONDAY_MORNING + timedelta(hours=2)
pytestmark = pytest.mark.usefixtures("district")
OWN, ALL = "/reassign/", "/office/transfer/"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def user(name):
    return User.objects.get(username=name)


def held(code, count, holder=None):
    made = [make_request(state="in_progress") for _ in range(count)]
    Case.objects.filter(pk__in=[case.pk for case in made]).update(
        holder_unit=Unit.objects.get(code=code), holder=holder
    )
    return made


def test_a_head_gives_chosen_matters_to_a_colleague():
    cases = held("hbj", 3, user("zheng.haifeng"))
    client = signed_in(user("he.jianping"))
    page = client.get(OWN)
    assert cases[0].number in page.text
    assert "手里 3 件" in page.text
    typed = {"case": [cases[0].number, cases[1].number], "holders": [user("he.jianping").pk], "reason": "休假"}
    assert client.post(OWN, typed).status_code == 302
    assert [again(case).holder.username for case in cases] == ["he.jianping", "he.jianping", "zheng.haifeng"]
    assert CaseEvent.objects.filter(case=cases[0], move="assign").exists()


def test_several_take_them_in_turn_and_all_need_a_second_look():
    cases = held("hbj", 4)
    client = signed_in(user("he.jianping"))
    people = [user("he.jianping").pk, user("zheng.haifeng").pk]
    typed = {"holders": people, "reason": "平均分"}
    shown = client.post(OWN, {**typed, "every": "1"})
    assert "确定移交全部" in shown.text
    assert {again(case).holder_id for case in cases} == {None}
    client.post(OWN, {**typed, "sure": "1"})
    assert sorted(again(case).holder_id for case in cases) == sorted(people * 2)


def test_a_filter_narrows_what_goes():
    mine, free = held("hbj", 2, user("zheng.haifeng")), held("hbj", 2)
    client = signed_in(user("he.jianping"))
    assert client.get(f"{OWN}?holder=nobody").context["total"] == 2
    typed = {"holders": [user("he.jianping").pk], "reason": "分", "sure": "1"}
    client.post(f"{OWN}?holder=nobody", typed)
    assert {again(case).holder.username for case in free} == {"he.jianping"}
    assert {again(case).holder.username for case in mine} == {"zheng.haifeng"}


@pytest.mark.parametrize("missing", ["reason", "case"])
def test_what_is_missing_is_named_and_nothing_moves(missing):
    (case,) = held("hbj", 1)
    typed = {"case": [case.number], "holders": [user("he.jianping").pk], "reason": "休假"}
    del typed[missing]
    assert signed_in(user("he.jianping")).post(OWN, typed).status_code == 422
    assert again(case).holder_id is None


def test_nobody_reaches_into_another_unit():
    (case,) = held("cgj", 1)
    client = signed_in(user("he.jianping"))
    other = Unit.objects.get(code="cgj").pk
    assert case.number not in client.get(f"{OWN}?unit={other}").text
    client.post(f"{OWN}?unit={other}", {"case": [case.number], "holders": [user("he.jianping").pk], "reason": "x"})
    assert again(case).holder_id is None
    with pytest.raises(Refused):
        handing.spread(
            handing.Pick(unit_id=other), holder_ids=[user("he.jianping").pk], reason="x",
            actor=actor_of(user("he.jianping"), at=AT), at=AT,
        )  # fmt: skip
    assert client.get(ALL).status_code == 403
    assert signed_in(user("zheng.haifeng")).get(OWN).status_code == 403


def test_an_administrator_moves_matters_between_units():
    cases = held("cgj", 2, user("luo.zhiqiang"))
    source, target = Unit.objects.get(code="cgj"), Unit.objects.get(code="zjj")
    client = signed_in(user("du.siyuan"))
    assert cases[0].number in client.get(f"{ALL}?unit={source.pk}").text
    client.post(f"{ALL}?unit={source.pk}", {"case": [cases[0].number], "into": target.pk, "reason": "职能调整"})
    assert again(cases[0]).holder_unit_id == target.pk
    assert again(cases[0]).holder_id is None
    assert again(cases[1]).holder_unit_id == source.pk


def test_the_list_costs_the_same_with_more_matters(django_assert_max_num_queries):
    held("hbj", 12, user("zheng.haifeng"))
    client = signed_in(user("he.jianping"))
    client.get(OWN)
    with django_assert_max_num_queries(16):
        client.get(OWN)
