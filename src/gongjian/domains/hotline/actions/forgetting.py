"""Lawful forgetting: contacts, words and files of cases that are long over, and drafts nobody sent.

Events and the record keep their digests, so no chain breaks; dates, topics, units and figures stay as they were.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import F

from gongjian.audit.actions import record
from gongjian.casework.models import Case, CaseText, ClockPause, EventText
from gongjian.documents.actions import erase
from gongjian.domains.hotline.models import (
    AttributeAnswer,
    CallAttempt,
    Extension,
    Follower,
    FormerIntakeDraft,
    ImportChange,
    ImportedCase,
    IntakeDraft,
    ProgramReport,
    ProgramUpdate,
    Reply,
    ReplyDraft,
    ReplyEvidence,
    Return,
    ServiceRequest,
)
from gongjian.domains.hotline.queries import forgotten
from gongjian.domains.hotline.queries.forgotten import ERASED_TITLE
from gongjian.identity.actor import SYSTEM
from gongjian.parties.actions import erase_contacts

BATCH: Final = 500
# Every table whose retention is "case-words"; a test holds this list complete.
WORDS_OF: Final = (
    AttributeAnswer,
    CaseText,
    EventText,
    ImportChange,
    ProgramReport,
    ProgramUpdate,
    Reply,
    ReplyEvidence,
    ServiceRequest,
)
# A search vector keeps what desks filter by, which is no word of anybody's: unit, state, topic, kind, helpers.
ONLY_FACTS: Final = """
update casework_casetext set grams = (
    select coalesce(array_to_tsvector(array_agg(lexeme)), '')
    from unnest(grams) where lexeme ~ '^[a-z]:')
where case_id = any(%s)
"""


def forget_contacts(*, at: datetime) -> int:
    """Erase names, phones and addresses of who asked or followed, once their time is over; return how many contacts."""
    done = 0
    while ids := list(forgotten.contacts_due(at)[:BATCH]):
        ImportedCase.objects.filter(case__parties__contact__in=ids).update(contact_index=None)
        Follower.objects.filter(contact__in=ids).update(counted_as=F("receipt_index"))
        done += erase_contacts(contact_ids=ids, actor=SYSTEM, at=at)
    return done


def forget_words(*, at: datetime) -> int:
    """Erase the words of cases whose time is over, a batch in a transaction; return how many cases."""
    done = 0
    while ids := list(forgotten.words_due(at)[:BATCH]):
        _erase_words(ids, at)
        done += len(ids)
    return done


@transaction.atomic
def _erase_words(ids: Sequence[int], at: datetime) -> None:
    EventText.objects.filter(event__case__in=ids).delete()
    with connection.cursor() as cursor:
        cursor.execute(ONLY_FACTS, [list(ids)])
    AttributeAnswer.objects.filter(case__in=ids).delete()
    ImportChange.objects.filter(case__in=ids).delete()
    ProgramReport.objects.filter(case__in=ids).update(words="", place="", media_url="")
    ProgramUpdate.objects.filter(event__case__in=ids).update(media_url="")
    Reply.objects.filter(case__in=ids).update(text="", remark="")
    proofs = ReplyEvidence.objects.filter(case__in=ids)
    erase(document_ids=list(proofs.values_list("document", flat=True)), actor=SYSTEM, at=at)
    proofs.delete()
    # Words of staff speak of people too; that there was a call, a return, an extension and a pause stays.
    CallAttempt.objects.filter(case__in=ids).update(remark="")
    Extension.objects.filter(case__in=ids).update(reason="")
    Return.objects.filter(case__in=ids).update(basis="")
    ClockPause.objects.filter(clock__case__in=ids).update(reason="")
    ServiceRequest.objects.filter(case__in=ids).update(
        description="", public_title="", address="", lon=None, lat=None, dispatch_reason="", reply="", answer_source=""
    )
    # The one column of the spine that holds words. Nothing moves: an archived case has no writer to race with.
    Case.objects.filter(pk__in=ids).update(title=ERASED_TITLE)
    for number in Case.objects.filter(pk__in=ids).order_by("pk").values_list("number", flat=True):
        record(
            action="hotline.case.forget",
            actor_kind=SYSTEM.kind,
            actor_id=None,
            unit_id=None,
            object_kind="case",
            object_id=number,
            at=at,
        )


def forget_files(*, at: datetime) -> int:
    """Erase the files of cases whose time is over; return how many documents."""
    done = 0
    while ids := list(forgotten.files_due(at)[:BATCH]):
        done += erase(document_ids=ids, actor=SYSTEM, at=at)
    return done


def forget_drafts(*, at: datetime) -> int:
    """Delete drafts nobody touched for their time; return how many."""
    before = forgotten.drafts_before(at)
    if before is None:
        return 0
    replies, _rows = ReplyDraft.objects.filter(saved_at__lt=before).delete()
    forms, _rows = IntakeDraft.objects.filter(saved_at__lt=before).delete()
    former, _rows = FormerIntakeDraft.objects.filter(saved_at__lt=before).delete()
    return replies + forms + former
