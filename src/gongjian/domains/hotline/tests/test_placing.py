"""Words, point and community of one form: what was given last holds, and dispatch follows it."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from gongjian.casework.models import Case
from gongjian.domains.hotline.actions.dispatching import propose
from gongjian.domains.hotline.forms.placing import NOWHERE, Place, community_at, settle
from gongjian.places.queries import communities, find_addresses, locate
from gongjian.testing.cases import DISPATCHER, make_request
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
TOPIC = "env-site-noise"


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())


@pytest.fixture
def two():
    """Two known addresses in different subdistricts, each in its own community."""
    street_of = {c.id: c.subdistrict_id for c in communities()}
    found = {}
    for word in ("海", "路", "深", "沙", "梅"):
        for one in find_addresses(word, limit=50):
            if community_at((one.lon, one.lat)) == one.community_id:
                found.setdefault(street_of[one.community_id], one)
    first, second, *_rest = found.values()
    return first, second


def point(one) -> str:
    return f"{one.lon:.6f},{one.lat:.6f}"


def hidden(one, address=None) -> dict[str, str]:
    return {"address": address or one.text, "lon": f"{one.lon:.6f}", "lat": f"{one.lat:.6f}", "point_for": one.text}


class Wizard:
    """The report without script: each page's fields are sent back as they were drawn, but for what is changed."""

    def __init__(self):
        self.client = Client()
        self.client.post(reverse("hotline:report"), {"kind": "complaint", "words": "工地", "topic": TOPIC})

    def where(self, **changed):
        return self.client.post(reverse("hotline:report_where"), self.drawn() | changed)

    def drawn(self) -> dict[str, str]:
        form = self.client.get(reverse("hotline:report_where")).context["form"]
        return {
            name: str(form[name].value() or "") for name in ("community", "address", "spot", "lon", "lat", "point_for")
        }

    def sent(self) -> Case:
        self.client.post(reverse("hotline:report_describe"), {"description": "夜里打桩。"})
        self.client.post(reverse("hotline:report_contact"), {"language": "zh-hans"})
        self.client.post(reverse("hotline:report_check"), {})
        return Case.objects.select_related("request").get()


def test_a_suggestion_that_was_taken_last_moves_pin_community_and_proposal(two):
    first, second = two
    wizard = Wizard()
    wizard.where(address=first.text, spot=point(first), community=str(first.community_id))
    assert wizard.where(address=second.text, spot=point(second)).status_code == 302
    case = wizard.sent()
    assert (case.community_id, case.request.lon, case.request.lat) == (
        second.community_id,
        round(second.lon, 6),
        round(second.lat, 6),
    )
    assert propose(case, MONDAY_MORNING) == propose(
        Case(kind=case.kind, topic_id=case.topic_id, community_id=second.community_id), MONDAY_MORNING
    )


@pytest.mark.parametrize("known", [True, False], ids=["the page of today", "a page without the field"])
def test_words_that_are_changed_clear_the_point_and_its_community_and_say_so(two, known):
    first, _second = two
    wizard = Wizard()
    wizard.where(address=first.text, spot=point(first), community=str(first.community_id))
    fields = wizard.drawn() | {"address": "另一条路 99 号"}
    if not known:
        del fields["point_for"]
    told = wizard.client.post(reverse("hotline:report_where"), fields)
    assert told.status_code == 422
    assert "原来的点和它的社区已经清除" in told.content.decode()
    form = told.context["form"]
    assert [str(form[name].value() or "") for name in ("address", "lon", "lat", "community")] == [
        "另一条路 99 号",
        "",
        "",
        "",
    ]
    again = {
        name: str(form[name].value() or "") for name in ("community", "address", "spot", "lon", "lat", "point_for")
    }
    assert wizard.client.post(reverse("hotline:report_where"), again).status_code == 302
    case = wizard.sent()
    assert (case.community_id, case.request.lon, case.request.address) == (None, None, "另一条路 99 号")


def test_a_community_chosen_after_the_point_holds_and_the_point_goes(two):
    first, second = two
    wizard = Wizard()
    wizard.where(address=first.text, spot=point(first))
    told = wizard.where(community=str(second.community_id))
    assert (told.status_code, "点已经清除，按社区办" in told.content.decode()) == (422, True)
    form = told.context["form"]
    wizard.where(
        **{name: str(form[name].value() or "") for name in ("community", "address", "spot", "lon", "lat", "point_for")}
    )
    case = wizard.sent()
    assert (case.community_id, case.request.lon) == (second.community_id, None)


def test_the_call_desk_lets_go_of_a_point_whose_words_have_changed(two):
    first, second = two
    desk = Client()
    desk.force_login(_user("chen.jingyi"), backend="gongjian.identity.backends.AssignmentBackend")
    form = desk.get(reverse("hotline:call_desk")).context["form"]
    call = {
        "token": form["token"].value(), "kind": "complaint", "description": "夜里打桩。", "phone": "13800006021", "consent": "no", "act": "register",
        "address": "另一条路 99 号", "place": point(first), "point_for": first.text, "community": str(first.community_id),
    }  # fmt: skip
    told = desk.post(reverse("hotline:call_desk"), call)
    assert "原来的点和它的社区已经清除" in told.content.decode()
    assert not Case.objects.exists()
    shown = told.context["form"]
    assert [str(shown[name].value() or "") for name in ("address", "place", "community")] == ["另一条路 99 号", "", ""]
    desk.post(
        reverse("hotline:call_desk"),
        call | {"address": second.text, "place": point(second), "point_for": second.text, "community": ""},
    )
    case = Case.objects.get()
    assert case.community_id == second.community_id


def test_a_dispatcher_corrects_the_place_and_the_proposal_follows(two):
    first, second = two
    case = make_request(address=first.text, lon=first.lon, lat=first.lat, community_id=first.community_id)
    board = Client()
    board.force_login(_user(DISPATCHER), backend="gongjian.identity.backends.AssignmentBackend")
    url = reverse("hotline:board_retitle", args=[case.number])
    stale = {"version": "1", "title": case.title, "topic": "", "address": second.text, "place": point(first)}
    told = board.post(url, stale | {"point_for": first.text, "community": str(first.community_id)})
    assert (told.status_code, "原来的点和它的社区已经清除" in told.content.decode()) == (422, True)
    board.post(url, stale | {"place": point(second), "point_for": second.text, "community": str(second.community_id)})
    moved = Case.objects.select_related("request").get()
    assert (moved.community_id, moved.request.address) == (second.community_id, second.text)
    assert moved.cell == locate(second.lon, second.lat).cell
    board.post(url, {"version": str(moved.version), "title": "只改标题", "topic": ""})  # without the fields it stays
    kept = Case.objects.select_related("request").get()
    assert (kept.title, kept.community_id, kept.request.address) == ("只改标题", second.community_id, second.text)


def _user(name):
    from gongjian.identity.models import User

    return User.objects.get(username=name)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_settled_place_never_contradicts_itself(data):
    known = [c for c in communities() if community_at((c.lon, c.lat)) == c.id]
    points = st.one_of(st.none(), st.sampled_from([(c.lon, c.lat) for c in known]))
    words = st.sampled_from(["", "海山路 12 号", "海山路12号", "另一条路"])
    ids = st.one_of(st.none(), st.sampled_from([c.id for c in known]))
    place = st.builds(Place, words, points, ids)
    given_, before = data.draw(place), data.draw(st.one_of(st.just(NOWHERE), place))
    settled, against = settle(given_, before, data.draw(st.one_of(st.none(), words)))
    assert settled.address == given_.address
    assert settled.point in (None, given_.point)
    assert settled.point is None or settled.community in (None, community_at(settled.point))
    assert bool(against) == (settled.point != given_.point)
    assert settle(settled, NOWHERE, None) == (settled, "")  # what is shown again passes
