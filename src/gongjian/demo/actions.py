"""The demonstration district, loaded: the cast, the staff of every unit, notices, and a year of invented cases."""

import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files.base import File
from django.db import connection, transaction

from gongjian.casework.models import Case, CaseDocument
from gongjian.demo import people, pictures, world
from gongjian.demo.accounts import ensure_keys, password_of, quick_hash, require_demonstration
from gongjian.demo.stories import Row, stories
from gongjian.documents.actions import store
from gongjian.domains.hotline import bulk, queries
from gongjian.domains.hotline.actions import intake
from gongjian.domains.hotline.actions.intake import Report, Reporter
from gongjian.domains.hotline.actions.reference import NoticeText, publish_notices
from gongjian.domains.hotline.bulk import Record
from gongjian.domains.hotline.sweeps import count_figures
from gongjian.identity.actor import ANONYMOUS, Actor
from gongjian.identity.models import User
from gongjian.identity.queries import units
from gongjian.places.queries import find_addresses
from gongjian.testing.cases import again, bring_to
from gongjian.testing.cast import CAST, NEIGHBOURS, actor, load_cast
from gongjian.workdays.rules import local_day, moment_on

DATA: Final = Path(__file__).parent / "data"
SEED: Final = 20120724  # the day of the plan
CASES: Final = 3_000
# From so many cases on several processes tell them, briefly, and they are of three years instead of one.
MANY: Final = 20_000
A_YEAR, YEARS = 365, 3 * 365
TELLERS: Final = 2
COUNTED: Final = 120  # days of figures: the dashboard looks back twelve weeks
PROGRESS_EVERY: Final = 500

type Progress = Callable[[int], None]


def load_demonstration(*, at: datetime, cases: int = CASES, progress: Progress | None = None) -> None:
    """Fill an installation with the demonstration district as it would look at a moment, or what is missing of it.

    Accounts, keys and notices are made once; the cases come all together or not at all, so that a start that was
    broken off is made good by the next one. `progress` is told how many cases are loaded. Units, catalogue and places
    must be there. Raises NoDemonstrationError in a real installation.
    """
    require_demonstration()
    furnish(at=at)
    with transaction.atomic():
        if not Case.objects.exists():
            load_cases(count=cases, at=at, progress=progress)
        if not CaseDocument.objects.exists():
            load_fresh(at=at)


def loaded() -> bool:
    """Whether the cases are there, also those that come in with photographs: no others have any at first."""
    return Case.objects.exists() and CaseDocument.objects.exists()


def furnish(*, at: datetime) -> None:
    """Make accounts, keys and notices; a second run changes nothing."""
    load_cast(at=at, password=password_of, hasher=quick_hash, extras=people.staff(unit_codes(at)))
    ensure_keys(at=at)
    publish_notices(notices=_notices(at))


def load_cases(*, count: int, at: datetime, progress: Progress | None = None) -> int:
    """Load so many more invented cases and return how many; the same installation never gets the same ones twice.

    Raises NoDemonstrationError in a real installation.
    """
    require_demonstration()
    if not User.objects.filter(username=CAST[0].username).exists():
        furnish(at=at)
    row = told_row(at=at, seed=SEED + Case.objects.count(), count=count)
    owner = connection.settings_dict["USER"] != settings.APP_DB_ROLE
    if count >= MANY and owner and not connection.in_atomic_block:
        n = bulk.load_together(row.tell, tellers=TELLERS, progress=progress or _quiet)
    else:
        n = bulk.load(_told(row.tell(0, 1), progress or _quiet))
    today = local_day(at)
    count_figures(first=today - timedelta(days=COUNTED), last=today, at=at)
    return n


def told_row(*, at: datetime, seed: int, count: int) -> Row:
    """Return a row of cases to be told, brief ones of three years where they are many."""
    many = count >= MANY
    days = YEARS if many else A_YEAR
    return stories(
        world=world.build(at=at, seed=seed, cases=count, days=days), seed=seed, count=count, days=days, brief=many
    )


def unit_codes(at: datetime) -> set[str]:
    """Return the units that may get a case: those of the catalogue, the subdistrict offices and the backstop."""
    book = units()
    leads = {topic.lead_unit_id for topic in queries.catalogue(at).leaves}
    return {unit.code for unit in book if unit.id in leads or unit.kind == "subdistrict" or unit.backstop}


def load_fresh(*, at: datetime) -> int:
    """Let some cases with photographs come in by the actions themselves, in the last days and minutes."""
    told = _read("fresh")["case"]
    for number, entry in enumerate(told):
        opened = at - timedelta(minutes=entry["ago"])
        documents = [_photo(scene, number * 10 + i, opened) for i, scene in enumerate(entry["pictures"])]
        who = actor(entry["person"], at=opened) if "person" in entry else ANONYMOUS
        report = _report(entry, documents, who, opened)
        case = again(intake.register_request(report=report, actor=who, at=opened).id)
        bring_to(case, entry["state"], at=opened)
    return len(told)


def _photo(scene: str, number: int, at: datetime) -> int:
    upload: File[bytes] = File(BytesIO(pictures.picture(scene, number)), name=f"{scene}-{number}.jpg")
    return store(upload=upload, kind="photo", actor=ANONYMOUS, at=at).pk


def _report(entry: dict[str, Any], documents: list[int], who: Actor, at: datetime) -> Report:
    place = next(iter(find_addresses(entry["place"], 1)), None)
    topic = queries.catalogue(at).by_code(entry["topic"])
    neighbour = next((n for n in NEIGHBOURS if n.username == who.username), None)
    return Report(
        kind=entry["kind"],
        title=entry["title"],
        description=entry["text"],
        topic_id=topic.id if topic else None,
        channel="web",
        language=neighbour.language if neighbour else "zh-hans",
        address=place.text if place else entry["place"],
        lon=place.lon if place else None,
        lat=place.lat if place else None,
        community_id=place.community_id if place else None,
        urgent=entry.get("urgent", False),
        documents=documents,
        reporter=Reporter(
            name=neighbour.name if neighbour else entry["name"],
            phone=neighbour.phone if neighbour else entry["phone"],
            consent_contact=True,
            person_id=who.person_id,
        ),
    )


def _notices(at: datetime) -> Iterator[NoticeText]:
    for entry in _read("notices")["notice"]:
        words = {name: entry[name] for name in ("title_zh", "title_en", "body_zh", "body_en")}
        morning = moment_on(local_day(at), time(8))
        starts = min(morning - timedelta(days=entry["ago"]), at)
        yield NoticeText(**words, starts_at=starts, ends_at=starts + timedelta(days=entry["lasts"]))


def _told(records: Iterable[Record], progress: Progress) -> Iterator[Record]:
    number = 0
    for number, record in enumerate(records, 1):
        yield record
        if number % PROGRESS_EVERY == 0:
            progress(number)
    progress(number)


def _quiet(_number: int) -> None:
    """Tell nobody."""


def _read(name: str) -> dict[str, Any]:
    with (DATA / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)
