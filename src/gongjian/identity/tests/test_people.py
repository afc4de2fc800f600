import threading
from datetime import timedelta

import pytest
from django.db import connection

from gongjian.audit.models import AuditEntry
from gongjian.identity.actions import (
    assign,
    close_user,
    create_api_key,
    create_user,
    deputise,
    link_person,
    open_user,
    switch_off_api_key,
)
from gongjian.identity.actor import ANONYMOUS, SYSTEM
from gongjian.identity.models import ApiKey, Assignment, Session, Unit, User
from gongjian.identity.queries import actor_of, program_key
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import Forbidden
from gongjian.identity.tests.people import AT, PASSWORD, load, staff

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference():
    load()


def administrator():
    return actor_of(staff("admin", role="administrator"), at=AT)


def test_an_administrator_opens_an_account_and_gives_a_role():
    actor = administrator()
    user = create_user(
        username=" YT-MZJ-0417 ",
        name="罗晓棠",
        email="LiMin@yantian.example",
        phone="+8613812345678",
        actor=actor,
        at=AT,
    )
    assign(user=user, unit=Unit.objects.get(code="mzj"), role="handler", actor=actor, at=AT)
    saved = User.objects.get(username="yt-mzj-0417")
    assert (saved.email, saved.kind) == ("limin@yantian.example", "staff")
    assert saved.phone.open() == "+8613812345678"
    assert not saved.has_usable_password()
    assert actor_of(user, at=AT).can("hotline:case:handle")
    acts = AuditEntry.objects.filter(object_id=str(user.pk)).order_by("id").values_list("action", "actor_id")
    assert list(acts) == [("identity.user.create", actor.user_id), ("identity.role.assign", actor.user_id)]


@pytest.mark.parametrize("role", ["handler", "supervisor", "auditor", "leader"])
def test_others_may_not_look_after_people(role):
    actor = actor_of(staff(role=role), at=AT)
    target = staff("someone")
    unit = Unit.objects.get(code="mzj")
    for act in (
        lambda: create_user(username="new-one", name="新人", actor=actor, at=AT),
        lambda: assign(user=target, unit=unit, role="supervisor", actor=actor, at=AT),
        lambda: close_user(user=target, actor=actor, at=AT),
        lambda: create_api_key(user=target, name="x", rights=[], unit=None, actor=actor, at=AT),
    ):
        with pytest.raises(Forbidden):
            act()


def test_nobody_at_all_may_not():
    with pytest.raises(Forbidden):
        create_user(username="new-one", name="新人", actor=ANONYMOUS, at=AT)


@pytest.mark.parametrize("name", ["", "ab", "张三", "-abc", "abc-", "a b c", "a" * 65, "a\0bc"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(Refused) as refused:
        create_user(username=name, name="新人", actor=SYSTEM, at=AT)
    assert refused.value.field == "username"


def test_a_taken_name_and_a_taken_address_are_refused():
    staff("taken", email="a@yantian.example")
    with pytest.raises(Refused):
        staff("taken")
    with pytest.raises(Refused):
        staff("other", email="A@yantian.example")
    assert User.objects.filter(username="other").count() == 0


def test_a_weak_password_is_refused():
    with pytest.raises(Refused) as refused:
        staff(password="12345678")
    assert refused.value.field == "password"


def test_the_same_role_twice_at_one_time_is_refused_and_later_is_not():
    user, unit = staff(), Unit.objects.get(code="mzj")
    with pytest.raises(Refused):
        assign(user=user, unit=unit, role="handler", actor=SYSTEM, at=AT + DAY)
    Assignment.objects.filter(user=user).update(ends=AT + DAY)
    assign(user=user, unit=unit, role="handler", actor=SYSTEM, at=AT + DAY)
    assert Assignment.objects.filter(user=user).count() == 2


def test_an_end_before_the_start_is_refused():
    with pytest.raises(Refused):
        assign(user=staff(), unit=Unit.objects.get(code="jyj"), role="handler", ends=AT, actor=SYSTEM, at=AT)


def test_closing_an_account_ends_its_sessions_and_opening_it_brings_the_roles_back():
    actor, user = administrator(), staff()
    Session.objects.create(
        session_key="x", session_data="", expire_date=AT + DAY, user=user, agent="", created=AT, seen=AT
    )
    close_user(user=user, actor=actor, at=AT)
    close_user(user=user, actor=actor, at=AT)
    assert not Session.objects.filter(user=user).exists()
    assert AuditEntry.objects.filter(action="identity.user.close").count() == 1
    open_user(user=user, actor=actor, at=AT)
    assert actor_of(user, at=AT).can("hotline:case:handle")


def test_an_administrator_cannot_lock_everybody_out_by_closing_the_own_account():
    actor = administrator()
    with pytest.raises(Refused):
        close_user(user=User.objects.get(pk=actor.user_id), actor=actor, at=AT)


def test_one_names_a_deputy_for_oneself_but_not_for_others():
    head, other, third = staff("head", role="unit_head"), staff("other"), staff("third")
    actor = actor_of(head, at=AT)
    deputise(absent=head, deputy=other, starts=AT, ends=AT + DAY, actor=actor, at=AT)
    with pytest.raises(Forbidden):
        deputise(absent=third, deputy=other, starts=AT, ends=AT + DAY, actor=actor, at=AT)
    for deputy, ends in ((head, AT + DAY), (other, AT), (other, AT + DAY)):
        with pytest.raises(Refused):
            deputise(absent=head, deputy=deputy, starts=AT, ends=ends, actor=actor, at=AT)


def test_a_resident_cannot_be_a_deputy():
    head = staff("head", role="unit_head")
    resident = User.objects.create(username="r-1", kind="resident", created_at=AT)
    with pytest.raises(Refused):
        deputise(absent=head, deputy=resident, starts=AT, ends=AT + DAY, actor=SYSTEM, at=AT)


def test_a_key_is_shown_once_and_can_be_switched_off():
    user = staff("lamp", kind="program", role="")
    plaintext = create_api_key(user=user, name="路灯", rights=["b", "a", "a"], unit=None, actor=SYSTEM, at=AT)
    key = ApiKey.objects.get()
    assert plaintext.startswith(key.prefix)
    assert plaintext.encode() not in bytes(key.hash)
    assert key.rights == ["a", "b"]
    assert switch_off_api_key(key_id=key.pk, actor=SYSTEM, at=AT)
    assert not switch_off_api_key(key_id=key.pk, actor=SYSTEM, at=AT)
    assert program_key(plaintext, at=AT) is None


def test_people_get_no_keys():
    with pytest.raises(Refused):
        create_api_key(user=staff(), name="x", rights=[], unit=None, actor=SYSTEM, at=AT)


def test_a_resident_account_belongs_to_the_first_person_linked():
    user = User.objects.create(username="r-1", kind="resident", created_at=AT)
    link_person(user_id=user.pk, person_id=5)
    link_person(user_id=user.pk, person_id=6)
    assert User.objects.get(pk=user.pk).person_id == 5


@pytest.mark.django_db(transaction=True)
def test_two_administrators_give_the_same_role_at_once_and_one_is_told():
    user, unit = staff(role=""), Unit.objects.get(code="mzj")
    start, seen = threading.Barrier(2), []

    def work():
        start.wait()
        try:
            assign(user=user, unit=unit, role="handler", actor=SYSTEM, at=AT)
            seen.append("given")
        except Refused:
            seen.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == ["given", "refused"]
    assert Assignment.objects.filter(user=user).count() == 1


def test_a_password_is_kept_as_a_hash():
    user = staff(password=PASSWORD)
    assert PASSWORD not in User.objects.get(pk=user.pk).password
