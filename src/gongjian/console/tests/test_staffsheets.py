import io
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gongjian.audit.models import AuditEntry
from gongjian.console import staffsheets
from gongjian.console.staffsheets import PEOPLE, UNITS
from gongjian.console.tests.visits import signed_in
from gongjian.documents.tablefiles import pages_of
from gongjian.documents.tests.books import book, cell, merged, row, sheet
from gongjian.identity.models import Unit, User
from gongjian.identity.queries import actor_of, units
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.clock import now

AT = MONDAY_MORNING + timedelta(hours=2)
pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def admin():
    return signed_in(User.objects.get(username="du.siyuan"))


def rows(answer):
    return [row.cells for row in pages_of(io.BytesIO(answer.content))[0].rows()]


def csv(*lines):
    return SimpleUploadedFile("t.csv", "\n".join(lines).encode())


PERSON = "工号,姓名,英文名,政务邮箱,单位,岗位"


def test_what_goes_out_comes_in_again_unchanged():
    for one in (UNITS, PEOPLE):
        content = staffsheets.file_of(one, "zh-hans", AT)
        plan = staffsheets.plan_of(one, content, AT)
        assert not plan.wrong
        assert (plan.new, plan.changed) == ([], [])
        assert len(plan.same) == plan.rows > 20
    assert "$" not in str(staffsheets.file_of(PEOPLE, "zh-hans", AT)[:20])


def test_no_secret_leaves_with_the_people():
    head = rows(admin().get("/office/people/sheet/file/"))[0]
    assert head == ["工号", "姓名", "英文名", "政务邮箱", "单位", "岗位"]
    assert admin().get("/office/people/sheet/file/?template=1").status_code == 200


def test_people_are_compared_first_and_written_by_the_last_step():
    client = admin()
    lines = [
        PERSON,
        "new.one,新一,,,区民政局,经办人",
        "new.two,新二,,bad,区民政局,经办人",
        "he.jianping,何建坪,He Jianping,,hbj,单位负责人",
    ]
    page = client.post("/office/people/sheet/", {"file": csv(*lines)})
    assert [len(getattr(page.context["plan"], name)) for name in ("new", "changed", "wrong")] == [1, 1, 1]
    assert "第 3 行" in page.text
    assert not User.objects.filter(username="new.one").exists()
    held = page.context["held"]
    wrong = rows(client.post("/office/people/sheet/", {"held": held, "errors": "1"}))
    assert [len(wrong), wrong[1][0]] == [2, "new.two"]
    answer = client.post("/office/people/sheet/", {"held": held, "sure": "1"})
    assert answer.url == "/office/people/links/"
    made = User.objects.get(username="new.one")
    assert actor_of(made, at=now()).can("hotline:case:handle")
    assert not made.has_usable_password()
    assert User.objects.get(username="he.jianping").name == "何建坪"
    assert not User.objects.filter(username="new.two").exists()
    assert AuditEntry.objects.filter(action="identity.user.create", object_id=str(made.pk)).exists()


def test_nothing_of_a_file_is_left_out_without_a_word():
    damaged = '<c r="B3" t="e"><v>#N/A</v></c>'
    people = sheet(
        row(1, "花名册"),
        row(2, *PERSON.split(","), "备注"),
        row(3, "new.one", damaged),
        row(4, "new.two", "新二", cell("E4", "区民政局"), cell("F4", "经办人")),
        row(5, "new.three", "新三", cell("F5", "经办人")),
        after=merged("E4:E5"),
    )
    content = book(people, sheet(row(1, "x"), row(2, "y")), names=["人员", "说明"])
    answer = admin().post("/office/people/sheet/", {"file": SimpleUploadedFile("t.xlsx", content.read())})
    plan = answer.context["plan"]
    assert [one["name"] for one in plan.new] == ["新二", "新三"]
    assert len({one["unit"] for one in plan.new}) == 1
    for words in ("#N/A", "说明（2 行）", "列名取自第 2 行", "E4:E5", "备注"):
        assert words in answer.text


def test_a_stray_quote_swallows_nobody():
    lines = [PERSON, 'new.one,"新一,,,区民政局,经办人', "new.two,新二,,,区民政局,经办人"]
    plan = admin().post("/office/people/sheet/", {"file": csv(*lines)}).context["plan"]
    assert ([one["username"] for one in plan.new], [one.row for one in plan.wrong]) == (["new.two"], [2])


def test_a_file_that_was_changed_on_the_way_is_refused():
    answer = admin().post("/office/people/sheet/", {"held": "made-up", "sure": "1"}, follow=True)
    assert "再选一次文件" in answer.text


def test_a_row_that_is_refused_writes_nothing():
    lines = [PERSON, "new.one,新一,,,,", "new.two,新二,,,区民政局,"]
    client = admin()
    held = client.post("/office/people/sheet/", {"file": csv(*lines)}).context["held"]
    page = client.post("/office/people/sheet/", {"held": held, "sure": "1"})
    assert page.status_code == 422
    assert "new.two" in page.text
    assert not User.objects.filter(username="new.one").exists()


def test_units_come_in_too():
    client = admin()
    lines = ["代码,全称,简称,英文全称,英文简称,性质,上级", "xinban,盐田区新办,区新办,,,政府部门,区民政局"]
    held = client.post("/office/units/sheet/", {"file": csv(*lines)}).context["held"]
    page = client.post("/office/units/sheet/", {"held": held, "sure": "1"})
    assert page.status_code == 302, (page.context["fault"], page.context["wrong"])
    assert units().by_code["xinban"].parent_id == Unit.objects.get(code="mzj").pk


@pytest.mark.parametrize("content", [b"\x00\x01nothing", "别的,列\n1,2".encode()])
def test_a_file_of_another_kind_is_told(content):
    page = admin().post("/office/people/sheet/", {"file": SimpleUploadedFile("x.xlsx", content)})
    assert page.status_code == 422
    assert page.context["form"].errors["file"]


def test_each_new_person_gets_a_link_once_on_paper():
    client = admin()
    held = client.post("/office/people/sheet/", {"file": csv(PERSON, "new.one,新一,,,,")}).context["held"]
    client.post("/office/people/sheet/", {"held": held, "sure": "1"})
    made = User.objects.get(username="new.one")
    assert "new.one" in client.get("/office/people/links/").text
    slips = client.post("/office/people/links/", {"user": [made.pk]})
    ((_user, link),) = slips.context["links"]
    answer = Client().post(link.replace("http://testserver", ""), {"new": "lantern-harbour-9"})
    assert answer.status_code == 302
    assert "new.one" not in client.get("/office/people/links/").text
    assert client.post("/office/people/links/", {}).status_code == 200


def test_sheets_are_for_administrators():
    client = signed_in(User.objects.get(username="he.jianping"))
    for page in ("people/sheet/", "people/sheet/file/", "people/links/", "units/sheet/", "units/sheet/file/"):
        assert client.get(f"/office/{page}").status_code == 403


def test_two_thousand_people_are_taken_in_within_a_minute():
    lines = [PERSON, *(f"p.{n:04},人{n},,,区民政局,经办人" for n in range(2000))]
    began = time.monotonic()
    plan = staffsheets.plan_of(PEOPLE, csv(*lines).read(), AT)
    assert (len(plan.new), time.monotonic() - began < 60) == (2000, True)
