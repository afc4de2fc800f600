import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongjian.identity.access import IdentityRight
from gongjian.identity.actions import assign, close_user, create_api_key, deputise, end_assignment
from gongjian.identity.actor import ANONYMOUS, SYSTEM
from gongjian.identity.models import Assignment, ReferenceVersion, Unit, User
from gongjian.identity.queries import actor_by_id, actor_of, program_key, units
from gongjian.identity.rights import Forbidden, require
from gongjian.identity.tests.people import AT, load, staff

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference():
    load()


def test_a_handler_acts_for_the_unit_with_the_rights_of_the_role():
    actor = actor_of(staff(), at=AT, key="k")
    mzj = units().by_code["mzj"]
    assert (actor.kind, actor.name, actor.unit_id, actor.units) == ("staff", "罗晓棠", mzj.id, {mzj.id})
    assert actor.can("hotline:case:handle")
    assert not actor.can("hotline:case:dispatch")
    assert (actor.channel, actor.key, actor.signed_in) == ("web", "k", True)


def test_one_query_makes_an_actor(django_assert_num_queries):
    user = staff()
    units()
    with django_assert_num_queries(1):
        actor_by_id(user.pk, at=AT)


def test_rights_of_one_unit_do_not_reach_into_another():
    user = staff(unit="mzj", role="unit_head")
    assign(user=user, unit=Unit.objects.get(code="jyj"), role="unit_clerk", actor=SYSTEM, at=AT)
    actor = actor_of(user, at=AT)
    mzj, jyj = units().by_code["mzj"].id, units().by_code["jyj"].id
    assert actor.units == {mzj, jyj}
    assert actor.can("hotline:case:return", unit_id=mzj)
    assert not actor.can("hotline:case:return", unit_id=jyj)
    assert actor.units_with("hotline:case:sign") == {mzj, jyj}


def test_an_assignment_gives_nothing_before_it_starts_and_after_it_ended():
    user = staff(role="")
    unit = Unit.objects.get(code="mzj")
    assign(user=user, unit=unit, role="handler", starts=AT + DAY, ends=AT + 2 * DAY, actor=SYSTEM, at=AT)
    assert actor_of(user, at=AT).rights == frozenset()
    assert actor_of(user, at=AT + DAY).can("hotline:case:handle")
    assert actor_of(user, at=AT + 2 * DAY).rights == frozenset()
    assert actor_of(user, at=AT + 2 * DAY).units == frozenset()


def test_an_ended_role_is_gone_at_once():
    user = staff()
    assert end_assignment(assignment_id=Assignment.objects.get(user=user).pk, actor=SYSTEM, at=AT + DAY)
    assert not actor_of(user, at=AT + DAY).rights
    assert not end_assignment(assignment_id=Assignment.objects.get(user=user).pk, actor=SYSTEM, at=AT + DAY)


def test_a_deputy_holds_the_roles_of_the_absent_only_within_the_dates():
    head, other = staff("head", role="unit_head"), staff("other", unit="jyj", role="handler")
    deputise(absent=head, deputy=other, starts=AT + DAY, ends=AT + 3 * DAY, actor=SYSTEM, at=AT)
    mzj, jyj = units().by_code["mzj"].id, units().by_code["jyj"].id
    assert actor_of(other, at=AT).units == {jyj}
    during = actor_of(other, at=AT + DAY)
    assert (during.unit_id, during.units) == (jyj, {mzj, jyj})
    assert during.can("hotline:case:return", unit_id=mzj)
    assert not during.can("hotline:case:return", unit_id=jyj)
    assert actor_of(other, at=AT + 3 * DAY).units == {jyj}


def test_deputising_is_not_handed_on():
    head, first, second = staff("head", role="unit_head"), staff("first"), staff("second", unit="jyj")
    deputise(absent=head, deputy=first, starts=AT, ends=AT + DAY, actor=SYSTEM, at=AT)
    deputise(absent=first, deputy=second, starts=AT, ends=AT + DAY, actor=SYSTEM, at=AT)
    assert not actor_of(second, at=AT).can("hotline:case:return")


def test_a_deputy_of_somebody_who_left_holds_nothing():
    head, other = staff("head", role="unit_head"), staff("other", unit="jyj")
    deputise(absent=head, deputy=other, starts=AT, ends=AT + DAY, actor=SYSTEM, at=AT)
    close_user(user=head, actor=SYSTEM, at=AT)
    assert not actor_of(other, at=AT).can("hotline:case:return")


def test_a_closed_account_is_nobody():
    user = staff()
    close_user(user=user, actor=SYSTEM, at=AT)
    assert actor_by_id(user.pk, at=AT) is None
    with pytest.raises(User.DoesNotExist):
        actor_of(user, at=AT)


def test_a_resident_has_the_rights_of_residents_without_a_unit():
    user = User.objects.create(username="r-1", kind="resident", created_at=AT, person_id=9_000_009)
    actor = actor_of(user, at=AT)
    assert (actor.kind, actor.unit_id, actor.person_id) == ("resident", None, 9_000_009)
    assert actor.rights == {IdentityRight.SESSIONS_OWN}


def test_rights_that_need_a_second_factor_wait_for_it(settings):
    user = staff("admin", role="administrator")
    assign(user=user, unit=Unit.objects.get(code="mzj"), role="handler", actor=SYSTEM, at=AT)
    assert actor_of(user, at=AT, second_factor=False).can(IdentityRight.PEOPLE_MANAGE)
    settings.SECOND_FACTOR_ENFORCED = True
    without, having = actor_of(user, at=AT, second_factor=False), actor_of(user, at=AT, second_factor=True)
    assert not without.can(IdentityRight.PEOPLE_MANAGE)
    assert IdentityRight.PEOPLE_MANAGE in without.withheld
    assert without.can("hotline:case:handle")
    assert IdentityRight.SESSIONS_OWN not in without.withheld
    assert having.can(IdentityRight.PEOPLE_MANAGE)


def test_a_change_of_rights_reaches_a_process_that_remembers_the_old_ones(django_assert_num_queries):
    user = staff()
    actor_of(user, at=AT)
    ReferenceVersion.objects.update(version=uuid.uuid4())
    with CaptureQueriesContext(connection) as asked:
        actor_of(user, at=AT)
    assert len(asked) > 1
    with django_assert_num_queries(1):
        actor_of(user, at=AT)


def test_require_lets_pass_or_names_the_right():
    with pytest.raises(Forbidden) as refused:
        require(ANONYMOUS, IdentityRight.PEOPLE_MANAGE)
    assert refused.value.right == IdentityRight.PEOPLE_MANAGE
    require(actor_of(staff("admin", role="administrator"), at=AT), IdentityRight.PEOPLE_MANAGE)


def program(**over):
    user = staff("street-light", kind="program", role="", name="路灯平台")
    facts = {"name": "路灯平台", "rights": ["hotline:case:intake"], "unit": Unit.objects.get(code="cgj")}
    return create_api_key(user=user, actor=SYSTEM, at=AT, **{**facts, **over})


def test_a_program_signs_in_by_its_key_in_one_query(django_assert_num_queries):
    plaintext = program()
    with django_assert_num_queries(1):
        found = program_key(plaintext, at=AT)
    assert (found.actor.kind, found.actor.channel, found.per_minute) == ("program", "api", 120)
    assert found.actor.rights == {"hotline:case:intake"}
    assert found.actor.units == {units().by_code["cgj"].id}


def test_an_unknown_or_expired_key_is_nobody():
    plaintext = program(expires_at=AT + DAY)
    assert program_key(plaintext + "x", at=AT) is None
    assert program_key(plaintext, at=AT + DAY) is None
