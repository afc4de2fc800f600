"""Wordings that answers begin with: those offered for a case, and those somebody keeps."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, IntegerField, OuterRef, Q, Value, When

from gongjian.domains.hotline.models import ReplyTemplate, ReplyWording
from gongjian.domains.hotline.queries.found import first_of


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording with the text that holds on a day; empty where its first version is still to come."""

    id: int
    name: str
    unit_id: int | None
    topic_id: int | None
    used: int
    text_zh: str
    text_en: str
    valid_from: date | None


def offered(*, unit_id: int | None, topic_id: int | None, day: date, most: int = 60) -> list[Wording]:
    """Return the wordings a unit may begin an answer with: those of the topic first, then by use. One statement."""
    rows = ReplyTemplate.objects.filter(Q(unit=None) | Q(unit=unit_id), retired_at=None)
    rows = rows.annotate(
        text=_text_of(day),
        fits=Case(When(topic=topic_id or 0, then=Value(0)), default=Value(1), output_field=IntegerField()),
    )
    found = [_wording(row) for row in rows.order_by("fits", "-used", "name")[:most]]
    return [one for one in found if one.valid_from is not None]


def kept_by(*, units: Collection[int], shared: bool, day: date) -> list[Wording]:
    """Return the wordings of these units, and with `shared` those for everybody, in order of name. One statement."""
    mine = Q(unit__in=list(units)) | Q(unit=None) if shared else Q(unit__in=list(units))
    rows = ReplyTemplate.objects.filter(mine, retired_at=None).annotate(text=_text_of(day))
    return [_wording(row) for row in rows.order_by("unit", "name")]


def template_of(template_id: int) -> ReplyTemplate | None:
    return ReplyTemplate.objects.filter(pk=template_id, retired_at=None).first()


def versions(template_id: int) -> list[ReplyWording]:
    """Return every version of a wording, the newest first."""
    return list(ReplyWording.objects.filter(template=template_id).select_related("written_by").order_by("-valid_from"))


def _text_of(day: date) -> Any:
    rows = ReplyWording.objects.filter(template=OuterRef("pk"), valid_from__lte=day).order_by("-valid_from")
    return first_of(rows, "text_zh", "text_en", "valid_from")


def _wording(row: Any) -> Wording:
    text = row.text or {}
    begins = text.get("valid_from")
    return Wording(
        id=row.pk,
        name=row.name,
        unit_id=row.unit_id,
        topic_id=row.topic_id,
        used=row.used,
        text_zh=text.get("text_zh") or "",
        text_en=text.get("text_en") or "",
        valid_from=date.fromisoformat(begins) if begins else None,
    )
