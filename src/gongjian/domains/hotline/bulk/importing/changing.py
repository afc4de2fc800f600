"""A record that has come again and says something else: the case follows, as long as no person has worked on it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection

from gongjian.casework import words
from gongjian.casework.actions import Change, move
from gongjian.casework.kinds import kind_of
from gongjian.casework.limits import book
from gongjian.casework.models import Case, CaseClock
from gongjian.domains.hotline.bulk.importing.answers import Answers, answers_now, replace_answers
from gongjian.domains.hotline.bulk.importing.facts import Place, facts, facts_now, of
from gongjian.domains.hotline.bulk.importing.reading import Entry
from gongjian.domains.hotline.models import ImportBatch, ImportChange, ImportedCase, ImportedClock, ServiceRequest
from gongjian.domains.hotline.queries import catalogue
from gongjian.identity.actor import SYSTEM
from gongjian.identity.queries import units
from gongjian.workdays.queries import calendar

CLOSING, CHANGING = "source_closed", "source_changed"
MADE_CONFIDENTIAL: Final = "改为保密"
# What a move writes itself; the rest of the case's columns follow it.
MOVED: Final = ("title", "topic_id", "community_id", "urgency", "holder_unit_id")


CLOCK: Final = ("due_at", "breached_at", "step", "next_step_at")  # what an import changes of a clock


@dataclass(frozen=True)
class Step:
    """The move by which a case takes over columns, and what it does beside them."""

    name: str
    public_text: str = ""
    internal_text: str = ""
    target: str | None = None
    restarts: Sequence[CaseClock] = ()
    dues: Mapping[str, datetime] = field(default_factory=dict)


def change(
    imported: ImportedCase, entry: Entry, *, batch: ImportBatch, digest: bytes, place: Place, at: datetime
) -> bool:
    """Let a case follow its row and remember what it was; return False where it says so already.

    One that is finished there is closed here. Kind and contact data stay as they came the first time.
    """
    before = facts_now(imported)
    after = facts(entry, place, confidentiality=before["confidentiality"])
    answers = _other_answers(imported, entry)
    if all(before[column] == value for column, value in after.items()) and answers is None:
        ImportedCase.objects.filter(pk=imported.pk).update(digest=digest)
        return False
    ran = list(CaseClock.objects.filter(case=imported.case_id, stopped_at=None).order_by("pk"))
    remember(imported, before, ran, batch)
    closes = entry.closed and before["closed_at"] is None
    told = source_words(batch.program, entry)
    step = Step(
        name=CLOSING if closes else CHANGING,
        public_text=after["reply"] if closes else "",
        internal_text=f"{before['original_status']} → {entry.original_status}" if closes else told,
        dues={} if closes or after["urgency"] <= before["urgency"] else sooner(ran, after["urgency"], at),
    )
    # A record of a program whose clock is ahead began after this moment, and cannot end before.
    moment = max(at, before["opened_at"], after["opened_at"])
    put(imported, after, step, latest_id=batch.pk, digest=digest, at=moment)
    if answers is not None:
        replace_answers(imported.case_id, answers)
    return True


def _other_answers(imported: ImportedCase, entry: Entry) -> Answers | None:
    """Return the answers a case has to take over; None where the row says none, or those it has."""
    same = entry.answers is None or entry.answers == answers_now(imported.case_id)
    return None if same else entry.answers


def hide(imported: ImportedCase, *, batch: ImportBatch, at: datetime) -> None:
    """Let a case that people work on become confidential, as it is in its source now; nothing else follows."""
    case = imported.case
    remember(imported, facts_now(imported), (), batch)
    change = Change(internal_text=f"{batch.program} {case.request.external_number} {MADE_CONFIDENTIAL}")
    move(kind=kind_of(case.kind), case=case, name=CHANGING, change=change, actor=SYSTEM, at=at)
    Case.objects.filter(pk=case.pk).update(confidentiality=Case.Confidentiality.CONFIDENTIAL)
    ImportedCase.objects.filter(pk=case.pk).update(latest_id=batch.pk)


def source_words(program: str, entry: Entry) -> str:
    """Return what the history says of a record: its number there, its state, and where it lay while it was open."""
    unit = units().by_id.get(entry.unit_id) if entry.unit_id and not entry.closed else None
    told = f"{program} {entry.external_number}".strip()
    return f"{told}，状态：{entry.original_status}" + (f"，单位：{unit.short_zh}" if unit else "")


def sooner(ran: Sequence[CaseClock], urgency: int, at: datetime) -> dict[str, datetime]:
    """Return earlier ends for the clocks of a case that became urgent: the term counts from when we learned of it."""
    ends = {c: book().due(key=c.limit_key, urgency=urgency, at=at, calendar=calendar()).at for c in ran}
    return {clock.name: end for clock, end in ends.items() if end < clock.due_at and clock.paused_at is None}


def remember(imported: ImportedCase, before: Mapping[str, Any], ran: Sequence[CaseClock], batch: ImportBatch) -> None:
    """Write down what the case is now, for an undo; `ran` are the clocks that run."""
    made = ImportChange.objects.create(
        batch=batch, case_id=imported.case_id, latest_id=imported.latest_id, digest=bytes(imported.digest),
        answers=json.dumps(answers_now(imported.case_id), ensure_ascii=False), **before,
    )  # fmt: skip
    clocks = ({name: getattr(clock, name) for name in CLOCK} | {"clock": clock} for clock in ran)
    ImportedClock.objects.bulk_create(ImportedClock(change=made, **columns) for columns in clocks)


def put(
    imported: ImportedCase, columns: Mapping[str, Any], step: Step, *, latest_id: int, digest: bytes, at: datetime
) -> None:
    """Let a case take over columns by a move of the system: its rows, its clocks, its search vector, the tally."""
    case = imported.case
    mine = of(Case, columns)
    moved = move(
        kind=kind_of(case.kind),
        case=case,
        name=step.name,
        change=Change(
            public_text=step.public_text,
            internal_text=step.internal_text,
            detail=of(ServiceRequest, columns),
            restarts=step.restarts,
            dues=step.dues,
            **{column: mine[column] for column in MOVED},
        ),
        actor=SYSTEM,
        at=at,
        target=step.target,
    )
    # What a move does not know: when it began and ended there, and how it came.
    Case.objects.filter(pk=case.pk).update(**{c: v for c, v in mine.items() if c not in MOVED and c != "state"})
    reword(imported, columns, state=moved.state, at=at)
    ImportedCase.objects.filter(pk=case.pk).update(
        **of(ImportedCase, columns), latest_id=latest_id, digest=digest, version=moved.version
    )


def reword(imported: ImportedCase, columns: Mapping[str, Any], *, state: str, at: datetime) -> None:
    """Make the case's search vector anew."""
    case, topic_id = imported.case, columns["topic_id"]
    topic = catalogue(at).topics.get(topic_id) if topic_id else None
    texts = (columns["title"], columns["description"], columns["address"], topic.name_zh if topic else "")
    lexemes = words.facts(kind=kind_of(case.kind), state=state, unit=columns["holder_unit_id"], topic=topic_id)
    number = words.fold(case.request.external_number or "")
    with connection.cursor() as cursor:
        cursor.execute(
            "update casework_casetext set grams = %s::tsvector where case_id = %s",
            [words.literal([*map(words.cleaned, texts), number], lexemes), case.pk],
        )
