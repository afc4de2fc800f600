"""Periods of data: complete, within bounds, counted before, and kept by every sweep."""

from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse

from gongjian.audit import retention
from gongjian.audit.actions import seal
from gongjian.audit.models import AuditEntry, RetentionClass
from gongjian.audit.queries import verify
from gongjian.casework.models import Case, CaseEvent, CaseParty, CaseText, EventText
from gongjian.documents.models import Document
from gongjian.domains.hotline.actions import forgetting
from gongjian.domains.hotline.models import IntakeDraft, Reply, ServiceRequest
from gongjian.domains.hotline.queries.forgotten import ERASED_TITLE
from gongjian.domains.hotline.sweeps import sweep_retention
from gongjian.domains.hotline.tests.staff_pages import at_desk
from gongjian.identity.models import User
from gongjian.notify.models import Message
from gongjian.notify.sweeps import sweep_old
from gongjian.testing.cases import make_request
from gongjian.workdays.rules import SHANGHAI

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _monday(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", NOW.isoformat())
    retention.forget()
    yield
    retention.forget()


@pytest.fixture
def admin():
    return at_desk("du.siyuan")


def ours():
    return [m for m in apps.get_models() if m.__module__.startswith("gongjian.") and ".tests." not in m.__module__]


def test_every_class_a_table_names_has_a_period_or_a_reason():
    named = {m.retention for m in ours() if isinstance(getattr(m, "retention", None), str)}
    named |= set(Document.Retention.values)
    known = {row["code"]: row for row in retention.shipped()}
    assert named <= set(known), named - set(known)
    for row in known.values():
        assert row["source"], row["code"]
        assert (row["action"] == "keep") == ("amount" not in row), row["code"]


def test_the_sweep_of_words_knows_every_table_of_words():
    assert {m for m in ours() if getattr(m, "retention", None) == "case-words"} == set(forgetting.WORDS_OF)


def test_administrators_changes_win_over_the_file():
    RetentionClass.objects.filter(code="message").update(amount=6)
    RetentionClass.objects.filter(code="draft").delete()
    retention.load_reference(at=NOW)
    assert RetentionClass.objects.get(code="message").amount == 6
    assert RetentionClass.objects.get(code="draft").amount == 30


def test_months_are_those_of_the_calendar():
    RetentionClass.objects.filter(code="message").update(amount=12, unit="months")
    retention.forget()
    leap = datetime(2028, 2, 29, 8, tzinfo=SHANGHAI)
    assert retention.cutoff("message", leap) == datetime(2027, 2, 28, 8, tzinfo=SHANGHAI)
    assert retention.cutoff("audit", NOW) is None
    assert retention.cutoff("nothing", NOW) is None


def closed_case(months):
    """Return a case with a reply, closed so many months ago."""
    case = make_request(state="closed")
    Case.objects.filter(pk=case.pk).update(
        opened_at=NOW - timedelta(days=31 * months + 9), closed_at=NOW - timedelta(days=31 * months)
    )
    return Case.objects.get(pk=case.pk)


def test_contacts_go_after_their_period_and_the_case_stays(admin):
    old, young = closed_case(25), closed_case(3)
    page = admin.get(edit("case-contact"))
    assert "下一次清 1 条" in page.text
    assert sweep_retention(at=NOW) == 1
    gone = CaseParty.objects.get(case=old).contact
    assert (gone.mask_name, gone.mask_phone, gone.phone_index) == ("", "", None)
    assert gone.erased_at == NOW
    assert CaseParty.objects.get(case=young).contact.phone_index is not None
    assert ServiceRequest.objects.get(case=old).description
    assert sweep_retention(at=NOW) == 0


def test_words_go_after_theirs_and_no_chain_breaks():
    old = closed_case(61)
    events = CaseEvent.objects.filter(case=old).count()
    digests = [bytes(d) for d in CaseEvent.objects.filter(case=old).values_list("digest", flat=True)]
    seal(NOW)
    assert sweep_retention(at=NOW) >= 2
    assert not EventText.objects.filter(event__case=old).exists()
    assert [bytes(d) for d in CaseEvent.objects.filter(case=old).values_list("digest", flat=True)] == digests
    assert CaseEvent.objects.filter(case=old).count() == events
    request = ServiceRequest.objects.get(case=old)
    assert (request.description, request.reply, request.address, request.lon) == ("", "", "", None)
    assert set(Reply.objects.filter(case=old).values_list("text", flat=True)) <= {""}
    assert Case.objects.get(pk=old.pk).title == ERASED_TITLE
    assert AuditEntry.objects.filter(action="hotline.case.forget", object_id=old.number).exists()
    with connection.cursor() as cursor:
        cursor.execute("select array_agg(lexeme) from casework_casetext, unnest(grams) where case_id = %s", [old.pk])
        lexemes = cursor.fetchone()[0]
    assert lexemes
    assert all(":" in lexeme for lexeme in lexemes)
    assert CaseText.objects.filter(case=old).exists()
    assert verify().ok


def test_drafts_and_messages_go_after_theirs():
    user = User.objects.get(username="chen.jingyi")
    IntakeDraft.objects.create(user=user, form="a=1", saved_at=NOW - timedelta(days=31))
    make_request()
    assert sweep_retention(at=NOW) == 1
    assert not IntakeDraft.objects.exists()
    facts = {
        "recipient_user": user, "channel": "site", "urgency": "ordinary", "template": "t", "language": "en",
        "subject": "s", "body": "b", "variables": {}, "link": "", "detail": "", "due_at": NOW, "tries": 0,
        "reference": "", "created_at": NOW - timedelta(days=400),
    }  # fmt: skip
    Message.objects.create(**facts, dedupe="old", state="sent")
    Message.objects.create(**facts, dedupe="held", state="held")
    assert sweep_old(at=NOW) == 1
    assert Message.objects.filter(dedupe="held").exists()


def edit(code):
    return reverse("console:retention_edit", args=[RetentionClass.objects.get(code=code).pk])


@pytest.mark.parametrize(
    ("code", "amount", "words"),
    [("case-contact", "1", "要在 3 到 120"), ("case-contact", "", "必须有期限"), ("audit", "6", "一直保存")],
)
def test_a_period_stays_within_its_bounds(admin, code, amount, words):
    page = admin.get(edit(code))
    seen = page.context["form"]["seen"].value()
    answer = admin.post(edit(code), {"amount": amount, "source": "参数", "seen": seen})
    assert answer.status_code == 422
    assert words in answer.text


def test_a_shorter_period_is_on_record_and_holds_at_once(admin):
    seen = admin.get(edit("case-contact")).context["form"]["seen"].value()
    data = {"amount": "１２", "source": "本区规定", "seen": seen}
    assert admin.post(edit("case-contact"), data).status_code == 302
    assert retention.cutoff("case-contact", NOW) == datetime(2025, 11, 23, 9, 30, tzinfo=SHANGHAI)
    assert "amount: 24 → 12" in AuditEntry.objects.get(action="audit.retention.change").detail
    assert "刚被别人改过" in admin.post(edit("case-contact"), data).text


def test_periods_are_for_administrators():
    assert at_desk("shi.lei").get(reverse("console:retention")).status_code == 403
