from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import Case, CaseEvent
from gongjian.console import handing
from gongjian.console.tests.visits import signed_in
from gongjian.domains.hotline.actions.dispatching import propose
from gongjian.domains.hotline.queries import forget as forget_catalogue
from gongjian.identity import actions
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import Assignment, Unit, User
from gongjian.identity.queries import actor_of, former_names, people_of, units
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import Forbidden
from gongjian.identity.tests.people import staff
from gongjian.testing.cases import again, make_request
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.clock import now

AT = MONDAY_MORNING + timedelta(hours=2)
pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def admin():
    return User.objects.get(username="du.siyuan")


def acting():
    return actor_of(admin(), at=AT)


def unit(code):
    return Unit.objects.get(code=code)


def new(**over):
    names = {"code": "xinju", "name_zh": "盐田区新事局", "short_zh": "区新事局", "kind": "bureau"}
    return actions.create_unit(**{**names, **over}, actor=acting(), at=AT)


def held(code, count=2, state="in_progress"):
    """Open matters that a unit holds."""
    made = [make_request(state=state) for _ in range(count)]
    Case.objects.filter(pk__in=[case.pk for case in made]).update(holder_unit=unit(code), holder=None)
    return [again(case) for case in made]


def test_a_unit_is_added_and_found_by_pinyin():
    client = signed_in(admin())
    answer = client.post(
        "/office/units/new/", {"code": "xinju", "name_zh": "盐田区新事局", "short_zh": "区新事局", "kind": "bureau"}
    )
    assert answer.url == "/office/units/xinju/"
    assert unit("xinju").name_en == "盐田区新事局"
    assert "区新事局" in client.get("/office/units/?q=qxsj").text
    assert AuditEntry.objects.filter(action="identity.unit.create", object_id="xinju").exists()


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"code": "mzj"}, "code"),
        ({"code": "大局"}, "code"),
        ({"code": "new"}, "code"),
        ({"name_zh": "盐田区民政局"}, "name_zh"),
        ({"short_zh": "区民政局"}, "short_zh"),
        ({"short_zh": "  "}, "short_zh"),
    ],
)
def test_a_bad_or_taken_name_is_named(over, field):
    with pytest.raises(Refused) as refused:
        new(**over)
    assert refused.value.field == field


def test_a_renamed_unit_keeps_its_id_and_its_old_name():
    before = unit("mzj")
    client = signed_in(admin())
    page = client.get("/office/units/mzj/edit/")
    names = {**page.context["form"].initial, "name_zh": "盐田区民生局", "short_zh": "区民生局", "reason": "机构改革"}
    client.post("/office/units/mzj/edit/", {name: value or "" for name, value in names.items()})
    assert units().by_id[before.pk].short_zh == "区民生局"
    assert former_names(before.pk)[0].short_zh == "区民政局"
    page = client.get("/office/units/mzj/").text
    assert "曾用名" in page
    assert "盐田区民政局" in page
    assert "区民生局" in client.get("/office/units/?q=民政局").text
    entry = AuditEntry.objects.get(action="identity.unit.change")
    assert "盐田区民政局 → 盐田区民生局" in entry.detail
    assert "机构改革" in entry.detail
    assert not actions.change_unit(unit_id=before.pk, actor=acting(), at=AT)


def test_a_unit_is_not_its_own_superior():
    with pytest.raises(Refused):
        actions.change_unit(unit_id=unit("mzj").pk, parent_id=unit("zx12349").pk, actor=acting(), at=AT)


def test_a_reason_too_long_is_told_and_stands_on_the_page_again():
    was, typed = units().backstop.code, "为" * 201
    page = signed_in(admin()).post("/office/units/mzj/backstop/", {"reason": typed})
    assert (page.status_code, units().backstop.code) == (422, was)
    assert "最多 200 个字，现在有 201 个" in page.text
    assert f'value="{typed}"' in page.text


def test_the_backstop_is_one_unit_at_a_time():
    signed_in(admin()).post("/office/units/mzj/backstop/", {"reason": "换"})
    assert units().backstop.code == "mzj"
    assert Unit.objects.filter(backstop=True).count() == 1
    with pytest.raises(Refused):
        actions.close_unit(unit_id=unit("mzj").pk, reason="试", actor=acting(), at=AT)


def test_a_merge_shows_what_goes_and_takes_matters_people_and_rules_along():
    cases = held("cgj", 3)
    handler = User.objects.get(username="luo.zhiqiang")
    Case.objects.filter(pk=cases[0].pk).update(holder=handler)
    source, target = unit("cgj"), unit("zjj")
    client = signed_in(admin())
    typed = {"into": target.pk, "reason": "机构改革"}
    preview = client.post("/office/units/cgj/close/", typed)
    assert preview.context["effect"].cases == Case.objects.filter(holder_unit=source, closed_at=None).count() >= 3
    assert unit("cgj").active
    staying = preview.context["effect"].people
    client.post("/office/units/cgj/close/", {**typed, "sure": "1"})
    assert not Case.objects.filter(holder_unit=source, closed_at=None).exists()
    assert [again(case).holder_unit_id for case in cases] == [target.pk] * 3
    assert [again(case).holder_id for case in cases] == [handler.pk, None, None]
    assert CaseEvent.objects.filter(case=cases[1], move="hand_over").exists()
    assert handler.pk in people_of(target.pk, at=now())
    assert not people_of(source.pk, at=now())
    assert staying >= 3
    assert units().heir(source.pk).id == target.pk
    assert AuditEntry.objects.filter(action="identity.unit.merge", object_id="cgj").exists()
    page = client.get("/office/units/cgj/").text
    assert "已撤销" in page
    assert "接着移交" not in page


def test_new_matters_of_a_merged_unit_go_to_its_heir():
    case = make_request()
    before = propose(case, AT)
    target = new()
    source = Unit.objects.get(pk=before.unit_id)
    if source.backstop:
        actions.set_backstop(unit_id=target.pk, reason="试", actor=acting(), at=AT)
    handing.merge(unit_id=source.pk, into_id=target.pk, reason="试", actor=acting(), at=AT)
    forget_catalogue()
    assert propose(case, AT).unit_id == target.pk


def test_what_was_broken_off_goes_on_where_it_stopped():
    cases = held("cgj", 2)
    source, target = unit("cgj"), unit("zjj")
    actions.close_unit(unit_id=source.pk, into_id=target.pk, reason="试", actor=acting(), at=AT)
    client = signed_in(admin())
    assert "接着移交" in client.get("/office/units/cgj/").text
    client.post("/office/units/cgj/finish/")
    assert {again(case).holder_unit_id for case in cases} == {target.pk}


def test_a_unit_with_open_matters_is_not_just_closed():
    held("cgj", 1)
    source = unit("cgj")
    answer = signed_in(admin()).post("/office/units/cgj/close/", {"into": "", "reason": "试", "sure": "1"})
    assert "还有没办完的件" in answer.text
    assert unit("cgj").active
    with pytest.raises(Refused):
        handing.close(unit_id=source.pk, reason="试", actor=acting(), at=AT)


def test_an_empty_unit_is_closed_and_used_again():
    made, person = new(), staff("somebody", role="")
    actions.assign(user=person, unit=made.pk, role="handler", actor=SYSTEM, at=AT - timedelta(hours=1))
    client = signed_in(admin())
    client.post("/office/units/xinju/close/", {"into": "", "reason": "并错了", "sure": "1"})
    assert not unit("xinju").active
    assert not Assignment.objects.filter(user=person, ends=None).exists()
    assert "区新事局" not in client.get("/office/units/").text
    assert "区新事局" in client.get("/office/units/?state=closed").text
    client.post("/office/units/xinju/reopen/")
    assert unit("xinju").active


@pytest.mark.parametrize("typed", [{"into": "", "reason": ""}, {"into": "0", "reason": "试"}])
def test_closing_needs_a_reason_and_a_unit_that_is_there(typed):
    assert signed_in(admin()).post("/office/units/cgj/close/", {**typed, "sure": "1"}).status_code == 422
    assert unit("cgj").active


def test_a_split_takes_chosen_matters_and_people():
    cases = held("cgj", 3)
    other = cases[2]
    topics = list(Case.objects.exclude(topic=cases[0].topic_id).values_list("topic", flat=True)[:1]) or [None]
    Case.objects.filter(pk=other.pk).update(topic=topics[0])
    handler = User.objects.get(username="luo.zhiqiang")
    Case.objects.filter(pk=cases[0].pk).update(holder=handler)
    typed = {
        "code": "xinju", "name_zh": "盐田区新事局", "short_zh": "区新事局", "kind": "bureau",
        "topics": [cases[0].topic_id], "people": [handler.pk], "reason": "职能划出",
    }  # fmt: skip
    client = signed_in(admin())
    preview = client.post("/office/units/cgj/split/", typed)
    assert preview.status_code == 200
    assert not Unit.objects.filter(code="xinju").exists()
    count = preview.context["effect"].cases
    answer = client.post("/office/units/cgj/split/", {**typed, "sure": "1"})
    assert answer.url == "/office/units/xinju/"
    made = unit("xinju")
    assert Case.objects.filter(holder_unit=made).count() == count
    assert again(cases[0]).holder_id == handler.pk
    assert again(other).holder_unit_id == unit("cgj").pk
    assert handler.pk in people_of(made.pk, at=now())


def test_a_split_that_is_refused_makes_nothing():
    held("cgj", 1)
    typed = {"code": "mzj", "name_zh": "新", "short_zh": "新", "kind": "bureau", "reason": "试", "sure": "1"}
    assert signed_in(admin()).post("/office/units/cgj/split/", typed).status_code == 422
    assert not Unit.objects.filter(name_zh="新").exists()


def test_others_change_no_unit():
    clerk = actor_of(User.objects.get(username="he.jianping"), at=AT)
    with pytest.raises(Forbidden):
        actions.create_unit(code="abc", name_zh="甲", short_zh="甲", kind="bureau", actor=clerk, at=AT)
    with pytest.raises(Forbidden):
        actions.close_unit(unit_id=unit("cgj").pk, reason="试", actor=clerk, at=AT)
    client = signed_in(User.objects.get(username="he.jianping"))
    for page in ("new/", "cgj/edit/", "cgj/close/", "cgj/split/", "cgj/"):
        assert client.get(f"/office/units/{page}").status_code == 403
    assert client.post("/office/units/cgj/backstop/").status_code == 403


def test_a_role_held_in_both_units_is_held_once_after_a_merge():
    person = User.objects.get(username="luo.zhiqiang")
    actions.assign(
        user=person, unit=unit("zjj"), role="handler", actor=SYSTEM, at=AT, starts=AT - timedelta(days=1),
        ends=AT + timedelta(days=3),
    )  # fmt: skip
    actions.close_unit(unit_id=unit("cgj").pk, into_id=unit("zjj").pk, reason="试", actor=acting(), at=AT)
    posts = Assignment.objects.filter(user=person, unit=unit("zjj"), role__code="handler")
    assert [post.ends for post in posts] == [None]


@pytest.mark.django_db(transaction=True)
def test_two_units_merged_into_each_other_at_once_leave_one():
    first, second, who = unit("cgj"), unit("zjj"), acting()
    gate, refused = Barrier(2), []

    def merge(source, target):
        gate.wait()
        try:
            actions.close_unit(unit_id=source, into_id=target, reason="试", actor=who, at=AT)
        except Refused as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=merge, args=pair) for pair in ((first.pk, second.pk), (second.pk, first.pk))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert sorted([unit("cgj").active, unit("zjj").active]) == [False, True]
