from datetime import timedelta

import pytest
from django.test import Client

from gongjian.audit.models import AuditEntry
from gongjian.console.tests.visits import enter, signed_in
from gongjian.identity.actions import create_user, issue_setup_link, set_up_administrator
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import Assignment, Installation, SetupLink, User
from gongjian.identity.queries import actor_of, demonstration, units
from gongjian.identity.refusals import Refused
from gongjian.identity.tests.people import AT, PASSWORD, staff
from gongjian.workdays.clock import now

LIST = "/office/set-up/"


@pytest.fixture
def empty(settings):
    settings.DEMONSTRATION = False
    Assignment.objects.filter(role__code="administrator").delete()


def link(at=AT):
    return f"/setup/{issue_setup_link(at=at)}/"


def chosen(**over):
    unit = units().by_code["zx12349"].id
    return {"name": "周岚", "username": "zhou.lan", "unit": unit, "password": PASSWORD, **over}


def test_the_link_opens_the_first_account_once(empty):
    address, client = link(), Client()
    assert "第一位系统管理员" in client.get(address).text
    answer = client.post(address, chosen(), follow=True)
    assert answer.redirect_chain[-1][0] == LIST
    assert "开张清单" in answer.text
    user = User.objects.get(username="zhou.lan")
    assert actor_of(user, at=now()).can("identity:units:manage")
    assert Client().get(address).status_code == 410
    assert Client().post(address, chosen(username="second")).status_code == 410
    assert not User.objects.filter(username="second").exists()
    assert enter(Client(), "zhou.lan").status_code == 302
    assert AuditEntry.objects.filter(action="identity.setup.administrator", object_id=str(user.pk)).exists()


def test_the_link_expires_and_a_new_one_makes_it_void(empty, monkeypatch):
    old, new = link(), link()
    assert Client().get(old).status_code == 410
    monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(hours=25)).isoformat())
    assert Client().get(new).status_code == 410
    assert "gongjian admin" in Client().get("/setup/made-up/").text


def test_there_is_no_link_once_somebody_administers(empty):
    address = link()
    staff("admin", role="administrator", password=PASSWORD)
    assert issue_setup_link(at=AT) is None
    assert Client().get(address).status_code == 410
    token = address.split("/")[2]
    with pytest.raises(Refused):
        set_up_administrator(
            token=token, username="x.y.z", name="甲", password=PASSWORD, unit_id=units().active[0].id, at=AT
        )


def test_an_account_nobody_can_sign_in_with_does_not_count(empty):
    staff("admin", role="administrator")
    assert issue_setup_link(at=AT)


@pytest.mark.parametrize(
    ("field", "value"), [("password", "123"), ("password", ""), ("name", ""), ("username", "甲"), ("unit", "0")]
)
def test_what_is_wrong_is_named_and_the_link_stays_good(empty, field, value):
    address = link()
    answer = Client().post(address, chosen(**{field: value}))
    assert answer.status_code == 422
    assert answer.context["form"].errors.get(field)
    assert not User.objects.filter(username="zhou.lan").exists()
    assert Client().get(address).status_code == 200


def test_a_set_up_installation_is_no_demonstration_however_it_is_started(empty, settings):
    Client().post(link(), chosen())
    settings.DEMONSTRATION = True
    assert not demonstration()


def test_the_list_says_what_is_missing_and_keeps_ticks(settings):
    User.objects.filter(kind="staff").update(is_active=False)
    client = signed_in(staff("admin", role="administrator"))
    page = client.get(LIST)
    found = {step.code: step for step in page.context["steps"]}
    assert not found["people"].done
    assert "话务员" in found["people"].fact
    assert not found["people"].may_tick
    assert found["units"].url == "/office/units/"
    assert not found["units"].done
    client.post(f"{LIST}tick/", {"step": "units", "done": "1"})
    client.post(f"{LIST}tick/", {"step": "units", "done": "1"})
    assert AuditEntry.objects.filter(action="identity.setup.step", detail="units done").count() == 1
    assert {s.code: s for s in client.get(LIST).context["steps"]}["units"].done
    client.post(f"{LIST}tick/", {"step": "units", "done": "0"})
    assert not {s.code: s for s in client.get(LIST).context["steps"]}["units"].done
    assert client.post(f"{LIST}tick/", {"step": "nothing"}).status_code == 404
    client.post(f"{LIST}tick/", {"step": "finish"})
    assert Installation.objects.get().set_up_at
    assert "已开张" in client.get(LIST).text


def test_the_list_is_for_administrators():
    assert signed_in(staff("yt-h", role="handler")).get(LIST).status_code == 403
    assert signed_in(staff("yt-h2", role="handler")).post(f"{LIST}tick/", {"step": "units"}).status_code == 403


def test_an_unfinished_try_of_gongjian_admin_leaves_the_link_working(empty):
    create_user(username="waits", name="等", actor=SYSTEM, at=AT)
    address = link()
    Client().post(address, chosen(username="waits"))
    assert SetupLink.objects.filter(used_at=None).count() == 1
