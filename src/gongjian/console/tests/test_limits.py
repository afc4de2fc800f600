"""Terms and reminders: a change begins tomorrow, what runs keeps its term, nothing is ever without one."""

import io
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from gongjian.audit.models import AuditEntry
from gongjian.casework import limits
from gongjian.casework.models import CaseClock, Reminder, Term
from gongjian.console.pages.limits import REMINDERS, TERMS
from gongjian.documents.tables import read
from gongjian.domains.hotline.tests.staff_pages import at_desk
from gongjian.testing.cases import make_request
from gongjian.web.catalogues.exchange import table_of
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import SHANGHAI

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)
TODAY = NOW.date()
TOMORROW = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def _monday(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", NOW.isoformat())
    limits.forget()
    yield
    limits.forget()


@pytest.fixture
def admin():
    return at_desk("du.siyuan")


def form_of(client, name, key):
    address = reverse(f"console:{name}_edit", args=[key])
    form = client.get(address).context["form"]
    return address, {one: "" if (value := form[one].value()) is None else value for one in form.fields}


def term(key, urgency=0, day=TODAY):
    return Term.objects.get(key=key, urgency=urgency, valid__contains=day)


def test_a_running_clock_keeps_its_term_and_a_new_case_gets_the_new_one(admin):
    case = make_request(state="dispatched")
    before = CaseClock.objects.get(case=case, name="sign").due_at
    address, data = form_of(admin, "limits", term("hotline.sign").pk)
    assert data["since"] == TOMORROW
    page = admin.post(address, {**data, "amount": "８", "step": "preview"})
    assert "8 个工作小时" in " ".join(fact.text for fact in page.context["facts"])
    assert admin.post(address, {**data, "amount": "８"}).status_code == 302
    assert CaseClock.objects.get(case=case, name="sign").due_at == before
    book = limits.book()
    assert book.term(key="hotline.sign", urgency=0, day=NOW.date()).term.amount == 4
    assert book.term(key="hotline.sign", urgency=0, day=TOMORROW).term.amount == 8
    assert AuditEntry.objects.get(action="casework.term.follow").detail == "since: 2026-11-24; amount: 4 → 8"


def test_the_preview_says_by_when(admin):
    page = admin.get(reverse("console:limits_edit", args=[term("hotline.answer.complaint").pk]))
    facts = {fact.label: fact.text for fact in page.context["facts"]}
    assert "11月30日" in facts["2026-11-23 09:30 开始的"]
    assert "正在走的计时" in facts


def test_today_is_promised_already(admin):
    address, data = form_of(admin, "limits", term("hotline.sign").pk)
    page = admin.post(address, {**data, "amount": "8", "since": "2026-11-23"})
    assert page.status_code == 422
    assert "最早从 2026-11-24 起" in page.text


def test_an_ordinary_term_never_ends_without_another(admin):
    address, data = form_of(admin, "limits", term("hotline.sign").pk)
    page = admin.post(address, {**data, "until": "2026-12-31"})
    assert page.status_code == 422
    assert "不能断" in page.text
    address, data = form_of(admin, "limits", term("hotline.sign", 2).pk)
    assert admin.post(address, {**data, "until": "2026-12-31"}).status_code == 302
    assert limits.book().term(key="hotline.sign", urgency=2, day=date(2027, 1, 1)).term.amount == 2


def test_a_reminder_is_added_and_ended(admin):
    data = {
        "key": "hotline.sign", "when": "share", "amount": "30", "unit": "", "move": "remind", "source": "参数",
        "since": "2026-11-24",
    }  # fmt: skip
    assert admin.post(reverse("console:reminders_new"), data).status_code == 302
    row = Reminder.objects.get(key="hotline.sign", amount=30)
    assert row.valid.lower == TOMORROW
    book = limits.book()
    start = NOW + timedelta(days=1)
    steps = book.steps(key="hotline.sign", started_at=start, due_at=start + timedelta(hours=10), calendar=calendar())
    assert steps[0][0] == start + timedelta(hours=3)
    wrong = admin.post(reverse("console:reminders_new"), {**data, "amount": "120"})
    assert "写 1 到 99" in wrong.text
    nothing = admin.post(reverse("console:reminders_new"), {**data, "when": "after"})
    assert "到期以后多久" in nothing.text


@pytest.mark.parametrize("catalogue", [TERMS, REMINDERS], ids=lambda c: c.name)
def test_lists_and_sheets_are_whole(admin, catalogue):
    assert admin.get(reverse(catalogue.url())).status_code == 200
    sheet = admin.get(reverse(catalogue.url("sheet")))
    rows = list(read(io.BytesIO(sheet.content), table_of(catalogue)))
    assert rows
    assert not [row.errors for row in rows if row.errors]
    upload = admin.post(
        reverse(catalogue.url("import")),
        {"file": io.BytesIO(sheet.content), "since": "2027-01-01", "step": "look"},
    )
    assert upload.context["counts"]["same"] == len(rows)


def test_limits_are_for_administrators():
    for name in ("feng.zhengyi", "song.yuanhang"):
        assert at_desk(name).get(reverse("console:limits")).status_code == 403
