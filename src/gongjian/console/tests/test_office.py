from datetime import timedelta

import pytest

from gongjian.audit.actions import seal
from gongjian.audit.models import AuditEntry
from gongjian.console.tests.visits import address, enter, resident, signed_in
from gongjian.console.words import detail
from gongjian.identity.models import Assignment, Session, User
from gongjian.identity.queries import units
from gongjian.identity.tests.people import AT, PASSWORD, staff
from gongjian.workdays.clock import now

PEOPLE, UNITS, AUDIT = "/office/people/", "/office/units/", "/office/audit/"


def administrator():
    return signed_in(staff("admin", role="administrator", name="周岚"))


def auditor():
    return signed_in(staff("auditor", role="auditor", name="何平"))


@pytest.mark.parametrize("role", ["handler", "supervisor", "leader", "auditor", "operator"])
def test_people_and_units_are_for_administrators(role):
    client = signed_in(staff(role=role))
    other = staff("other")
    for page in (PEOPLE, UNITS, address("person_new"), address("person", other.pk), address("unit", "mzj")):
        assert client.get(page).status_code == 403
    for act in ("link", "drop", "close", "open", "end"):
        assert client.post(address("person_act", other.pk, act)).status_code == 403
    assert client.post(address("person_assign", other.pk)).status_code == 403
    assert User.objects.get(pk=other.pk).is_active


def test_search_is_offered_to_those_who_may_search():
    assert 'data-key="/"' not in administrator().get(PEOPLE).text
    assert 'data-key="/"' in signed_in(staff("yt-h", role="handler")).get("/me/").text


def test_a_name_in_latin_letters_stands_on_english_pages():
    client = signed_in(staff("yt-h", name="罗晓棠", name_en="Luo Xiaotang"))
    assert "罗晓棠" in client.get("/me/").text
    client.cookies["gj_lang"] = "en"
    assert "Luo Xiaotang" in client.get("/me/").text
    assert "罗晓棠" not in client.get("/me/").text


def test_the_record_is_for_auditors():
    assert administrator().get(AUDIT).status_code == 403
    assert signed_in(resident()).get(AUDIT).status_code == 403
    assert auditor().get(AUDIT).status_code == 200


def test_people_are_found_by_name_and_number_residents_never():
    client = administrator()
    staff()
    resident(name="刘小明")
    page = client.get(PEOPLE).text
    assert "yt-mzj-0417" in page
    assert "区民政局 经办人" in page
    assert "刘小明" not in page
    assert "r-1" not in page
    assert "yt-mzj" in client.get(f"{PEOPLE}?q=罗晓棠").text
    assert "yt-mzj" in client.get(f"{PEOPLE}?q=ＹＴ－ＭＺＪ").text
    assert "没有找到人" in client.get(f"{PEOPLE}?q=刘小明").text
    assert client.get(address("person", User.objects.get(username="r-1").pk)).status_code == 404


def test_people_are_paged_by_key():
    client = administrator()
    User.objects.bulk_create([User(username=f"zz-{n:03}", kind="staff", created_at=AT) for n in range(60)])
    first = client.get(f"{PEOPLE}?q=zz-")
    assert len(first.context["rows"]) == 50
    second = client.get(first.context["more_url"])
    assert len(second.context["rows"]) == 10
    assert client.get(f"{PEOPLE}?after=broken").status_code == 200


def test_an_account_is_opened_given_a_role_and_a_password(client):
    admin = administrator()
    answer = admin.post(address("person_new"), {"username": "yt-jyj-0001", "name": "王芳", "name_en": "", "email": ""})
    user = User.objects.get(username="yt-jyj-0001")
    assert answer.url == address("person", user.pk)
    post = {"unit": units().by_code["jyj"].id, "role": "handler", "ends": "2026-12-31"}
    assert admin.post(address("person_assign", user.pk), post).status_code == 302
    assert Assignment.objects.get(user=user).ends.isoformat() == "2026-12-31T16:00:00+00:00"
    assert "12月31日" in admin.get(address("person", user.pk)).text
    page = admin.post(address("person_act", user.pk, "link"))
    link = page.context["link"]
    assert link in page.text
    path = link.removeprefix("http://testserver")
    client.post(path, {"new": PASSWORD})
    assert enter(client, "yt-jyj-0001").status_code == 302


def test_what_cannot_be_is_said_at_its_field():
    admin = administrator()
    user = staff()
    taken = admin.post(address("person_new"), {"username": "YT-MZJ-0417", "name": "王芳"})
    assert taken.status_code == 422
    assert "已经有人用了" in taken.text
    twice = {"unit": units().by_code["mzj"].id, "role": "handler"}
    assert "已经有这个岗位" in admin.post(address("person_assign", user.pk), twice).text
    past = {"unit": units().by_code["jyj"].id, "role": "handler", "ends": "2020-01-01"}
    assert "要晚于" in admin.post(address("person_assign", user.pk), past).text
    never = past | {"ends": "9999-12-31"}
    assert "最大是 2099" in admin.post(address("person_assign", user.pk), never).text
    assert admin.post(address("person_assign", user.pk), {"unit": "0", "role": "resident"}).status_code == 422


def test_a_role_is_taken_back_only_from_whom_it_is():
    admin = administrator()
    user, other = staff(), staff("other")
    mine = Assignment.objects.get(user=user)
    assert admin.post(address("person_act", other.pk, "end"), {"assignment": mine.pk}).status_code == 404
    assert admin.post(address("person_act", user.pk, "end"), {"assignment": "x"}).status_code == 404
    assert admin.post(address("person_act", user.pk, "end"), {"assignment": mine.pk}).status_code == 302
    assert not signed_in(user).get("/me/").context["actor"].rights


def test_an_account_is_closed_with_its_sessions_and_opened_again():
    admin, user = administrator(), staff()
    theirs = signed_in(user)
    admin.post(address("person_act", user.pk, "close"))
    assert theirs.get("/me/").status_code == 302
    assert "yt-mzj" not in admin.get(PEOPLE).text
    assert "yt-mzj" in admin.get(f"{PEOPLE}?state=closed").text
    admin.post(address("person_act", user.pk, "open"))
    assert User.objects.get(pk=user.pk).is_active
    assert not Session.objects.filter(user=user).exists()


def test_one_cannot_close_the_own_account():
    admin = administrator()
    me = User.objects.get(username="admin")
    admin.post(address("person_act", me.pk, "close"))
    assert User.objects.get(pk=me.pk).is_active
    assert 'data-dialog="close"' not in admin.get(address("person", me.pk)).text


def test_an_act_there_is_not():
    assert administrator().post(address("person_act", staff().pk, "promote")).status_code == 404


def test_units_are_listed_and_show_who_is_there():
    admin = administrator()
    staff()
    assert "盐田区民政局" in admin.get(UNITS).text
    assert "盐田区民政局" not in admin.get(f"{UNITS}?q=教育").text
    page = admin.get(address("unit", "mzj")).text
    assert "罗晓棠" in page
    assert "经办人" in page
    assert admin.get("/office/units/none/").status_code == 404


def test_the_record_is_filtered_and_found_whole(client):
    user = staff(password=PASSWORD)
    enter(client, password="wrong")
    enter(client)
    who = auditor()
    assert "还没有封存过" in who.get(AUDIT).text
    seal(now())
    page = who.get(f"{AUDIT}?verify=1").text
    assert "都对得上" in page
    assert "登录被拒" in page
    assert "未登录的人" in page
    lines = who.get(f"{AUDIT}?who=YT-MZJ-0417&area=identity.").context["lines"]
    assert [line.code for line in lines] == ["identity.sign_in"]
    assert len(who.get(f"{AUDIT}?object=user:{user.pk}").context["lines"]) >= 3
    assert not who.get(f"{AUDIT}?who=nobody").context["lines"]
    assert not who.get(f"{AUDIT}?to=2020-01-01").context["lines"]
    assert who.get(f"{AUDIT}?from=2020-13-99&after=%00&area=x").context["lines"]
    assert who.get(f"{AUDIT}?from=0001-01-01&to=9999-12-31").context["lines"]


def test_the_record_is_told_in_words():
    user = staff("yt-new", role="handler", unit="mzj")
    line = auditor().get(f"{AUDIT}?object=user:{user.pk}").context["lines"][0]
    assert (line.act, line.object) == ("给岗位", f"账号 {user.pk} 罗晓棠")
    assert line.detail == "经办人 区民政局"
    assert detail("others=2", {}) == "其他设备 2"
    assert detail("text=路灯 states=closed", {}) == "词 路灯　状态 closed"
    assert detail("核对时间和位置 a=b", {}) == "核对时间和位置 a=b"


def test_a_record_that_was_changed_is_called_broken():
    who = auditor()
    seal(now())
    victim = AuditEntry.objects.earliest("id")
    AuditEntry.objects.filter(pk=victim.pk).update(detail="改过")
    page = who.get(f"{AUDIT}?verify=1").text
    assert f"从第 {victim.pk} 条起对不上" in page


def test_the_record_is_paged_by_key():
    who = auditor()
    for n in range(60):
        AuditEntry.objects.create(
            action="x.y",
            actor_kind="system",
            object_kind="o",
            object_id=str(n),
            at=AT + timedelta(n),
            salt=b"",
            digest=b"",
        )
    first = who.get(AUDIT)
    assert len(first.context["lines"]) == 50
    assert len(who.get(first.context["more_url"]).context["lines"]) >= 10


@pytest.mark.parametrize(("path", "queries"), [(PEOPLE, 5), (UNITS, 3), ("/office/units/mzj/", 7)])
def test_query_budgets(path, queries, django_assert_num_queries):
    client = administrator()
    for n in range(20):
        staff(f"yt-{n}")
    units()
    with django_assert_num_queries(queries):
        client.get(path)


def test_query_budget_of_the_record(django_assert_max_num_queries):
    client = auditor()
    for n in range(20):
        staff(f"yt-{n}")
    units()
    with django_assert_max_num_queries(6):  # session, actor, unread, entries, sealed up to, names
        client.get(AUDIT)


def test_one_page_leads_to_all_administration(settings):
    settings.DEMONSTRATION = False
    page = administrator().get("/office/")
    names = [shelf.name for shelf in page.context["shelves"]]
    assert names[:2] == ["开张", "人员与单位"]
    assert "演示" not in names
    assert 'href="/office/people/"' in page.text
    assert 'href="/office/audit/"' not in page.text
    assert 'href="/office/audit/"' in auditor().get("/office/").text
    assert signed_in(staff("yt-h", role="handler")).get("/office/").status_code == 403


def test_the_desk_of_the_hotline_leads_to_administration():
    assert 'href="/office/"' in administrator().get("/me/").text
    assert 'href="/office/"' not in signed_in(staff("yt-h", role="handler")).get("/me/").text
