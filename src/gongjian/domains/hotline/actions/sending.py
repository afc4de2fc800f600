"""What phones send after a time without signal: each thing happens once, however often it comes."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.translation import gettext as _

from gongjian.casework.actions import Moved
from gongjian.casework.errors import RefusedError
from gongjian.casework.models import Case
from gongjian.documents.actions import store
from gongjian.documents.models import Document
from gongjian.domains.hotline.actions import handling
from gongjian.domains.hotline.actions.intake import Report, Reporter, is_told, register_request
from gongjian.domains.hotline.models import Sending
from gongjian.identity.actor import Actor

REPORT: Final = "report"
MOST_PHOTOS: Final = 5
KEY_SHORTEST, KEY_LONGEST = 16, 200
ANSWER_LIFE: Final = timedelta(days=30)

type Uploads = "Sequence[UploadedFile[bytes]]"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one thing; `answer` is empty where it came a second time so late that the answer is gone."""

    number: str
    answer: Mapping[str, Any]
    repeated: bool


class KeyUsedError(Exception):
    """Other words were sent under this key before: what they became is not told, and these are not sent."""


def once(
    *, key: str, act: str, words: bytes, run: Callable[[], tuple[int, str, Mapping[str, Any]]], at: datetime
) -> Sent:
    """Let something happen once for a key: `run` gives id and number of the case and the answer.

    `words` is the digest of what is sent. Key, act, digest and answer stand in one transaction; a second request with
    the key waits for the first and gets its answer where it says the same. What `run` raises passes through, and
    nothing has happened. Raises KeyUsedError for other words, RefusedError for a key that is none.
    """
    if not KEY_SHORTEST <= len(key) <= KEY_LONGEST:
        raise RefusedError("key", _("写 16 到 200 个字符，每件事一个新的，例如 UUID。"))
    digest = sha256(key.encode()).digest()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], signed=True)])
        known = Sending.objects.select_related("case").filter(key=digest).first()
        if known is not None and known.words is not None and bytes(known.words) != words:
            raise KeyUsedError
        if known is not None:
            return Sent(known.case.number, json.loads(known.answer.open()) if known.answer else {}, repeated=True)
        case_id, number, answer = run()
        kept = json.dumps(dict(answer))
        Sending.objects.create(key=digest, case_id=case_id, act=act, words=words, answer=kept, sent_at=at)
    return Sent(number, answer, repeated=False)


def send_report(*, key: str, report: Report, uploads: Uploads, actor: Actor, at: datetime) -> Sent:
    """Open a case from what a phone had written down, photos included: all of it or nothing, once for each key.

    Errors: those of `register_request` and `once`, and Refused for a photo that is none.
    """

    def run() -> tuple[int, str, Mapping[str, Any]]:
        documents = _photos(uploads, actor, at)
        opened = register_request(report=replace(report, documents=documents), actor=actor, at=at)
        due = opened.due_at.isoformat() if opened.due_at else ""
        left = report.reporter.phone or report.reporter.email
        unheard = "1" if left and not is_told(opened.id) else ""
        said = {"number": opened.number, "receipt": opened.receipt, "due_at": due, "unheard": unheard}
        return opened.id, opened.number, said

    return once(key=key, act=REPORT, words=words_of_report(report, len(uploads)), run=run, at=at)


def words_of_report(report: Report, files: int) -> bytes:
    """Return the digest of a report as its writer put it, whichever way it came; of files only how many."""
    told = [_person(who) for who in (report.reporter, report.on_behalf_of or Reporter())]
    place = [report.address, report.lon, report.lat, report.community_id]
    facts = [report.kind, report.description, report.topic_id, *place, *told, files]
    answers = sorted((code, list(values)) for code, values in (report.answers or {}).items())
    return _digest([*facts, answers] if answers else facts)


def _person(who: Reporter) -> list[Any]:
    return [who.name, who.phone, who.email, who.consent_contact]


def _digest(facts: Sequence[Any]) -> bytes:
    return sha256(json.dumps(list(facts), ensure_ascii=False).encode()).digest()


def send_act(
    *, key: str, case: Case, act: str, data: Mapping[str, Any], uploads: Uploads, actor: Actor, at: datetime
) -> Sent:
    """Do what somebody had noted in the field: sign, start, contact, or a note with photos; once for each key.

    `case` carries the version it was read at. Errors: those of the act and of `once`; nothing is written then.
    """

    def run() -> tuple[int, str, Mapping[str, Any]]:
        moved = _do(case, act, data, uploads, actor, at)
        return case.pk, case.number, {"number": case.number, "version": moved.version, "state": moved.state}

    said = sorted((name, str(value)) for name, value in data.items() if name != "version")
    return once(key=key, act=act, words=_digest([act, case.pk, said, len(uploads)]), run=run, at=at)


def forget_answers(*, at: datetime) -> int:
    """Empty the answers that are thirty days old, receipt codes among them; return how many."""
    old = Sending.objects.filter(sent_at__lt=at - ANSWER_LIFE, answer__isnull=False)
    return old.update(answer=None)


def _do(case: Case, act: str, data: Mapping[str, Any], uploads: Uploads, actor: Actor, at: datetime) -> Moved:
    if act == "sign":
        return handling.sign(case=case, actor=actor, at=at)
    if act == "start":
        return handling.start(case=case, actor=actor, at=at)
    if act == "contact":
        return handling.log_contact(case=case, reached=data["reached"], remark=data["remark"], actor=actor, at=at)
    documents = _photos(uploads, actor, at)
    return handling.note(case=case, text=data["text"], documents=documents, actor=actor, at=at)


def _photos(uploads: Uploads, actor: Actor, at: datetime) -> list[int]:
    if len(uploads) > MOST_PHOTOS:
        raise RefusedError("photos", _("最多 %(most)s 张，多出的没有加进来。") % {"most": MOST_PHOTOS})
    return [store(upload=upload, kind=Document.Kind.PHOTO, actor=actor, at=at, field="photos").pk for upload in uploads]
