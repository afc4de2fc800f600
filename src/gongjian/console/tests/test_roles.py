from datetime import timedelta

import pytest

from gongjian.casework.models import Case
from gongjian.console.rights import WORDS, all_rights
from gongjian.console.tests.visits import signed_in
from gongjian.identity.actions import assign
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import Assignment, Deputy, Role, Session, Unit, User
from gongjian.identity.queries import roles
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
    return signed_in(User.objects.get(username="du.siyuan"))


def test_every_right_has_plain_words():
    known = {code for _name, lines in WORDS.values() for code in lines}
    assert sorted(code for code in all_rights() - known if not code.startswith(("toy", "test", "errand"))) == []


def test_a_role_is_copied_changed_and_removed():
    client = admin()
    typed = {"name_zh": "夜班话务员", "name_en": "", "code": "night_shift", "like": "call_taker"}
    assert client.post("/office/roles/new/", typed).url == "/office/roles/night_shift/"
    page = client.get("/office/roles/night_shift/")
    assert "接电话、登记来件" in page.text
    rights = [line.code for group in page.context["groups"] for line in group.lines if line.held]
    rights.remove("hotline:case:reject")
    client.post("/office/roles/night_shift/", {"name_zh": "夜班", "name_en": "Night", "rights": rights})
    role = next(role for role in roles().values() if role.code == "night_shift")
    assert (role.name_zh, "hotline:case:reject" in role.rights) == ("夜班", False)
    client.post("/office/roles/night_shift/remove/")
    assert not Role.objects.filter(code="night_shift").exists()


def test_an_administrator_does_not_take_the_own_rights_away():
    page = admin().post("/office/roles/administrator/", {"name_zh": "系统管理员", "rights": ["identity:sessions:own"]})
    assert page.status_code == 422
    assert "管理员" in page.text
    assert "identity:people:manage" in next(r for r in roles().values() if r.code == "administrator").rights


def test_a_name_too_long_is_told_and_not_cut():
    name = "夜" * 21
    page = admin().post("/office/roles/handler/", {"name_zh": name, "name_en": "Night", "rights": []})
    assert page.status_code == 422
    assert "最多 20 个字，现在有 21 个" in page.text
    assert f'value="{name}"' in page.text
    assert 'value="Night"' in page.text
    assert next(r for r in roles().values() if r.code == "handler").name_zh == "经办人"


def test_roles_are_for_administrators():
    client = signed_in(User.objects.get(username="he.jianping"))
    assert client.get("/office/roles/").status_code == 403
    assert client.post("/office/roles/handler/", {"name_zh": "甲"}).status_code == 403


def test_a_leaver_hands_over_and_is_out():
    who, heir = User.objects.get(username="zheng.haifeng"), User.objects.get(username="he.jianping")
    unit = Unit.objects.get(code="hbj")
    case = make_request(state="in_progress")
    Case.objects.filter(pk=case.pk).update(holder_unit=unit, holder=who)
    Session.objects.create(
        session_key="k", session_data="", expire_date=AT + timedelta(1), user=who, created=AT, seen=AT
    )
    client = admin()
    page = client.get(f"/office/people/{who.pk}/leave/")
    assert "给谁" in page.text
    answer = client.post(f"/office/people/{who.pk}/leave/", {f"unit_{unit.pk}": heir.pk, "reason": "调走"})
    assert answer.status_code == 302
    assert (again(case).holder_unit_id, again(case).holder_id) == (unit.pk, heir.pk)
    assert not User.objects.get(pk=who.pk).is_active
    assert not Session.objects.filter(user=who).exists()
    assert not Assignment.objects.filter(user=who, ends=None).exists()


def test_without_an_heir_matters_go_back_to_the_unit():
    who, unit = User.objects.get(username="zheng.haifeng"), Unit.objects.get(code="hbj")
    case = make_request(state="in_progress")
    Case.objects.filter(pk=case.pk).update(holder_unit=unit, holder=who)
    admin().post(f"/office/people/{who.pk}/leave/", {f"unit_{unit.pk}": "", "reason": "调走"})
    assert (again(case).holder_unit_id, again(case).holder_id) == (unit.pk, None)


def test_a_leaver_needs_a_reason_and_nobody_leaves_by_the_own_hand():
    client, who = admin(), User.objects.get(username="zheng.haifeng")
    assert client.post(f"/office/people/{who.pk}/leave/", {"reason": ""}).status_code == 422
    assert User.objects.get(pk=who.pk).is_active
    own = User.objects.get(username="du.siyuan")
    assert client.get(f"/office/people/{own.pk}/leave/").status_code == 404


def test_one_names_ones_own_deputy_and_takes_it_back():
    me = User.objects.get(username="zheng.haifeng")
    client = signed_in(me)
    typed = {"deputy": "何建平", "first": "2026-11-23", "last": "2026-11-27"}
    assert client.post("/me/deputy/", typed).status_code == 302
    row = Deputy.objects.get(absent=me)
    assert row.deputy.username == "he.jianping"
    assert "由 何建平 代" in client.get("/me/deputy/").text
    assert "代 郑海峰" in signed_in(row.deputy).get("/me/deputy/").text
    assert client.post("/me/deputy/", typed).status_code == 422
    client.post("/me/deputy/end/", {"deputy": row.pk})
    assert Deputy.objects.get(pk=row.pk).ends <= now()


@pytest.mark.parametrize(
    ("over", "field"),
    [({"deputy": "nobody"}, "deputy"), ({"last": "2026-11-22"}, "last"), ({"deputy": "zheng.haifeng"}, "deputy")],
)
def test_a_wrong_deputy_is_named(over, field):
    client = signed_in(User.objects.get(username="zheng.haifeng"))
    page = client.post("/me/deputy/", {"deputy": "he.jianping", "first": "2026-11-23", "last": "2026-11-27", **over})
    assert page.status_code == 422
    assert field in page.context["form"].errors


def test_administrators_name_deputies_for_others_only_with_the_right():
    who = User.objects.get(username="zheng.haifeng")
    path = f"/office/people/{who.pk}/deputy/"
    client = admin()
    client.post(path, {"deputy": "he.jianping", "first": "2026-11-23", "last": "2026-11-27"})
    row = Deputy.objects.get(absent=who)
    client.post(path, {"end": row.pk})
    assert Deputy.objects.get(pk=row.pk).ends <= now()
    assert signed_in(User.objects.get(username="he.jianping")).get(path).status_code == 403
    assert (
        signed_in(User.objects.get(username="he.jianping")).post("/me/deputy/end/", {"deputy": row.pk}).status_code
        == 404
    )


def test_a_role_may_begin_later():
    who = staff("later", role="")
    unit = Unit.objects.get(code="hbj")
    typed = {"unit": unit.pk, "role": "handler", "starts": "2026-12-01", "ends": "2026-12-31"}
    admin().post(f"/office/people/{who.pk}/assign/", typed)
    post = Assignment.objects.get(user=who)
    assert post.starts.date().isoformat() == "2026-11-30"  # midnight in Shanghai
    assign(user=who, unit=unit, role="unit_clerk", actor=SYSTEM, at=AT)


def test_an_account_is_changed_on_its_page():
    who = User.objects.get(username="zheng.haifeng")
    client = admin()
    client.post(f"/office/people/{who.pk}/edit/", {"name": "郑海风", "name_en": "", "email": ""})
    assert "zheng.haifeng" in client.get("/office/people/?q=zhenghaifeng").text
    assert User.objects.get(pk=who.pk).name == "郑海风"
    assert client.post(f"/office/people/{who.pk}/edit/", {"name": ""}).status_code == 422
