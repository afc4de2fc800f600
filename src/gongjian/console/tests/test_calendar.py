"""The working calendar: a notice entered, its effect told before, deadlines that waited for it counted anew."""

from datetime import date, datetime

import pytest
from django.urls import reverse

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import CaseClock
from gongjian.console.pages.calendar import DAYS
from gongjian.domains.hotline.sweeps import sweep_provisional
from gongjian.domains.hotline.tests.staff_pages import at_desk
from gongjian.testing.assertions import assert_at_most_queries, moves_of
from gongjian.testing.cases import again, make_request
from gongjian.web.catalogues.exchange import rows_of
from gongjian.workdays import queries
from gongjian.workdays.models import DayException, YearNotice
from gongjian.workdays.rules import SHANGHAI, last_day

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 28, 9, 30, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _december(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", NOW.isoformat())
    queries.forget()
    yield
    queries.forget()


@pytest.fixture
def admin():
    return at_desk("du.siyuan")


def form_of(client, year):
    address = reverse("console:calendar_edit", args=[year])
    form = client.get(address).context["form"]
    return address, {name: "" if (value := form[name].value()) is None else value for name in form.fields}


PUBLISHED = {
    "status": "confirmed",
    "source_title": "国务院办公厅关于2027年部分节假日安排的通知",
    "source_number": "国办发明电〔２０２６〕8号",
    "published": "2026-12-20",
}


def test_a_year_is_drawn_with_its_rests_and_make_up_days(admin):
    page = admin.get(reverse("console:calendar_year", args=[2026]))
    assert "国办发明电〔2025〕7号" in page.text
    october = page.context["months"][9]
    kinds = {cell.number: cell.kind for week in october.weeks for cell in week if cell}
    assert (kinds[1], kinds[7], kinds[8], kinds[10], kinds[11]) == ("rest", "rest", "", "work", "off")
    assert admin.get(reverse("console:calendar_year", args=[2031])).status_code == 200
    assert admin.get(reverse("console:calendar_year", args=[1])).status_code == 404
    with assert_at_most_queries(14):
        admin.get(reverse("console:calendar"))


def test_a_notice_settles_what_waited_for_it(admin):
    case = make_request(state="dispatched", at=NOW)
    clock = CaseClock.objects.get(case=case, name="answer")
    assert clock.provisional
    assert last_day(clock.due_at) == date(2027, 1, 5)
    address, data = form_of(admin, 2027)
    assert data["rest0_zh"] == "元旦"
    data |= PUBLISHED | {"rest0_to": "2027-01-03", "work0_day": "2027-01-09", "work0_zh": "元旦调休上班"}
    preview = admin.post(address, {**data, "step": "preview"})
    assert preview.status_code == 200, preview.context["form"].errors
    effect = preview.context["effect"]
    assert effect.provisional >= 1
    assert effect.settled == effect.provisional
    assert not queries.calendar().is_confirmed(2027)

    data |= {"rest0_to": "2027-01-04"}  # a rest that reaches into the term
    moving = admin.post(address, {**data, "step": "preview"}).context["effect"].moving
    assert [(m.number, last_day(m.after)) for m in moving if m.clock == "answer"] == [(case.number, date(2027, 1, 6))]
    assert admin.post(address, data).status_code == 302
    assert queries.calendar().is_confirmed(2027)
    assert YearNotice.objects.get(year=2027).source_number == "国办发明电〔2026〕8号"
    assert "provisional → confirmed" in AuditEntry.objects.get(action="workdays.notice.record").detail

    assert sweep_provisional(at=NOW) >= 1
    clock.refresh_from_db()
    assert not clock.provisional
    assert last_day(clock.due_at) == date(2027, 1, 6)
    assert again(case).due_at <= clock.due_at
    assert moves_of(case.pk).count("recount") == 1
    assert sweep_provisional(at=NOW) == 0


def test_a_guess_that_was_right_moves_nothing(admin):
    case = make_request(state="dispatched", at=NOW)
    before = CaseClock.objects.get(case=case, name="answer").due_at
    address, data = form_of(admin, 2027)
    assert admin.post(address, data | PUBLISHED).status_code == 302
    sweep_provisional(at=NOW)
    clock = CaseClock.objects.get(case=case, name="answer")
    assert (clock.due_at, clock.provisional) == (before, False)
    assert "recount" not in moves_of(case.pk)


def test_what_cannot_be_is_named_at_its_row(admin):
    address, data = form_of(admin, 2027)
    wrong = {"rest0_to": "2026-12-01", "work0_day": "2027-01-06", "rest1_from": ""}
    page = admin.post(address, {**data, **PUBLISHED, **wrong})
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"rest0_to", "work0_day", "rest1_zh"}
    twice = admin.post(address, {**data, **PUBLISHED, "rest1_from": "2027-01-01", "rest1_to": "2027-01-02"})
    assert "写了两次" in twice.text


def test_the_second_of_two_administrators_is_told(admin):
    address, data = form_of(admin, 2027)
    assert admin.post(address, data | PUBLISHED).status_code == 302
    page = admin.post(address, data | PUBLISHED)
    assert "刚被别人改过" in page.text


def test_single_days_and_their_sheet(admin):
    day = DayException.objects.get(day="2026-10-10")
    address = reverse("console:calendar_days_edit", args=[day.pk])
    seen = admin.get(address).context["form"]["seen"].value()
    data = {"kind": "normal", "name_zh": "取消", "name_en": "Cancelled", "seen": seen}
    assert admin.post(address, data).status_code == 302
    assert not DayException.objects.filter(day="2026-10-10").exists()
    assert not queries.calendar().is_working(date(2026, 10, 10))
    assert AuditEntry.objects.get(action="workdays.day.change").object_id == "2026-10-10"
    assert len(rows_of(DAYS, NOW)) == DayException.objects.count()
    late = {"day": "2035-05-01", "kind": "rest", "name_zh": "劳动节", "name_en": "Labour Day"}
    assert "先录那一年的通知" in admin.post(reverse("console:calendar_days_new"), late).text


def test_office_hours_begin_tomorrow_at_the_earliest(admin):
    data = {"begins": "2026-12-28", "opens": "08:30", "pauses": "12:00", "resumes": "", "closes": "", "source": "通知"}
    assert "最早从明天起" in admin.post(reverse("console:office_hours_new"), data).text
    assert admin.post(reverse("console:office_hours_new"), data | {"begins": "2027-01-01"}).status_code == 302
    assert len(queries.calendar().hours_on(date(2027, 1, 1)).spans) == 1
    assert len(queries.calendar().hours_on(date(2026, 12, 31)).spans) == 2
    half = data | {"begins": "2027-02-01", "resumes": "14:00"}
    assert "下午的两个时间都写" in admin.post(reverse("console:office_hours_new"), half).text


def test_the_calendar_is_for_administrators():
    assert at_desk("song.yuanhang").get(reverse("console:calendar")).status_code == 403
    assert at_desk("zhou.zhiyuan").post(reverse("console:calendar_edit", args=[2027])).status_code == 403
