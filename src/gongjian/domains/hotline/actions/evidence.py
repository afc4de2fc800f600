"""Evidence of an answer: gathered while it is written, handed in with it, shown to the resident once it is approved."""

from datetime import datetime
from typing import Any, Final

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from gongjian.casework.errors import RefusedError
from gongjian.casework.models import Case
from gongjian.documents.actions import store
from gongjian.documents.models import Document
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.models import Reply, ReplyEvidence
from gongjian.domains.hotline.queries.evidence import gathered, one_gathered, to_show
from gongjian.identity.actor import Actor
from gongjian.identity.rights import Forbidden, require_user

MOST: Final = 9
WORKING: Final = ("in_progress", "redo", "reopened")


def add_evidence(*, case: Case, upload: "File[bytes]", public: bool, actor: Actor, at: datetime) -> ReplyEvidence:
    """Keep a file for the answer somebody is writing; with `public` the resident sees it once that is approved.

    Errors: `Forbidden`, `RefusedError` (too many, not being written), `documents.actions.Refused` at field files.
    """
    user_id = _writer(case, actor)
    if case.state not in WORKING:
        raise RefusedError("files", _("这一步不能附证据：答复已经交了，或者还没开始办。"))
    if len(gathered(case_id=case.pk, user_id=user_id)) >= MOST:
        raise RefusedError("files", _("最多 %(n)s 个文件。先删掉一个再加。") % {"n": MOST})
    kind = Document.Kind.ATTACHMENT
    document = store(upload=upload, kind=kind, actor=actor, at=at, field="files")
    return ReplyEvidence.objects.create(case=case, user_id=user_id, document=document, public=public, created_at=at)


def change_evidence(*, case: Case, pk: int, public: bool, actor: Actor) -> bool:
    """Let the resident see a gathered file, or only those inside; return whether it is there."""
    rows = ReplyEvidence.objects.filter(pk=pk, case=case, user=_writer(case, actor), reply=None)
    return bool(rows.update(public=public))


@transaction.atomic
def drop_evidence(*, case: Case, pk: int, actor: Actor) -> bool:
    """Throw a gathered file away; return whether it was there."""
    found = one_gathered(pk=pk, case_id=case.pk, user_id=_writer(case, actor))
    if found is None:
        return False
    found.delete()
    found.document.delete()
    return True


def hand_in(*, case: Case, evidence: list[ReplyEvidence]) -> None:
    """Tie what was gathered to the answer that has just been handed in."""
    reply = Reply.objects.filter(case=case, approved=None).order_by("-pk").first()
    if reply is not None and evidence:
        ReplyEvidence.objects.filter(pk__in=[one.pk for one in evidence]).update(reply=reply)


def shown_copies(reply: Reply, *, at: datetime) -> list[int]:
    """Return ids of new rows for the files of an approved answer that the resident is to see.

    A file hangs on a case once; the copies share its bytes and come with the approval, where the resident reads.
    """
    made: list[Any] = [
        Document.objects.create(
            sha256=one.sha256,
            mime=one.mime,
            size=one.size,
            name=one.title,
            kind=one.kind,
            width=one.width,
            height=one.height,
            retention=one.retention,
            created_at=at,
            uploaded_by_id=one.uploaded_by_id,
        )
        for one in to_show(reply.pk)
    ]
    return [one.pk for one in made]


def _writer(case: Case, actor: Actor) -> int:
    if case.holder_unit_id is None or not actor.can(HotlineRight.CASE_SUBMIT, unit_id=case.holder_unit_id):
        raise Forbidden(HotlineRight.CASE_SUBMIT)
    return require_user(actor)
