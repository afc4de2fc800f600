"""What people see of Open311: answers on the case page, the tables administrators keep, the page for developers."""

from datetime import date

import pytest
from django.test import Client

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import Case, Topic
from gongjian.domains.hotline.models import AttributeAnswer, OpenService, ServiceAttribute
from gongjian.domains.hotline.pages.admin_open311 import QUESTION_TABLE, SERVICES
from gongjian.domains.hotline.queries.open311 import forget_offer
from gongjian.domains.hotline.tests.open311 import get, make_key, number_of, post, refused
from gongjian.identity.models import User
from gongjian.testing.cases import bring_to, make_request
from gongjian.testing.cast import actor, members
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.web.catalogues import exchange
from gongjian.web.catalogues.exchange import Taking

pytestmark = pytest.mark.django_db
BACKEND = "gongjian.identity.backends.AssignmentBackend"
DISPATCHER, ADMINISTRATOR = "zhou.zhiyuan", "du.siyuan"
QUESTION = {
    "topic": "toilets",
    "code": "WHAT",
    "datatype": "singlevaluelist",
    "required": "on",
    "variable": "on",
    "order": "1",
    "ask_zh": "哪里不好？",
    "ask_en": "What is wrong?",
    "options": "dirty = 不干净 | Dirty\r\n closed = 没开门 | Closed \r\n",
    "since": "2026-11-23",
}


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    forget_offer()
    yield
    forget_offer()


@pytest.fixture
def admin():
    return signed_in(ADMINISTRATOR)


def signed_in(username):
    client = Client()
    client.force_login(User.objects.get(username=username), backend=BACKEND)
    return client


def add(admin, **over):
    body = {name: value for name, value in {**QUESTION, **over}.items() if value is not None}
    response = admin.post("/office/questions/new/", {**body, "step": "save"})
    forget_offer()
    return response


def test_the_desk_and_the_unit_read_the_answers_and_the_link(client):
    make_key()
    body = {"media_url": "https://example.org/a.jpg", "attribute[COUNT]": "3"}
    number = number_of(post(client, body=body))
    page = signed_in(DISPATCHER).get(f"/desk/cases/{number}/").content.decode()
    for words in ("路灯是什么情况？", "不亮", "大约有几盏", "https://example.org/a.jpg", "Open311"):
        assert words in page
    case = bring_to(Case.objects.get(), "in_progress")
    unit = case.holder_unit.code
    clerk = members(unit=unit)[0].username
    assert "路灯是什么情况？" in signed_in(clerk).get(f"/desk/cases/{number}/").content.decode()
    plain = make_request()
    assert "图片链接" not in signed_in(DISPATCHER).get(f"/desk/cases/{plain.number}/").content.decode()


def test_a_new_question_is_asked_at_once(admin, client):
    response = add(admin)
    assert response.status_code == 302, response.content.decode()[-3000:]
    row = ServiceAttribute.objects.get(code="WHAT")
    assert row.options == "dirty = 不干净 | Dirty\nclosed = 没开门 | Closed"
    attribute = get(client, "services/toilets.json", locale="en").json()["attributes"][0]
    assert attribute["values"] == [{"key": "dirty", "name": "Dirty"}, {"key": "closed", "name": "Closed"}]
    assert AuditEntry.objects.filter(action="hotline.question.add").exists()
    make_key()
    assert "attribute[WHAT]" in refused(post(client, body={"service_code": "toilets", "attribute[FAULT]": None}))


def test_a_changed_question_leaves_old_answers_as_they_are(admin, client):
    make_key()
    number_of(post(client))
    row = ServiceAttribute.objects.get(code="FAULT")
    page = admin.get(f"/office/questions/{row.pk}/")
    assert page.status_code == 200
    body = {
        "datatype": row.datatype,
        "required": "on",
        "variable": "on",
        "order": row.order,
        "ask_zh": "路灯怎么了？",
        "ask_en": row.ask_en,
        "options": "dark = 不亮 | Dark",
        "since": "2026-11-24",
        "seen": page.context["form"]["seen"].value(),
        "step": "save",
    }
    response = admin.post(f"/office/questions/{row.pk}/", body)
    assert response.status_code == 302, response.content.decode()[-3000:]
    old, new = ServiceAttribute.objects.filter(code="FAULT").order_by("valid")
    assert (old.valid.upper, new.valid.lower) == (date(2026, 11, 24), date(2026, 11, 24))
    assert AttributeAnswer.objects.get().attribute_id == old.pk
    assert get(client, "services/street-lights.json").json()["attributes"][0]["values"][0]["key"] == "out"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": "1ST"}, "用字母开头"),
        ({"options": "dirty 不干净"}, "dirty 不干净"),
        ({"options": "a = 甲\na = 乙"}, "a = 乙"),
        ({"options": ""}, "要写出选项"),
        ({"datatype": "string"}, "只有单选和多选有选项"),
        ({"variable": None}, "不能是必答"),
        ({"topic": ""}, ""),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_at_its_field(admin, change, words):
    response = add(admin, **change)
    assert response.status_code in {200, 422}
    assert words in response.content.decode()
    assert not ServiceAttribute.objects.filter(code="WHAT").exists()


def test_a_topic_is_taken_back_from_programs(admin, client):
    make_key()
    number = number_of(post(client))
    topic = Topic.objects.get(code="street-lights")
    page = admin.get(f"/office/open-services/{topic.pk}/")
    seen = page.context["form"]["seen"].value()
    response = admin.post(f"/office/open-services/{topic.pk}/", {"keywords": "灯", "seen": seen, "step": "save"})
    assert response.status_code == 302, response.content.decode()[-3000:]
    assert OpenService.objects.get(topic=topic).offered is False
    refused(get(client, f"requests/{number}.json"), 404)
    refused(get(client, "services/street-lights.json"), 404)
    assert AuditEntry.objects.filter(action="hotline.open_service.change").exists()
    again = admin.post(f"/office/open-services/{topic.pk}/", {"offered": "on", "seen": seen, "step": "save"})
    assert again.status_code != 302


@pytest.mark.parametrize("path", ["/office/questions/", "/office/open-services/", "/office/questions/new/"])
def test_only_those_who_keep_the_catalogue_see_its_tables(path):
    assert signed_in(ADMINISTRATOR).get(path).status_code == 200
    assert signed_in(DISPATCHER).get(path).status_code == 403
    assert Client().get(path).status_code == 302


@pytest.mark.parametrize("path", ["/office/questions/table.xlsx", "/office/open-services/table.xlsx"])
def test_the_tables_go_out_as_sheets(admin, path):
    response = admin.get(path)
    assert response.status_code == 200
    assert response["Content-Type"].endswith("sheet")


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "开放数据与接口"), ("en", "Open data and interfaces")])
def test_the_page_for_developers(client, language, words):
    client.cookies["gj_lang"] = language
    page = client.get("/open311/").content.decode()
    assert f"<h1>{words}</h1>" in page
    assert "/open311/test/v2" in page
    assert client.get("/").content.decode().count("/open311/") == 1


@pytest.mark.parametrize("table", [QUESTION_TABLE, SERVICES], ids=lambda t: t.name)
def test_a_sheet_that_goes_out_comes_in_unchanged(admin, table):
    content = admin.get(f"/{table.path}table.xlsx").content
    taking = Taking(date(2026, 11, 24), False, actor(ADMINISTRATOR), MONDAY_MORNING)
    plan = exchange.plan_of(table, content, taking)
    fates = (exchange.NEW, exchange.CHANGED, exchange.ENDED, exchange.WRONG)
    assert {fate: len(plan.of(fate)) for fate in fates} == dict.fromkeys(fates, 0)
    assert plan.of(exchange.SAME)
