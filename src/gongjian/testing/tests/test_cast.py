"""The cast stands at its desks, and every state can be reached by real actions."""

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection

from gongjian.casework.actions import Change, move
from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case
from gongjian.domains.hotline.workflow import STATES
from gongjian.identity.actor import ANONYMOUS
from gongjian.identity.models import Assignment, User
from gongjian.identity.queries import actor_of
from gongjian.identity.rights import Forbidden
from gongjian.parties.models import Person
from gongjian.testing import assertions, clock
from gongjian.testing.cases import BEFORE, make_report, make_request
from gongjian.testing.cast import CAST, NEIGHBOURS, Member, actor, load_cast, members
from gongjian.workdays.queries import calendar

AT = clock.MONDAY_MORNING


def test_everybody_has_a_desk(district):
    assert User.objects.count() == len(CAST) + len(NEIGHBOURS)
    assert Assignment.objects.count() == len(CAST)
    dispatcher = actor("zhou.zhiyuan")
    assert dispatcher.can("hotline:case:dispatch")
    assert dispatcher.name == "周志远"


def test_loading_twice_changes_nothing(district):
    load_cast(at=clock.later(AT, days=1))
    assert User.objects.count() == len(CAST) + len(NEIGHBOURS)
    assert Assignment.objects.count() == len(CAST)


def test_five_units_have_clerk_handler_and_head():
    units = {m.unit for m in members(role="handler")}
    assert len(units) == 5
    for unit in units:
        assert {m.role for m in members(unit=unit)} == {"unit_clerk", "handler", "unit_head"}


def test_nobody_can_sign_in_without_a_given_password(district):
    assert not any(user.has_usable_password() for user in User.objects.all())


@pytest.mark.parametrize("password", ["correct-horse-9", "correct-horse-9".format])
def test_passwords_are_everybodys_or_each_ones_own(district, password):
    User.objects.filter(username="shi.lei").delete()
    load_cast(at=AT, password=password)
    assert check_password("correct-horse-9", User.objects.get(username="shi.lei").password)


def test_extras_join_without_a_password(district):
    load_cast(at=AT, password="correct-horse-9", extras=(Member("gs.1", "某某", "So-and-so", "gs", "handler"),))
    assert not User.objects.get(username="gs.1").has_usable_password()
    assert actor("gs.1").can("hotline:case:handle")


def test_neighbours_are_residents_with_a_person(district):
    resident = actor_of(User.objects.get(username="r-liu.xiaomei"), at=AT)
    assert resident.kind == "resident"
    assert Person.objects.get(pk=resident.person_id).name.open() == "刘晓梅"
    assert all(n.phone.startswith("1380000") for n in NEIGHBOURS)


def test_every_state_has_a_way():
    assert set(BEFORE) == {state.name for state in STATES}


@pytest.mark.parametrize("state", sorted(BEFORE))
def test_a_request_can_be_brought_to_every_state(district, state):
    case = make_request(state=state)
    assert case.state == state
    assert case.kind == "hotline.complaint"
    assert assertions.moves_of(case.pk)[0] == "register"


def test_a_report_takes_any_field(district):
    report = make_report(kind="enquiry", topic="office-permit", reporter={"phone": ""}, channel="web")
    assert (report.kind, report.channel, report.reporter.anonymous) == ("enquiry", "web", True)
    with pytest.raises(TypeError, match="colour"):
        make_report(colour="red")


def test_anonymous_requests_come_from_the_web(district):
    case = make_request(by="", channel="web", reporter={"phone": ""})
    assert case.events.get().actor_id is None


def test_queries_are_counted_without_their_frames(db):
    with assertions.assert_queries(1), connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        cursor.execute("select 1")
    with pytest.raises(AssertionError, match="1 statements, more than 0"), assertions.assert_at_most_queries(0):
        User.objects.exists()
    with pytest.raises(AssertionError, match="0 statements, not 1"), assertions.assert_queries(1):
        pass


def test_refusals_are_told_apart():
    with assertions.assert_refused("title"):
        raise RefusedError("title", "标题不能空着。")
    with pytest.raises(AssertionError, match="not at"), assertions.assert_refused("text"):
        raise RefusedError("title", "标题不能空着。")
    with pytest.raises(AssertionError, match="without a word"), assertions.assert_refused():
        raise RefusedError("title", " ")
    with pytest.raises(AssertionError, match="nothing was refused"), assertions.assert_refused():
        pass
    with pytest.raises(ZeroDivisionError), assertions.assert_refused():
        raise ZeroDivisionError
    with assertions.assert_forbidden():
        raise Forbidden("no")
    with pytest.raises(AssertionError), assertions.assert_forbidden():
        pass
    with pytest.raises(AssertionError), assertions.assert_illegal_move():
        pass


def test_an_illegal_move_is_one_the_table_lacks(district):
    case = make_request()
    with assertions.assert_illegal_move():
        move(kind=kind_of(case.kind), case=case, name="sign", change=Change(), actor=ANONYMOUS, at=AT)
    assert Case.objects.get().state == "received"


def test_the_fixed_moments_are_what_they_say(district):
    days = calendar()
    assert clock.MONDAY_MORNING.weekday() == clock.MONDAY_NIGHT.weekday() == clock.MONDAY_AFTERNOON.weekday() == 0
    assert (clock.FRIDAY_EVENING.weekday(), clock.SATURDAY_NOON.weekday()) == (4, 5)
    assert days.is_working(clock.BEFORE_HOLIDAY.date())
    assert not days.is_working(clock.later(clock.BEFORE_HOLIDAY, days=1).date())
    assert clock.MAKE_UP_SATURDAY.weekday() == 5
    assert days.is_working(clock.MAKE_UP_SATURDAY.date())
