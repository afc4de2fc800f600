"""Whoever is at a desk keeps the desk's navigation on every page for what went wrong; others keep the public one."""

import pytest
from django.test import Client
from django.urls import path

from gongjian.httpapi.bodies import Fault
from gongjian.identity.guard import guarded
from gongjian.identity.models import User
from gongjian.project import urls
from gongjian.project.unread import unread
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.cases import make_request
from gongjian.testing.cast import members

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@guarded()
def broken(request):
    raise ValueError(request.path)


@guarded(anonymous=True)
def too_large(request):
    return unread(request, Fault.TOO_LARGE)


urlpatterns = [path("desk/broken/", broken), path("desk/large/", too_large), *urls.urlpatterns]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
HANDLER = "zheng.haifeng"


@pytest.fixture(autouse=True)
def _district(district):
    pass


def at_desk(username: str, **more) -> Client:
    client = Client(headers={"accept-language": "zh-hans"}, raise_request_exception=False, **more)
    client.force_login(User.objects.get(username=username), backend="gongjian.identity.backends.AssignmentBackend")
    return client


def answers(client: Client):
    """Return an answer of every kind of refusal."""
    case = make_request(state="in_progress")
    act = f"/desk/cases/{case.number}/act/note/"
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    return {
        404: client.get("/desk/nowhere/"),
        403: client.get("/desk/board/"),
        500: client.get("/desk/broken/"),
        413: client.post("/desk/large/", {"text": "长"}),
        422: client.post(act, {"text": ""}),
        409: client.post(f"/desk/cases/{case.number}/act/take/", {"version": "0"}),
        4031: strict.post(act, {"text": "写了很久。"}),
    }


def test_staff_keep_their_frame_whatever_went_wrong():
    for status, answer in answers(at_desk(HANDLER)).items():
        shown = answer.content.decode()
        assert answer.status_code == int(str(status)[:3]), status
        assert 'data-density="staff"' in shown, status
        assert 'href="/desk/inbox/"' in shown, status
        assert "郑海峰" in shown, status


@pytest.mark.parametrize("username", [members(role=one)[0].username for one in ("operator", "auditor", "leader")])
def test_every_role_finds_its_way_back(username):
    shown = at_desk(username).get("/desk/nowhere/").content.decode()
    assert 'data-density="staff"' in shown
    assert 'href="/start/"' in shown


def test_others_keep_the_public_frame(client):
    for answer in (client.get("/nowhere"), client.post("/desk/large/", {"text": "长"})):
        assert 'data-density="staff"' not in answer.content.decode()


def test_the_frame_costs_no_more_than_who_it_is():
    client = at_desk(HANDLER)
    with assert_at_most_queries(2):
        client.get("/desk/nowhere/")
