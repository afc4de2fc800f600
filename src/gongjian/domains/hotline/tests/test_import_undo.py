"""Taking an import back: what nobody speaks of goes, what anybody speaks of stays and says why, and nothing dies halfway."""

import json
import os
import random
import sys
import threading
from datetime import timedelta

import psycopg
import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from procrastinate.contrib.django.models import ProcrastinateJob

from gongjian.casework.models import Case, CaseClock, CaseEvent, CaseParty, CaseText
from gongjian.casework.sweeps import sweep_clocks
from gongjian.casework.tasks import tell_event
from gongjian.domains.hotline.actions import importing as acts
from gongjian.domains.hotline.actions.handling import supervise
from gongjian.domains.hotline.bulk.importing import Busy, Layout, check, run, running, undo, undoing, write
from gongjian.domains.hotline.bulk.importing.locks import BATCH, PROGRAM
from gongjian.domains.hotline.models import (
    ImportBatch,
    ImportChange,
    ImportedCase,
    ImportedClock,
    ImportKept,
    ReplyDraft,
    ServiceRequest,
)
from gongjian.domains.hotline.queries.importing import HOLDS, kept, may_undo, stuck
from gongjian.domains.hotline.tests.records import (
    OPEN,
    case_of,
    counts,
    district_tally,
    done,
    everything,
    file_of,
    take_back,
    take_in,
    undone,
)
from gongjian.httpapi.models import Delivery
from gongjian.identity.actor import SYSTEM
from gongjian.parties.models import Contact
from gongjian.project.cli import run as command
from gongjian.project.terminal import Refusal
from gongjian.sealing.fields import SealedTextField
from gongjian.testing.cases import make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.testing.killing import kill_at

pytestmark = pytest.mark.django_db
SUPERVISOR = "feng.zhengyi"
SOON = MONDAY_MORNING + timedelta(minutes=5)
# What goes with a case; a row of any other table that speaks of one of these keeps the case.
GOES = {
    "casework.Case", "casework.CaseParty", "casework.CaseEvent", "casework.EventText", "casework.CaseClock",
    "casework.ClockPause", "casework.CaseText", "hotline.AttributeAnswer", "parties.Contact", "hotline.ServiceRequest", "hotline.ImportedCase",
    "hotline.ImportKept",
}  # fmt: skip
SPOKEN_OF = (Case, CaseParty, CaseEvent, CaseClock, CaseText, Contact, ServiceRequest, ImportedCase)


def links():
    """Return every column of another table that can speak of something that goes with a case."""
    return [
        (model, field)
        for model in apps.get_models()
        if model._meta.managed
        for field in model._meta.concrete_fields
        if field.related_model in SPOKEN_OF
        and (model._meta.label not in GOES or (model, field.name) == (Case, "parent"))
    ]


LINKS = links()
NAMES = [f"{model._meta.db_table}.{field.name}" for model, field in LINKS]


@pytest.fixture(autouse=True)
def _at_hand(district):
    """Every test begins with the reference data and no case."""


def two(folder, program="old-12349"):
    return take_in(file_of(folder, done(), OPEN), program=program)


def of_case(case, model):
    """Return the row of a table that goes with a case."""
    if model is Case:
        return case
    if model is Contact:
        return case.parties.get().contact
    return model.objects.filter(case=case).order_by("pk").first()


def filled(model, **given):
    """Make a row of any table: what must be there is there, and means nothing."""
    for field in model._meta.concrete_fields:
        if field.name in given or (
            field.primary_key and not field.is_relation and not isinstance(field, models.BinaryField)
        ):
            continue
        if not (field.null or field.has_default() or field.has_db_default()) or field.name == "starts":
            given[field.name] = value_of(field)
    return model.objects.create(**given)


def value_of(field):
    if field.related_model is ImportBatch:
        return acts.begin(program="later", file_name="x.csv", mapping="", actor=SYSTEM, at=SOON)
    if field.related_model is ImportChange:
        return filled(ImportChange, case=make_request())
    if field.is_relation:
        return field.related_model.objects.order_by("pk").first() or filled(field.related_model)
    if field.choices:
        return field.choices[0][0]
    kinds = {
        SealedTextField: "x", ArrayField: [], models.BooleanField: False, models.DateTimeField: MONDAY_MORNING,
        models.JSONField: {}, models.BinaryField: bytes(16), models.FloatField: 1.0,
    }  # fmt: skip
    known = next((value for kind, value in kinds.items() if isinstance(field, kind)), None)
    return known if known is not None else 1 if isinstance(field, models.IntegerField) else "x"


def speak(model, field, case, **more):
    """Let a table speak of a case, or of what goes with it."""
    if model is Case:
        other = make_request()
        Case.objects.filter(pk=other.pk).update(parent=case)
        return other
    extra = {"ends": SOON} if "ends" in {f.name for f in model._meta.concrete_fields} else {}
    # What must be there beside it speaks of the same case.
    for one in model._meta.concrete_fields:
        if one == field or (one.related_model in SPOKEN_OF and not one.null):
            more[one.name] = of_case(case, one.related_model)
    return filled(model, **extra, **more)


def test_the_tables_that_can_hold_a_case_are_known_by_a_word():
    assert {name.partition(".")[0] for name in NAMES} <= set(HOLDS)


def numbered(model, pk):
    """Give a row an id, where its table has ids of its own."""
    return {"pk": pk} if isinstance(model._meta.pk, models.BigAutoField) and model is not Case else {}


@pytest.mark.parametrize("meets", ["no id", "its own", "the other's"])
@pytest.mark.parametrize(("model", "field"), LINKS, ids=NAMES)
def test_a_case_that_any_table_speaks_of_is_kept_and_the_others_go(tmp_path, model, field, meets):
    batch = two(tmp_path)
    held, other = case_of("A1"), case_of("A2")
    if field.related_model is CaseClock:
        held, other = other, held  # what is finished has none
    ids = {"no id": 10**9, "its own": of_case(held, field.related_model).pk, "the other's": other.pk}
    speak(model, field, held, **numbered(model, ids[meets]))
    take_back(batch, SOON)
    assert undone(batch) == (1, 0, 1)
    assert Case.objects.filter(pk=held.pk).exists()
    assert not Case.objects.filter(pk=other.pk).exists()
    assert ImportKept.objects.get().why == model._meta.db_table
    assert [(one.number, one.why) for one in kept(batch)] == [(held.number, str(HOLDS[model._meta.db_table]))]
    assert (held.parties.get().contact is None) == (field.related_model is CaseClock)
    assert may_undo(batch, SOON)


@pytest.mark.parametrize("meets", ["the case it is about", "an imported case"])
@pytest.mark.parametrize(("model", "field"), LINKS, ids=NAMES)
def test_an_imported_case_goes_whatever_stands_about_others(tmp_path, model, field, meets):
    batch, other = two(tmp_path), make_request()
    if not of_case(other, field.related_model):
        return  # only imported cases have one
    imported = case_of("A1" if field.related_model is Contact else "A2")  # nobody left a contact for the other one
    meant = other if meets == "the case it is about" else imported
    speak(model, field, other, **numbered(model, of_case(meant, field.related_model).pk))
    take_back(batch, SOON)
    assert undone(batch) == (2, 0, 0)
    assert not ImportedCase.objects.exists()
    assert Case.objects.filter(pk=other.pk).exists()


def by_staff(case):
    supervise(case=case, text="请先看现场", actor=actor(SUPERVISOR), at=MONDAY_MORNING)


def by_follower(case):
    filled(CaseParty, case=case, role="requester")


def by_receipt(case):
    CaseParty.objects.filter(case=case).update(receipt_index=bytes(16))


@pytest.mark.parametrize("touch", [by_staff, by_follower, by_receipt])
def test_a_case_with_people_at_it_is_kept_and_the_others_go(tmp_path, touch):
    batch = two(tmp_path)
    touch(case_of("A2"))
    take_back(batch, SOON)
    assert undone(batch) == (1, 0, 1)
    assert ImportKept.objects.get().why == "people"
    assert district_tally() == {"to_dispatch": 1}


def test_what_the_system_did_meanwhile_holds_nothing(tmp_path):
    batch = two(tmp_path)
    clock = case_of("A2").clocks.get()
    sweep_clocks(at=clock.due_at)
    event = CaseEvent.objects.filter(move="overdue").get()
    take_back(batch, SOON)
    assert (undone(batch), Case.objects.count()) == ((2, 0, 0), 0)
    assert tell_event(event.pk, at=SOON) == 0  # its job may come later


def test_programs_are_not_told_any_more_of_what_went(tmp_path):
    batch, other = two(tmp_path), make_request()
    facts = {"event_id": 1, "happened_at": MONDAY_MORNING, "next_try_at": MONDAY_MORNING, "created_at": MONDAY_MORNING}
    filled(Delivery, **facts, case_id=case_of("A1").pk)
    sent = filled(Delivery, **facts | {"event_id": 2}, case_id=case_of("A1").pk, state="sent")
    waits = filled(Delivery, **facts | {"event_id": 3}, case_id=other.pk)
    take_back(batch, SOON)
    assert set(Delivery.objects.values_list("pk", flat=True)) == {sent.pk, waits.pk}


def test_a_contact_that_another_case_shares_stays(tmp_path):
    batch, other = two(tmp_path), make_request()
    contact = case_of("A1").parties.get().contact
    other.parties.update(contact=contact)
    take_back(batch, SOON)
    assert (undone(batch), other.parties.get().contact) == ((2, 0, 0), contact)


def test_what_was_held_goes_by_a_second_try_and_the_counts_go_on(tmp_path):
    batch = two(tmp_path)
    draft = filled(ReplyDraft, case=case_of("A1"))
    take_back(batch, SOON)
    assert undone(batch) == (1, 0, 1)
    draft.delete()
    assert may_undo(batch, SOON)
    take_back(batch, SOON)
    assert (undone(batch), kept(batch), Case.objects.count()) == ((2, 0, 0), [], 0)
    assert not may_undo(batch, SOON)


def test_batches_that_built_on_each_other_are_taken_back_from_the_last(tmp_path):
    """The first is held by the later ones, and each later one by what came after it."""
    nothing = everything()
    first = take_in(file_of(tmp_path, OPEN))
    then = everything()
    second = take_in(file_of(tmp_path, OPEN.replace("油烟大", "油烟很大")), at=SOON)
    third = take_in(file_of(tmp_path, OPEN.replace("油烟大", "没有油烟")), at=SOON)
    for batch in (first, second):
        take_back(batch, SOON)
        assert undone(batch) == (0, 0, 1)
        assert "先撤销那一批" in kept(batch)[0].why
    assert case_of("A2").request.description == "楼下烧烤店没有油烟"
    take_back(third, SOON)
    assert case_of("A2").request.description == "楼下烧烤店油烟很大"
    take_back(second, SOON)
    assert everything() == then
    take_back(first, SOON)
    assert everything() == nothing
    assert [undone(batch) for batch in (first, second, third)] == [(1, 0, 0), (0, 1, 0), (0, 1, 0)]


@pytest.mark.parametrize("seed", range(6))
def test_counts_are_what_the_tables_say(tmp_path, seed):
    """New, changed, unchanged, worked on, held: whatever comes together, each count is a number of rows."""
    chance = random.Random(seed)
    lines = {n: f"C{n},在办,2026-11-01,,,,第{n}件,,,,,,甲某,138000060{n:02}" for n in range(12)}
    take_in(file_of(tmp_path, *(lines[n] for n in range(8))))
    for n in chance.sample(range(8), 2):
        by_staff(case_of(f"C{n}"))
    again = [line.replace("件,", "件变了,") if chance.random() < 0.5 else line for line in lines.values()]
    cases = Case.objects.count()
    batch = take_in(file_of(tmp_path, *again), at=SOON)
    assert sum(counts(batch)[1:]) == batch.read == 12
    assert batch.created == Case.objects.count() - cases == ImportedCase.objects.filter(batch=batch).count()
    assert batch.updated == ImportChange.objects.filter(batch=batch).count()
    assert batch.updated == ServiceRequest.objects.filter(description__contains="变了").count() - len(
        [n for n in range(8, 12) if "变了" in again[n]]
    )
    for n in chance.sample(range(12), 4):
        filled(ReplyDraft, case=case_of(f"C{n}")) if n % 2 else by_staff(case_of(f"C{n}"))
    before = Case.objects.count()
    take_back(batch, SOON)
    assert batch.removed == before - Case.objects.count()
    assert batch.restored == batch.updated - ImportChange.objects.filter(batch=batch).count()
    assert batch.kept == ImportKept.objects.filter(batch=batch).count() == len(kept(batch))
    assert batch.removed + batch.restored + batch.kept == batch.created + batch.updated
    assert district_tally() == {"to_dispatch": Case.objects.count()}


def test_somebody_who_writes_in_the_same_moment_is_seen_at_the_next_try(tmp_path, monkeypatch):
    batch, real, tries = two(tmp_path), undoing._remove, []

    def remove(batch, at):
        tries.append(at)
        if len(tries) == 1:
            raise IntegrityError("a row that nobody saw")
        return real(batch, at)

    monkeypatch.setattr(undoing, "_remove", remove)
    take_back(batch, SOON)
    assert (len(tries), undone(batch)) == (2, (2, 0, 0))


def test_a_change_that_an_older_version_wrote_beside_us_is_kept(tmp_path):
    take_in(file_of(tmp_path, OPEN))
    batch = take_in(file_of(tmp_path, OPEN.replace("油烟大", "油烟很大")), at=SOON)
    ImportChange.objects.update(opened_at=None)
    take_back(batch, SOON)
    assert (undone(batch), ImportKept.objects.get().why) == ((0, 0, 1), "unknown")


def test_what_an_older_version_remembered_is_filled_in(tmp_path):
    """Its columns stay as they are now; clocks that the closing stopped run again."""
    take_in(file_of(tmp_path, OPEN))
    before = everything()
    batch = take_in(file_of(tmp_path, "A2,已办结,2026-11-01,2026-11-20,,,楼下烧烤店油烟大,已整改,,,,,,"), at=SOON)
    ImportChange.objects.update(opened_at=None, channel="", outcome="")
    ImportedClock.objects.all().delete()
    migration = MigrationLoader(connection).disk_migrations["hotline", "0012_import_undo_again"]
    with connection.cursor() as cursor:
        for filling in migration.operations[1:]:
            cursor.execute(filling.sql)
    take_back(batch, SOON)
    assert undone(batch) == (0, 1, 0)
    assert everything() == before


# Two at once, and the middle of it.


@pytest.fixture
def elsewhere():
    """Another program's connection to the same database."""
    facts = connection.get_connection_params()
    with psycopg.connect(**{k: facts[k] for k in ("dbname", "user", "host", "port") if k in facts}) as other:
        yield other


@pytest.mark.django_db(transaction=True)
def test_a_batch_at_work_elsewhere_is_left_to_it(tmp_path, elsewhere, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", SOON.isoformat())
    batch = two(tmp_path)
    elsewhere.execute("select pg_advisory_lock(%s::int, %s::int)", [BATCH, batch.pk])
    ImportBatch.objects.update(state="undoing")
    run(batch.pk, at=SOON)  # a job that was handed out twice
    batch.refresh_from_db()
    assert (batch.state, batch.trouble, Case.objects.count()) == ("undoing", "", 2)
    with pytest.raises(Refusal, match="请等它完成"):
        command(["hotline", "import", "--undo", str(batch.pk)])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("undone_before", [False, True])
def test_an_undo_waits_for_an_import_of_the_same_program(tmp_path, elsewhere, undone_before):
    batch = two(tmp_path)
    if undone_before:
        filled(ReplyDraft, case=case_of("A1"))
        take_back(batch, SOON)
    elsewhere.execute("select pg_advisory_lock(%s::int, hashtext('old-12349'))", [PROGRAM])
    ImportBatch.objects.filter(pk=batch.pk).update(state="undoing")
    with pytest.raises(Busy):
        undo(batch, at=SOON)
    run(batch.pk, at=SOON)
    batch.refresh_from_db()
    assert batch.state == ("undone" if undone_before else "done")
    assert "同一来源的另一批" in batch.trouble
    assert may_undo(batch, SOON)
    other = two(tmp_path, program="another")
    take_back(other, SOON)
    assert undone(other) == (2, 0, 0)
    elsewhere.execute("select pg_advisory_unlock_all()")
    take_back(batch, SOON)
    assert (batch.trouble, batch.state) == ("", "undone")


def test_an_undo_that_comes_too_late_says_so(tmp_path):
    batch = two(tmp_path)
    ImportBatch.objects.update(state="undoing")
    run(batch.pk, at=MONDAY_MORNING + timedelta(hours=24))
    batch.refresh_from_db()
    assert (batch.state, Case.objects.count()) == ("done", 2)
    assert "24 小时" in batch.trouble


def test_what_was_kept_can_be_tried_again_for_the_whole_day(tmp_path):
    """Whoever sweeps leaves what it takes."""
    batch = two(tmp_path)
    filled(ReplyDraft, case=case_of("A1"))
    take_back(batch, SOON)
    ImportBatch.objects.update(created_at=MONDAY_MORNING - timedelta(hours=30))
    later = MONDAY_MORNING + timedelta(hours=20)
    assert acts.sweep(at=later) == 0
    ReplyDraft.objects.all().delete()
    take_back(batch, later)
    assert undone(batch) == (2, 0, 0)


@pytest.mark.parametrize("state", ["checking", "writing", "undoing"])
def test_a_step_that_was_given_up_is_taken_up_again(tmp_path, state):
    batch = two(tmp_path)
    ImportBatch.objects.update(state=state, finished_at=MONDAY_MORNING)
    batch.refresh_from_db()
    assert stuck(batch)
    assert acts.sweep(at=SOON) == 0
    job = ProcrastinateJob.objects.get(task_name="hotline.import")
    assert job.args == {"batch_id": batch.pk}
    assert not stuck(batch)
    acts.sweep(at=SOON)
    assert ProcrastinateJob.objects.filter(task_name="hotline.import").count() == 1


def test_a_command_goes_on_with_an_undo_that_was_given_up(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", SOON.isoformat())
    batch = two(tmp_path)
    ImportBatch.objects.update(state="undoing")
    assert command(["hotline", "import", "--undo", str(batch.pk), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == 2


def test_the_command_says_what_it_did_and_why_something_stays(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", SOON.isoformat())
    batch = two(tmp_path)
    number = case_of("A1").number
    filled(ReplyDraft, case=case_of("A1"))
    words = ["hotline", "import", "--undo", str(batch.pk)]
    assert command(words) == 0
    said = capsys.readouterr().out
    assert "删去 1 件，恢复原样 0 件，留下 1 件" in said
    assert f"{number}  有人正在写答复  somebody is writing an answer" in said
    assert f"--undo {batch.pk}" in said
    assert command([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "batch": batch.pk, "undone": True, "removed": 1, "restored": 0, "kept": [number],
        "why": {number: "有人正在写答复"},
    }  # fmt: skip
    ReplyDraft.objects.all().delete()
    assert command(words) == 0
    assert "24 小时内可以再试" not in capsys.readouterr().out
    with pytest.raises(Refusal, match="已经全部撤销"):
        command(words)


@pytest.mark.django_db(transaction=True)
def test_two_undos_at_once_take_it_back_once(tmp_path):
    batch, problems, start = two(tmp_path), [], threading.Barrier(2)
    ImportBatch.objects.update(state="undoing")

    def take():
        try:
            start.wait(timeout=60)
            undo(ImportBatch.objects.get(pk=batch.pk), at=SOON)
        except Busy:
            pass
        except Exception as error:  # noqa: BLE001 - told below
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    batch.refresh_from_db()
    assert problems == []
    assert (batch.state, undone(batch), Case.objects.count()) == ("undone", (2, 0, 0), 0)


@pytest.mark.django_db(transaction=True)
def test_an_undo_during_an_import_that_changes_the_same_cases_loses_nothing(tmp_path):
    first = two(tmp_path)
    ImportBatch.objects.update(state="undoing")
    second = acts.begin(program="old-12349", file_name="b.csv", mapping="", actor=SYSTEM, at=SOON)
    path = file_of(tmp_path, OPEN.replace("油烟大", "油烟很大"), name="b.csv")
    check(second, path, Layout(), at=SOON)
    told = []

    def take():
        try:
            undo(ImportBatch.objects.get(pk=first.pk), at=SOON)
        except Busy as busy:
            told.append(busy)
        finally:
            connection.close()

    with transaction.atomic():
        write(second, path, Layout(), at=SOON)
        thread = threading.Thread(target=take)
        thread.start()
        thread.join(timeout=60)
    assert len(told) == 1
    assert (second.updated, Case.objects.count()) == (1, 2)
    undo(first, at=SOON)
    assert undone(first) == (1, 0, 1)
    assert "先撤销那一批" in kept(first)[0].why


# Killed: everything or nothing, and again from the start.

CHILD = """
import sys, django
django.setup()
from pathlib import Path
from django.db import connections
from gongjian.domains.hotline.bulk.importing import running
from gongjian.project.cli import run as command
from gongjian.workdays.clock import now
connections["default"].settings_dict["NAME"] = sys.argv[1]
running.source_of = lambda batch: Path(sys.argv[2])
running.run(int(sys.argv[4]), at=now()) if sys.argv[3] == "job" else command(sys.argv[3:])
"""


def killed(path, words):
    """Start a process and kill it when it comes to the events of the cases it brings or takes away."""
    command = [sys.executable, "-c", CHILD, connection.settings_dict["NAME"], str(path), *words]
    kill_at("casework_caseevent", command, os.environ | {"GONGJIAN_CLOCK": SOON.isoformat()})


@pytest.mark.parametrize("by", ["command", "job"])
@pytest.mark.django_db(transaction=True)
def test_an_undo_killed_in_the_middle_has_done_nothing_and_is_done_again(tmp_path, by):
    lines = [f"K{n},已办结,2025-05-01,2025-05-02,,,第{n}件,,,,,,," for n in range(8_000)]
    take_in(file_of(tmp_path, lines[0].replace("第0件", "别的"), name="first.csv"))
    path = file_of(tmp_path, *lines)
    batch = take_in(path)
    rows = everything()
    if by == "job":
        ImportBatch.objects.filter(pk=batch.pk).update(state="undoing")
    words = ["job", str(batch.pk)] if by == "job" else ["hotline", "import", "--undo", str(batch.pk)]
    killed(path, words)
    batch.refresh_from_db()
    assert (batch.state, undone(batch)) == ("undoing" if by == "job" else "done", (0, 0, 0))
    assert everything() == rows
    take_back(batch, SOON)
    assert (undone(batch), Case.objects.count()) == ((7_999, 1, 0), 1)


@pytest.mark.django_db(transaction=True)
def test_a_job_killed_while_it_writes_has_done_nothing_and_is_done_again(tmp_path, monkeypatch):
    path = file_of(tmp_path, *(f"K{n},已办结,2025-05-01,2025-05-02,,,第{n}件,,,,,,," for n in range(8_000)))
    batch = acts.begin(program="killed", file_name="k.csv", mapping=Layout().to_toml(), actor=SYSTEM, at=SOON)
    check(batch, path, Layout(), at=SOON)
    batch.state = "writing"
    batch.save()
    killed(path, ["job", str(batch.pk)])
    batch.refresh_from_db()
    assert (batch.state, Case.objects.count(), stuck(batch)) == ("writing", 0, True)
    monkeypatch.setattr(running, "source_of", lambda _: path)
    run(batch.pk, at=SOON)
    batch.refresh_from_db()
    assert (batch.state, batch.created, Case.objects.count()) == ("done", 8_000, 8_000)
