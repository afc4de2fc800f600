from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from gongjian.audit.models import AuditEntry
from gongjian.identity.actions import (
    change_role,
    change_user,
    close_user,
    create_role,
    deputise,
    end_assignment,
    end_deputy,
    leave,
    remove_role,
)
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import Assignment, Role, RoleRight, Session, User
from gongjian.identity.queries import actor_of, deputies, people, stands_in_for, units
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import Forbidden
from gongjian.identity.tests.people import AT, PASSWORD, load, staff

KNOWN = ["hotline:case:handle", "hotline:case:sign", "identity:people:manage", "identity:sessions:own"]


@pytest.fixture
def admin(db):
    load()
    User.objects.filter(kind="staff").update(is_active=False)
    return staff("admin", role="administrator", password=PASSWORD, name="周岚")


def acting(user):
    return actor_of(user, at=AT)


def change(role, rights, actor, **over):
    facts = {"name_zh": role.name_zh, "name_en": role.name_en, "second_factor": role.second_factor, **over}
    return change_role(role_id=role.pk, rights=rights, known=KNOWN, actor=actor, at=AT, **facts)


def test_a_copied_role_has_the_same_rights_and_then_its_own(admin):
    made = create_role(code="night_shift", name_zh="夜班", like="handler", actor=acting(admin), at=AT)
    same = set(RoleRight.objects.filter(role__code="handler").values_list("right", flat=True))
    assert set(made.rights.values_list("right", flat=True)) == same
    person = staff("yt-n", role="night_shift")
    assert actor_of(person, at=AT).can("hotline:case:handle")
    assert change(made, ["hotline:case:sign"], acting(admin), name_zh="夜班员")
    assert not actor_of(person, at=AT).can("hotline:case:handle")
    assert actor_of(person, at=AT).can("hotline:case:sign")
    assert actor_of(person, at=AT).can("hotline:case:submit")  # was not shown, so it stays
    entry = AuditEntry.objects.get(action="identity.role.change")
    assert "夜班 → 夜班员" in entry.detail
    assert "-hotline:case:handle" in entry.detail
    assert not change(Role.objects.get(pk=made.pk), ["hotline:case:sign"], acting(admin))


@pytest.mark.parametrize(
    ("code", "name", "field"), [("1x", "夜班", "code"), ("handler", "夜班", "code"), ("ab", " ", "name_zh")]
)
def test_a_bad_or_taken_role_is_named(admin, code, name, field):
    with pytest.raises(Refused) as refused:
        create_role(code=code, name_zh=name, actor=acting(admin), at=AT)
    assert refused.value.field == field


def test_nobody_invents_a_right_or_changes_residents(admin):
    role = Role.objects.get(code="handler")
    with pytest.raises(Refused):
        change(role, ["everything"], acting(admin))
    with pytest.raises(Refused):
        change(Role.objects.get(code="resident"), [], acting(admin))
    with pytest.raises(Forbidden):
        change(role, [], acting(staff("yt-h", role="handler")))


def test_a_role_somebody_held_is_not_removed(admin):
    made = create_role(code="night_shift", name_zh="夜班", actor=acting(admin), at=AT)
    with pytest.raises(Refused):
        remove_role(role_id=Role.objects.get(code="administrator").pk, actor=acting(admin), at=AT)
    remove_role(role_id=made.pk, actor=acting(admin), at=AT)
    assert not Role.objects.filter(code="night_shift").exists()


def test_the_last_administrator_stays(admin):
    second = staff("second", role="administrator", password=PASSWORD, name="何平")
    post = Assignment.objects.get(user=admin)
    with pytest.raises(Refused, match="您自己"):
        end_assignment(assignment_id=post.pk, actor=acting(admin), at=AT)
    with pytest.raises(Refused, match="没有系统管理员"):
        change(Role.objects.get(code="administrator"), [], acting(admin))
    assert actor_of(admin, at=AT).can("identity:people:manage")
    assert end_assignment(assignment_id=Assignment.objects.get(user=second).pk, actor=acting(admin), at=AT)
    with pytest.raises(Refused, match="没有系统管理员"):
        close_user(user=admin, actor=SYSTEM, at=AT)
    assert User.objects.get(pk=admin.pk).is_active


def test_an_account_is_renamed_and_the_record_holds_no_address(admin):
    user = staff("yt-h", email="old@example.gov.cn")
    assert change_user(user=user, name="罗晓", name_en="", email="new@example.gov.cn", actor=acting(admin), at=AT)
    assert [found.pk for found in people(text="lx")] == [user.pk]
    assert people(text="luoxiao").count() == 1
    entry = AuditEntry.objects.get(action="identity.user.change")
    assert "罗晓棠 → 罗晓" in entry.detail
    assert "example" not in entry.detail
    other = staff("yt-i", name="他人")
    with pytest.raises(Refused):
        change_user(user=other, name="他人", name_en="", email="new@example.gov.cn", actor=acting(admin), at=AT)


def test_a_leaver_has_no_session_role_or_deputy_left(admin):
    user, deputy = staff("yt-h"), staff("yt-d", name="代")
    day = timedelta(days=1)
    deputise(absent=user, deputy=deputy, starts=AT - day, ends=AT + day, actor=acting(admin), at=AT)
    deputise(absent=deputy, deputy=user, starts=AT + day, ends=AT + 2 * day, actor=acting(admin), at=AT)
    Session.objects.create(session_key="k", session_data="", expire_date=AT + day, user=user, created=AT, seen=AT)
    leave(user=user, reason="调走", actor=acting(admin), at=AT)
    assert not User.objects.get(pk=user.pk).is_active
    assert not Session.objects.filter(user=user).exists()
    assert not Assignment.objects.filter(user=user, ends=None).exists()
    assert deputies(user.pk, at=AT) == []
    assert not stands_in_for(deputy.pk, at=AT)


def test_a_deputy_is_named_and_taken_back_by_oneself(admin):
    user, deputy = staff("yt-h"), staff("yt-d", role="", name="代")
    row = deputise(absent=user, deputy=deputy, starts=AT, ends=AT + timedelta(days=3), actor=acting(user), at=AT)
    assert stands_in_for(deputy.pk, at=AT) == {user.pk: AT + timedelta(days=3)}
    assert actor_of(deputy, at=AT).can("hotline:case:handle")
    with pytest.raises(Forbidden):
        end_deputy(deputy_id=row.pk, actor=acting(deputy), at=AT)
    assert end_deputy(deputy_id=row.pk, actor=acting(user), at=AT + timedelta(hours=1))
    assert not actor_of(deputy, at=AT + timedelta(hours=2)).can("hotline:case:handle")
    assert not end_deputy(deputy_id=row.pk, actor=acting(user), at=AT + timedelta(hours=1))


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_close_each_other_at_once_leave_one():
    load()
    User.objects.filter(kind="staff").update(is_active=False)
    first, second = (staff(name, role="administrator", password=PASSWORD) for name in ("adm-a", "adm-b"))
    actors, gate, refused = {first: acting(first), second: acting(second)}, Barrier(2), []

    def close(mine, theirs):
        gate.wait()
        try:
            close_user(user=theirs, actor=actors[mine], at=AT)
        except Refused as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [Thread(target=close, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert User.objects.filter(kind="staff", is_active=True).count() == 1
    assert units().backstop
