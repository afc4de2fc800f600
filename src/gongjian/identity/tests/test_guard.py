from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client

from gongjian.identity.access import IdentityRight
from gongjian.identity.actions import close_user
from gongjian.identity.actor import SYSTEM
from gongjian.identity.guard import guarded
from gongjian.identity.models import Assignment, Session, User
from gongjian.identity.queries import units
from gongjian.identity.sessions import row_key
from gongjian.identity.tests.people import AT, PASSWORD, load, staff
from gongjian.identity.tests.urls import desk, everybody, people
from gongjian.workdays.clock import now

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.identity.tests.urls")]


@pytest.fixture(autouse=True)
def reference():
    load()


def signed_in(user, agent="Firefox"):
    client = Client(headers={"user-agent": agent})
    client.force_login(user)
    return client


def resident():
    return User.objects.create(username="r-1", kind="resident", created_at=AT)


def test_a_member_of_staff_comes_to_the_desk():
    answer = signed_in(staff()).get("/desk")
    assert answer.status_code == 200
    assert "罗晓棠" in answer.text
    assert "no-store" in answer["Cache-Control"]


def test_a_page_for_everybody_asks_nothing_of_the_database(django_assert_num_queries):
    client = signed_in(staff())
    with django_assert_num_queries(0):
        assert client.get("/").text == "open"
        assert "Cache-Control" not in client.get("/")


def test_a_signed_in_request_costs_two_queries(django_assert_num_queries):
    client = signed_in(staff())
    units()
    with django_assert_num_queries(2):
        client.get("/desk")


def test_a_stranger_is_sent_to_sign_in_and_back(client):
    answer = client.get("/desk?tab=late")
    assert (answer.status_code, answer.url) == (302, "/console/in?next=%2Fdesk%3Ftab%3Dlate")
    assert client.get("/mine").url == "/console/phone?next=%2Fmine"


def test_a_stranger_who_posts_comes_back_to_the_page_of_the_form(client):
    answer = client.post("/desk", headers={"referer": "http://testserver/desk?x=1"})
    assert answer.url == "/console/in?next=%2Fdesk"
    assert client.post("/desk", headers={"referer": "https://evil.example/desk"}).url == "/console/in"
    assert client.post("/desk").url == "/console/in"


def test_htmx_is_told_to_load_the_sign_in_page_whole(client):
    answer = client.get("/desk", headers={"hx-request": "true", "hx-current-url": "http://testserver/list"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/console/in?next=%2Flist")


def test_the_wrong_role_is_refused():
    assert signed_in(staff()).get("/people").status_code == 403
    assert signed_in(staff("admin", role="administrator")).get("/people").text == "people"


def test_a_resident_comes_to_the_own_pages_and_not_to_the_desk():
    client = signed_in(resident())
    assert client.get("/mine").text == "resident"
    assert client.get("/desk").status_code == 403
    assert client.get("/people").status_code == 403


def test_a_right_withheld_leads_to_the_second_factor(settings):
    settings.SECOND_FACTOR_ENFORCED = True
    answer = signed_in(staff("admin", role="administrator")).get("/people")
    assert answer.url == "/console/second?next=%2Fpeople"


def test_a_revoked_session_is_refused_at_once():
    client = signed_in(staff())
    assert client.get("/desk").status_code == 200
    Session.objects.all().delete()
    assert client.get("/desk").status_code == 302


def test_a_session_that_ran_out_is_refused():
    client = signed_in(staff())
    Session.objects.update(expire_date=now() - timedelta(seconds=1))
    assert client.get("/desk").status_code == 302


def test_a_closed_account_is_refused_at_once():
    user = staff()
    client = signed_in(user)
    close_user(user=user, actor=SYSTEM, at=AT)
    assert client.get("/desk").status_code == 302


def test_an_account_closed_behind_our_back_is_refused_too():
    user = staff()
    client = signed_in(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/desk").status_code == 302


def test_a_session_from_before_the_password_changed_is_refused():
    user = staff(password=PASSWORD)
    client = signed_in(user)
    user.set_password(PASSWORD + "0")
    user.save(update_fields=["password"])
    assert client.get("/desk").status_code == 302
    assert not Session.objects.filter(user=user).exists()


def test_an_expired_assignment_gives_no_right():
    user = staff("admin", role="administrator")
    client = signed_in(user)
    assert client.get("/people").status_code == 200
    Assignment.objects.filter(user=user).update(starts=now() - timedelta(days=1), ends=now() - timedelta(seconds=1))
    assert client.get("/people").status_code == 403


def test_the_cookie_stands_nowhere_in_the_table():
    user = staff()
    client = signed_in(user)
    key = client.cookies["sessionid"].value
    row = Session.objects.get(user=user)
    assert row.session_key == row_key(key)
    assert key not in row.session_key + row.session_data
    thief = Client()
    thief.cookies["sessionid"] = row.session_key
    assert thief.get("/desk").status_code == 302


def test_a_made_up_cookie_is_nobody(client):
    client.cookies["sessionid"] = "x" * 32
    assert client.get("/desk").status_code == 302
    client.cookies["sessionid"] = "'; drop"
    assert client.get("/desk").status_code == 302


def test_being_there_is_noted_every_five_minutes(django_assert_num_queries):
    client = signed_in(staff())
    units()
    Session.objects.update(seen=now() - timedelta(minutes=6))
    with django_assert_num_queries(3):
        client.get("/desk")
    with django_assert_num_queries(2):
        client.get("/desk")
    assert now() - Session.objects.get().seen < timedelta(minutes=1)


def test_the_guard_can_be_read_from_the_view():
    assert everybody.guard.anonymous
    assert people.guard.right == IdentityRight.PEOPLE_MANAGE
    assert not desk.guard.resident


def test_a_program_has_no_pages():
    user = staff("lamp", kind="program", role="")
    assert signed_in(user).get("/desk").status_code == 403
    assert signed_in(user).get("/mine").status_code == 403


def test_a_guard_open_to_all_cannot_ask_for_a_right():
    with pytest.raises(ValueError, match="everybody"):
        guarded(IdentityRight.PEOPLE_MANAGE, anonymous=True)


def test_the_session_key_is_new_when_signed_in_again(client):
    client.force_login(staff())
    first = client.session.session_key
    client.force_login(staff("other"))
    assert client.session.session_key != first
    assert client.session[SESSION_KEY]
