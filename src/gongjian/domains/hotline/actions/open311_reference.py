"""Which topics programs may use and what they are asked: the shipped rows, and the changes an administrator makes."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from gongjian.casework.models import Topic
from gongjian.domains.hotline.models import OpenService, ServiceAttribute
from gongjian.domains.hotline.queries.open311 import forget_offer

DATA: Final = Path(__file__).parents[1] / "data" / "open311.toml"
DOMAIN: Final = "hotline"


@transaction.atomic
def load_reference(*, at: datetime) -> None:
    """Insert the settings and questions of topics that are missing; what is there stays as it is.

    Any number of times: the second load changes nothing. Errors: KeyError for a topic that does not exist.
    """
    with DATA.open("rb") as file:
        shipped = tomllib.load(file)
    topics = dict(Topic.objects.filter(domain=DOMAIN).values_list("code", "pk"))
    for entry in shipped["service"]:
        OpenService.objects.get_or_create(topic_id=topics[entry["topic"]], defaults=_service(entry, at))
    known = set(ServiceAttribute.objects.values_list("topic", "code"))
    places: dict[int, int] = {}
    for entry in shipped["attribute"]:
        topic = topics[entry["topic"]]
        places[topic] = places.get(topic, 0) + 1
        if (topic, entry["code"]) not in known:
            _insert(topic, entry, places[topic], shipped["since"], at)
    forget_offer()
    transaction.on_commit(forget_offer)


def _service(entry: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "offered": entry.get("offered", True),
        "looked_at_first": entry.get("first", False),
        "description_zh": entry.get("description_zh", ""),
        "description_en": entry.get("description_en", ""),
        "keywords": entry.get("keywords", ""),
        "changed_at": at,
    }


def _insert(topic: int, entry: Mapping[str, Any], order: int, since: date, at: datetime) -> None:
    ServiceAttribute.objects.create(
        topic_id=topic,
        code=entry["code"],
        datatype=entry["datatype"],
        required=entry.get("required", False),
        variable=entry.get("variable", True),
        order=order,
        ask_zh=entry["ask_zh"],
        ask_en=entry["ask_en"],
        hint_zh=entry.get("hint_zh", ""),
        hint_en=entry.get("hint_en", ""),
        options="\n".join(entry.get("options", ())),
        valid=DateRange(since, None),
        changed_at=at,
    )
