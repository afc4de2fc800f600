"""What strangers read of somebody's matter: topic and road, never a word of the resident, by every public door."""

import json
import re

import pytest
from django.urls import reverse

from gongjian.casework.errors import RefusedError
from gongjian.casework.models import Case, CaseEvent
from gongjian.domains.hotline.actions.publishing import publish_title, withdraw_title
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.domains.hotline.queries import similar
from gongjian.domains.hotline.queries.open311 import forget_offer
from gongjian.domains.hotline.tests.open311 import make_key, post
from gongjian.domains.hotline.tests.staff_pages import HANDLER, REVIEWER, at_desk, case_url, page
from gongjian.identity.rights import Forbidden
from gongjian.testing.cases import make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
WORDS = {"title": "3栋1202王秀兰家漏水", "description": "楼上李建国家水管破了，我住3栋1202，王秀兰。"}
PLACE = {"address": "永安北一街18号3栋1202王秀兰", "lon": 114.240123, "lat": 22.557123}
SECRETS = ("王秀兰", "李建国", "1202", "3栋", "漏水", "水管", "18号", "114.240123", "22.557123", "114.2401", "22.5571")
APPROVED = "楼上漏水"
HERE = (114.2402, 22.5572)


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    forget_offer()
    yield
    forget_offer()


def wizard(client):
    """The step between place and words: cards and pins of a map."""
    topic = Case.objects.latest("pk").topic.code
    told = client.post(reverse("hotline:report"), {"kind": "complaint", "words": "有事", "topic": topic, "asked": "1"})
    lon, lat = HERE
    found = client.post(told.url, {"lon": str(lon), "lat": str(lat)})
    return client.get(found.url).content.decode()


def everything(path):
    return lambda client: client.get(path).content.decode()


DOORS = {
    "wizard": wizard,
    "open311 list, json": everything("/open311/v2/requests.json"),
    "open311 list, xml": everything("/open311/v2/requests.xml"),
    "open311 list, extended": everything("/open311/v2/requests.json?extensions=true"),
    "open311 updates, json": everything("/open311/v2/servicerequestupdates.json"),
    "open311 updates, xml": everything("/open311/v2/servicerequestupdates.xml"),
}


def spoken(state="in_progress", **over):
    return make_request(state=state, **(WORDS | PLACE | over))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("state", ["received", "in_progress"])
def test_no_public_door_tells_a_word_or_the_home_of_a_resident(client, door, state):
    case = spoken(state)
    shown = DOORS[door](client)
    assert case.number in shown or door == "wizard"
    assert not [secret for secret in SECRETS if secret in shown]


def test_a_report_of_a_program_is_read_without_its_words_by_all_others(client):
    make_key()
    post(
        client,
        body={
            "description": WORDS["description"],
            "address_string": PLACE["address"],
            "media_url": "https://example.org/home.jpg",
        },
    )
    for form in ("json", "xml"):
        shown = client.get(f"/open311/v2/requests.{form}").content.decode()
        assert not [s for s in (*SECRETS, "home.jpg") if s in shown]
    row = client.get("/open311/v2/requests.json").json()[0]
    assert row["service_name"]
    assert (row["description"], row["media_url"]) == (None, None)


def test_similar_matters_are_told_by_topic_road_and_coarse_distance(client):
    case = spoken()
    shown = wizard(client)
    assert case.topic.name_zh in shown
    assert "永安北一街" in shown
    assert re.search(r"离您 [12]00 米以内", shown)
    pins = re.findall(r"114\.24\d*", json.dumps(re.findall(r"114\.\d+", shown)))
    assert pins


@pytest.mark.parametrize("step", range(12))
def test_moving_about_closes_in_on_a_block_and_on_no_home(step):
    """Two homes in one block are told alike from wherever one asks."""
    homes = [spoken(lon=114.24031 + n * 0.0001, lat=22.55712) for n in range(2)]
    told = similar(
        lon=114.2395 + step * 0.00017, lat=22.5565 + step * 0.0001, topic_id=homes[0].topic_id, at=MONDAY_MORNING
    )
    assert len({(one.within, one.lon, one.lat) for one in told}) == 1


@pytest.mark.parametrize("door", [door for door in DOORS if "updates" not in door])
def test_a_title_approved_for_the_public_is_shown_until_it_is_taken_back(client, door):
    case = spoken()
    publish_title(case=case, title=APPROVED, actor=actor(REVIEWER), at=MONDAY_MORNING)
    assert APPROVED in DOORS[door](client)
    case.refresh_from_db()
    withdraw_title(case=case, actor=actor(REVIEWER), at=MONDAY_MORNING)
    client.session.flush()
    assert APPROVED not in DOORS[door](client)
    told = CaseEvent.objects.filter(case=case, move__in=["publish_title", "withdraw_title"]).order_by("pk")
    assert [(e.move, e.actor.username, e.public) for e in told] == [
        ("publish_title", REVIEWER, False),
        ("withdraw_title", REVIEWER, False),
    ]


@pytest.mark.parametrize(
    "over",
    [{"confidential": True}, {"kind": "enquiry"}, {"kind": "help"}, {"topic": "social-child"}],
    ids=["confidential", "enquiry", "help", "restricted topic"],
)
def test_what_does_not_stand_in_public_lists_gets_no_public_title(over):
    case = spoken(state="received", **over)
    with pytest.raises(RefusedError, match="不对外"):
        publish_title(case=case, title=APPROVED, actor=actor(REVIEWER), at=MONDAY_MORNING)
    assert not ServiceRequest.objects.exclude(public_title="").exists()


def test_restricted_topics_are_not_similar_to_anything(client):
    spoken(state="received", topic="social-child")
    assert "离您" not in wizard(client)


@pytest.mark.parametrize("title", ["", "  ", "打 13800138000 找老王"])
def test_a_public_title_is_looked_at(title):
    with pytest.raises(RefusedError):
        publish_title(case=spoken(), title=title, actor=actor(REVIEWER), at=MONDAY_MORNING)


def test_only_who_may_publish_does():
    with pytest.raises(Forbidden):
        publish_title(case=spoken(), title=APPROVED, actor=actor(HANDLER), at=MONDAY_MORNING)


def test_the_case_page_proposes_a_scrubbed_title_and_says_who_approved():
    case = spoken(title="路灯坏了，打 13800138000")
    client = at_desk(REVIEWER)
    shown = page(client.get(case_url(case)))
    assert "别人看到的" in shown
    url = reverse("hotline:case_act", args=[case.number, "publish_title"])
    form = client.get(url).content.decode()
    assert re.search(r'name="title" value="路灯坏了，打 \*\*\*"', form)
    other = spoken(title="另一件")
    assert "路灯坏了" not in page(client.get(reverse("hotline:case_act", args=[other.number, "publish_title"])))
    client.post(url, {"version": str(case.version), "title": "路灯坏了"})
    shown = page(client.get(case_url(case)))
    assert "改公开的标题" in shown
    client.post(reverse("hotline:case_act", args=[case.number, "withdraw_title"]), {"version": str(case.version)})
    assert ServiceRequest.objects.get(case=case).public_title == ""
    assert "公开标题" not in page(at_desk(HANDLER).get(case_url(case)))
