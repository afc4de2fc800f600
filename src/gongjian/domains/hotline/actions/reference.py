"""Loading the hotline's topics, catalogue, terms and words from the files in data/, and notices of the home page.

A load only inserts what is missing: administrators' changes win. Rows are known by what they speak of; where the
table already speaks of it, on whatever days, the file is silent. A shipped correction is a migration.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import models, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from gongjian.casework import limits
from gongjian.casework.models import Reminder, Term, Topic
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.models import (
    DispatchRule,
    EmergencyWord,
    EverydayWord,
    Notice,
    RejectReason,
    ServiceHours,
)
from gongjian.identity.models import Unit

DATA: Final = Path(__file__).parents[1] / "data"
DOMAIN: Final = "hotline"
DEFAULT_LIMIT: Final = "hotline.answer"
# Topics in front of this place are the tiles of the report page; the others stand by group.
TILES: Final = 100

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice of the home page, in both languages."""

    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    starts_at: datetime
    ends_at: datetime | None = None


@transaction.atomic
def load_reference(*, at: datetime) -> None:  # noqa: ARG001 - every room's loader is called alike
    """Insert the topics, dispatch rules, terms, reminders, reasons, words and hours that are missing.

    Any number of times: the second load changes nothing. Errors: KeyError where a rule names a unit that is missing.
    """
    catalogue = _read("topics")
    _load_topics(catalogue["group"])
    _load_rules(catalogue)
    _load_terms()
    _load_reminders()
    _load_reasons()
    _load_words()
    _load_everyday()
    _load_hours()
    _forget()
    transaction.on_commit(_forget)


@transaction.atomic
def publish_notices(*, notices: Iterable[NoticeText]) -> int:
    """Put notices on the home page and return how many are new; one with the same title and start is corrected."""
    fresh = 0
    for notice in notices:
        words = {"title_en": notice.title_en, "body_zh": notice.body_zh, "body_en": notice.body_en}
        _row, created = Notice.objects.update_or_create(
            title_zh=notice.title_zh, starts_at=notice.starts_at, defaults=words | {"ends_at": notice.ends_at}
        )
        fresh += created
    return fresh


def _forget() -> None:
    limits.forget()
    queries.forget()


def _read(name: str) -> dict[str, Any]:
    with (DATA / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def _load_topics(groups: Sequence[Row]) -> None:
    _insert(Topic, ("code",), [_topic(group, place * TILES) for place, group in enumerate(groups, 1)])
    parents = dict(Topic.objects.filter(domain=DOMAIN, parent=None).values_list("code", "pk"))
    leaves = [
        _topic(leaf, leaf.get("top", place * TILES + i), parents[group["code"]])
        for place, group in enumerate(groups, 1)
        for i, leaf in enumerate(group["topic"], 1)
    ]
    _insert(Topic, ("code",), leaves)


def _topic(entry: Row, order: int, parent_id: int | None = None) -> Row:
    names = {name: entry[name] for name in ("code", "name_zh", "name_en", "pinyin")}
    flags = {"active": entry.get("active", True), "restricted": entry.get("restricted", False)}
    return names | flags | {"domain": DOMAIN, "parent_id": parent_id, "order": order}


def _load_rules(catalogue: Mapping[str, Any]) -> None:
    topics = dict(Topic.objects.filter(domain=DOMAIN).values_list("code", "pk"))
    units = dict(Unit.objects.values_list("code", "pk"))
    rows = [
        {
            "topic_id": topics[leaf["code"]],
            "catalogue": leaf.get("edition", catalogue["edition"]),
            "clause": leaf["clause"],
            "lead_unit_id": units[leaf["lead"]],
            "assist_subdistrict": leaf.get("street") == "assist",
            "lead_subdistrict": leaf.get("street") == "lead",
            "limit_key": leaf.get("limit", DEFAULT_LIMIT),
            "reason_zh": leaf["reason_zh"],
            "reason_en": leaf["reason_en"],
            "valid": _valid(leaf, catalogue),
        }
        for group in catalogue["group"]
        for leaf in group["topic"]
    ]
    _insert(DispatchRule, ("topic_id",), rows)


def _load_terms() -> None:
    shipped = _read("terms")
    rows = [
        {
            "key": entry["key"],
            "urgency": urgency,
            **_amount(amount),
            "valid": _valid(entry, shipped),
            **_basis(entry),
        }
        for entry in shipped["term"]
        for urgency, amount in enumerate(entry["amounts"])
    ]
    _insert(Term, ("key", "urgency"), rows)


def _basis(entry: Row) -> Row:
    """Return what prescribes an amount, nothing where the district sets it itself, and what it was modelled on."""
    return {name: entry.get(name, "") for name in ("source", "modelled_on")}


def _load_reminders() -> None:
    shipped = _read("reminders")
    rows = [
        {
            "key": key,
            **step,
            "move": entry["move"],
            "valid": _valid(entry, shipped),
            **_basis(entry),
        }
        for entry in shipped["reminder"]
        for key in entry["keys"]
        for step in _steps(entry)
    ]
    _insert(Reminder, ("key", "when", "amount", "unit"), rows)


def _steps(entry: Row) -> Iterator[Row]:
    for share in entry.get("share", ()):
        yield {"when": Reminder.When.SHARE, "amount": share, "unit": ""}
    if "after" in entry:
        yield {"when": Reminder.When.AFTER, **_amount(entry["after"])}


def _amount(text: str) -> Row:
    number, unit = text.split()
    return {"amount": int(number), "unit": unit}


def _load_reasons() -> None:
    reasons = _read("reject_reasons")["reason"]
    _insert(RejectReason, ("code",), [{**reason, "order": place} for place, reason in enumerate(reasons, 1)])


def _load_words() -> None:
    groups = _read("emergency_words").values()
    rows = [{"word": word, "service": group["service"]} for group in groups for word in group["words"]]
    _insert(EmergencyWord, ("word",), rows)


def _load_everyday() -> None:
    topics = dict(Topic.objects.filter(domain=DOMAIN).values_list("code", "pk"))
    rows = [
        {"topic_id": topics[code], "word": word}
        for code, words in _read("everyday_words").items()
        if code in topics
        for word in words
    ]
    _insert(EverydayWord, ("topic_id", "word"), rows)


def _load_hours() -> None:
    shipped = _read("service_hours")
    columns = ("weekdays", "opens", "closes", "words_zh", "words_en")
    rows = [{name: entry[name] for name in columns} | {"valid": _valid(entry, shipped)} for entry in shipped["hours"]]
    _insert(ServiceHours, ("words_zh",), rows)


def _valid(entry: Mapping[str, Any], shipped: Mapping[str, Any]) -> DateRange:
    """Return the days a row is in force: from its own `since` or the file's, until its `until`, which is not in it."""
    return DateRange(entry.get("since", shipped["since"]), entry.get("until"))


def _insert(model: type[models.Model], identity: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert the rows that speak of something the table does not speak of: one read, one insert."""
    manager = model._default_manager
    known = set(manager.values_list(*identity))
    manager.bulk_create([model(**row) for row in rows if tuple(row[name] for name in identity) not in known])
