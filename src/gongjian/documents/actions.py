"""Taking, claiming and erasing files."""

import secrets
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from gongjian.audit.actions import record
from gongjian.documents import room, rules, storage
from gongjian.documents.gate import Accepted, Busy, Refused, judge
from gongjian.documents.models import Document
from gongjian.identity.actor import Actor

MOST_UNCLAIMED = 9

__all__ = ["MOST_UNCLAIMED", "Busy", "Refused", "claim", "discard", "erase", "keep", "new_claim_token", "store"]


def new_claim_token() -> str:
    """Return the secret that ties uploads to a draft before there is a case; keep it in the visitor's session."""
    return secrets.token_urlsafe(32)


def store(
    *,
    upload: "File[bytes]",
    kind: str,
    actor: Actor,
    at: datetime,
    claim_token: str = "",
    field: str = "file",
    retention: str = Document.Retention.CASE,
) -> Document:
    """Keep a file somebody hands in, judged by its content; a picture is kept as a JPEG without its metadata.

    With `claim_token` it belongs to a draft: at most nine, gone after 24 hours unless `claim` is called. The file is
    written before the row. Raises Refused(field, message), of which Busy is one.
    """
    if claim_token and Document.objects.filter(claim_token=claim_token).count() >= MOST_UNCLAIMED:
        raise Refused(field, format_lazy(_("一次最多交 {most} 个文件。先删掉一个再加。"), most=MOST_UNCLAIMED))
    if room.is_tight(Path(settings.MEDIA_ROOT)):
        raise Refused(field, _("服务器的磁盘快满了，暂时不能收文件。文字照常可以提交，文件请过一会儿再补。"))
    accepted = judge(upload, kind, field)
    sha256, size = storage.put(_content(accepted, upload), accepted.thumb)
    return Document.objects.create(
        sha256=sha256,
        mime=accepted.type.mime,
        size=size,
        name=rules.stored_name(upload.name or "", accepted.type.suffix),
        kind=kind,
        width=accepted.width,
        height=accepted.height,
        retention=retention,
        created_at=at,
        uploaded_by_id=actor.user_id,
        claim_token=claim_token,
    )


def keep(*, content: bytes, name: str, actor: Actor, at: datetime) -> Document:
    """Keep a letter we have set ourselves, a PDF."""
    sha256, size = storage.put(content)
    return Document.objects.create(
        sha256=sha256,
        mime=rules.PDF.mime,
        size=size,
        name=rules.stored_name(name, rules.PDF.suffix),
        kind=Document.Kind.LETTER,
        retention=Document.Retention.LETTER,
        created_at=at,
        uploaded_by_id=actor.user_id,
    )


@transaction.atomic
def claim(*, document_ids: Collection[int], claim_token: str, field: str = "file") -> list[Document]:
    """Take a draft's files over for its case, all or none, in the order they came; a second call finds none.

    Raises Refused when one of them is not of this draft or was swept.
    """
    wanted = set(document_ids)
    mine = Document.objects.filter(pk__in=wanted, claim_token=claim_token).exclude(claim_token="")
    if mine.update(claim_token="") != len(wanted):
        raise Refused(field, _("有文件已经过期。请把照片或文件再交一次。"))
    return list(Document.objects.filter(pk__in=wanted).order_by("pk"))


def discard(*, document_id: int, claim_token: str) -> bool:
    """Take one file out of a draft again; return whether it was there."""
    deleted, _rows = Document.objects.filter(pk=document_id, claim_token=claim_token).exclude(claim_token="").delete()
    return bool(deleted)


@transaction.atomic
def erase(*, document_ids: Collection[int], actor: Actor, at: datetime) -> int:
    """Erase names and digests of documents whose time is over and return how many; the rows stay as evidence.

    The next `sweep_orphans` removes the files, unless another document shares them.
    """
    doomed = Document.objects.filter(pk__in=document_ids, erased_at=None)
    ids = list(doomed.select_for_update().values_list("pk", flat=True))
    Document.objects.filter(pk__in=ids).update(name="", sha256="", size=0, erased_at=at)
    for document_id in ids:
        record(
            action="documents.document.erase",
            actor_kind=actor.kind,
            actor_id=actor.user_id,
            unit_id=actor.unit_id,
            object_kind="document",
            object_id=str(document_id),
            at=at,
        )
    return len(ids)


def _content(accepted: Accepted, upload: "File[bytes]") -> "bytes | File[bytes]":
    return accepted.content if accepted.content is not None else upload
