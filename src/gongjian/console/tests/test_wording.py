"""Notice texts: own words from a day on, checked, previewed, and the shipped ones again on wish."""

from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import CaseEvent
from gongjian.casework.tasks import tell_event
from gongjian.console.pages.wording import WORDINGS
from gongjian.domains.hotline.tests.staff_pages import at_desk
from gongjian.notify import ownwords
from gongjian.notify.models import Message, NoticeWording
from gongjian.testing.cases import make_request
from gongjian.web.catalogues.exchange import rows_of
from gongjian.workdays.rules import SHANGHAI

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)
SMS = {"template": "hotline/register_applicant", "channel": "sms", "language": "zh-hans"}


@pytest.fixture(autouse=True)
def _monday(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", NOW.isoformat())
    ownwords.forget()
    yield
    ownwords.forget()


@pytest.fixture
def admin():
    return at_desk("du.siyuan")


def entry(**named):
    wanted = {**SMS, **named}
    return next(e for e in WORDINGS.entries() if all(e.values[n] == wanted[n] for n in wanted))


def form_of(client, found):
    address = reverse("console:wordings_edit", args=[found.key])
    form = client.get(address).context["form"]
    return address, {name: "" if (value := form[name].value()) is None else value for name in form.fields}


def told(at):
    """Register a request and return the text message its applicant gets."""
    case = make_request(at=at)
    event = CaseEvent.objects.filter(case=case, move="register").get()
    tell_event(event.pk, at=at)
    return Message.objects.filter(channel="sms").latest("pk").body


def test_own_words_are_sent_from_their_day_on_and_the_shipped_ones_again_after(admin):
    assert told(NOW).startswith("收到了。件号")
    address, data = form_of(admin, entry())
    body = "【盐田】件号 {{ number }}，我们收到了。查进度：{{ link }}"
    preview = admin.post(address, {**data, "body": body, "since": "2026-11-25", "step": "preview"})
    facts = {fact.label: fact.text for fact in preview.context["facts"]}
    assert facts["收到的样子"].startswith("【盐田】件号 YT-2611-04178，我们收到了。")
    assert "按 1 条短信发" in facts["长度"]
    assert "{{ dues.accept|plain_due }}" in facts["可以用的占位符"]
    assert admin.post(address, {**data, "body": body, "since": "2026-11-25"}).status_code == 302
    assert told(NOW + timedelta(minutes=5)).startswith("收到了。件号")
    assert told(NOW + timedelta(days=2)).startswith("【盐田】件号 YT")
    assert AuditEntry.objects.get(action="notify.wording.add").object_id == "hotline/register_applicant sms zh-hans"


def test_what_is_wrong_today_is_restored_today(admin):
    address, data = form_of(admin, entry())
    admin.post(address, {**data, "body": "件号 {{ number }}", "since": "2026-11-23"})
    assert told(NOW).startswith("件号 YT")
    own = entry()
    assert own.key == NoticeWording.objects.get().pk
    address, data = form_of(admin, own)
    assert admin.post(address, {"seen": data["seen"], "step": "restore"}).status_code == 302
    assert told(NOW + timedelta(minutes=1)).startswith("收到了。件号")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{{ request.case.holder.phone }}", "只能用右边列出的占位符"),
        ("{% include 'x' %}", "只能用右边列出的占位符"),
        ("{% load static %}x", "不要写"),
        ("{{ number", "没有写完整"),
        ("{% if dues.answer %}没有结束", "没有写完整"),
        ("{% if request.user %}x{% endif %}", "只能用右边列出的占位符"),
    ],
)
def test_only_known_places_may_stand_in_a_text(admin, body, words):
    address, data = form_of(admin, entry())
    page = admin.post(address, {**data, "body": body, "since": "2026-11-24"})
    assert page.status_code == 422
    assert words in page.text
    assert not NoticeWording.objects.exists()


def test_an_email_needs_a_subject(admin):
    address, data = form_of(admin, entry(channel="email"))
    page = admin.post(address, {**data, "subject": "", "body": "件号 {{ number }}"})
    assert "要有标题" in page.text


def test_every_shipped_text_passes_its_own_check_and_goes_round_as_a_sheet(admin):
    for one in ownwords.shipped():
        assert not ownwords.fault(one.template, one.body), one
        assert not ownwords.fault(one.template, one.subject), one
    assert len(rows_of(WORDINGS, NOW)) == len(ownwords.shipped())
    sheet = admin.get(reverse("console:wordings_sheet"))
    page = admin.post(
        reverse("console:wordings_import"),
        {"file": SimpleUploadedFile("a.xlsx", sheet.content), "since": "2026-12-01", "step": "look"},
    )
    assert page.context["counts"] == {"new": 0, "changed": 0, "ended": 0, "wrong": 0, "same": len(ownwords.shipped())}
    for found in WORDINGS.entries():
        assert admin.get(reverse("console:wordings_edit", args=[found.key])).status_code == 200


def test_text_messages_are_counted_as_they_travel():
    assert ownwords.segments("") == 0
    assert ownwords.segments("a" * 160) == 1
    assert ownwords.segments("a" * 161) == 2
    assert ownwords.segments("件" * 70) == 1
    assert ownwords.segments("件" * 71) == 2
    assert ownwords.segments("€" * 80) == 1


def test_words_are_for_administrators():
    assert at_desk("feng.zhengyi").get(reverse("console:wordings")).status_code == 403
