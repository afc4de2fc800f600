"""A loaded case has the rows an acted one has."""

from functools import partial
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.forms.models import model_to_dict
from psycopg.errors import UniqueViolation

from gongjian.audit.models import TableVersion
from gongjian.casework.models import Case, CaseClock, CaseEvent, CaseParty, ClockPause, EventText, Tally
from gongjian.casework.queries import standings
from gongjian.casework.sweeps import sweep_clocks
from gongjian.domains.hotline import bulk
from gongjian.domains.hotline.bulk import together
from gongjian.domains.hotline.bulk.loading import Sending
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.domains.hotline.queries import catalogue
from gongjian.domains.hotline.workflow import KINDS
from gongjian.parties.actions import contact_row
from gongjian.testing.cases import BEFORE, bring_to, make_request

pytestmark = pytest.mark.django_db

# The columns that a domain's action writes beside the move are told by the record, not replayed.
DETAIL = [f.attname for f in ServiceRequest._meta.concrete_fields if f.attname != "case_id"]


def told(case: Case) -> bulk.Record:
    """Tell an acted case as a record: what an import would know of it."""
    steps = []
    for event in case.events.order_by("pk").prefetch_related("texts"):
        said = {t.public: t.body for t in event.texts.all()}
        clock = next(
            (
                c
                for c in case.clocks.all()
                if event.move in {"remind", "overdue", "survey_over", "wait_over"} and c.step
            ),
            None,
        )
        steps.append(
            bulk.Step(
                move=event.move,
                at=event.at,
                actor_kind=event.actor_kind,
                actor_id=event.actor_id,
                unit_id=event.unit_id,
                channel=event.channel,
                by_party=event.party_id is not None,
                public_text=said.get(True, ""),
                internal_text=said.get(False, ""),
                holder_unit_id=event.to_unit_id if event.to_unit_id != event.from_unit_id else bulk.KEEP,
                holder_id=_holder(event),
                limits={"answer": case.clocks.get(name="answer").limit_key} if event.move == "dispatch" else {},
                shares=list(case.shares.values_list("unit_id", flat=True)) if event.move == "dispatch" else (),
                reminder_of=clock.name if clock else "",
                breach=bool(clock and clock.breached_at == event.at),
            )
        )
    request, party = case.request, case.parties.get()
    topic = catalogue(case.opened_at).topics[case.topic_id]
    contact = contact_row(name="刘晓梅", phone="13800006021", email="", language="zh-hans", at=case.opened_at)
    return bulk.Record(
        kind=case.kind, title=case.title, description=request.description, topic_id=case.topic_id,
        topic_words=topic.name_zh, channel=case.channel, urgency=case.urgency, confidentiality=case.confidentiality,
        address=request.address, lon=request.lon, lat=request.lat, community_id=case.community_id, cell=case.cell,
        language=party.language, contact=bulk.sealed(contact), person_id=None, consent_contact=party.consent_contact,
        notify=party.notify, steps=steps, receipt_index=bytes(party.receipt_index),
        detail={name: getattr(request, name) for name in DETAIL},
    )  # fmt: skip


def _holder(event: CaseEvent) -> int | None:
    if event.move in {"start", "take", "submit"}:
        return event.actor_id
    return None if event.move in {"dispatch", "return", "backstop"} else bulk.KEEP


def rows_of(case: Case) -> dict[str, object]:
    """Everything the database holds of a case, without ids, salts and the number."""
    leave = {"id", "case", "number", "version_id", "contact", "party", "event", "clock", "digest", "salt", "written_at"}

    def plain(row: object) -> dict[str, object]:
        names = [f.name for f in row._meta.concrete_fields if f.name not in leave]
        return {
            n: bytes(v) if isinstance(v := getattr(row, f"{n}_id", getattr(row, n)), memoryview) else v for n in names
        }

    with connection.cursor() as cursor:
        cursor.execute("select grams::text from casework_casetext where case_id = %s", [case.pk])
        grams = cursor.fetchone()[0]
    return {
        "case": plain(case),
        "request": plain(case.request),
        "party": [plain(p) for p in CaseParty.objects.filter(case=case).order_by("pk")],
        "masks": [
            model_to_dict(p.contact, ["mask_name", "mask_phone", "language"]) for p in case.parties.all() if p.contact
        ],
        "opened": [(p.contact.name.open(), p.contact.phone.open()) for p in case.parties.all() if p.contact],
        "clocks": [plain(c) for c in CaseClock.objects.filter(case=case).order_by("pk")],
        "pauses": [plain(p) for p in ClockPause.objects.filter(clock__case=case).order_by("pk")],
        "events": [plain(e) for e in CaseEvent.objects.filter(case=case).order_by("pk")],
        "texts": [(t.public, t.body) for t in EventText.objects.filter(event__case=case).order_by("event", "-public")],
        "shares": sorted(case.shares.values_list("unit_id", flat=True)),
        "grams": grams,
    }


@pytest.mark.parametrize("state", [*BEFORE])
def test_a_loaded_case_has_the_rows_of_an_acted_one(district, state):
    acted = make_request(state=state)
    assert bulk.load([told(acted)]) == 1
    loaded = Case.objects.exclude(pk=acted.pk).get()
    assert loaded.number[:8] == acted.number[:8]
    assert loaded.number != acted.number
    assert rows_of(loaded) == rows_of(acted)


def test_reminders_and_breaches_are_replayed_as_the_sweep_writes_them(district):
    case = make_request(state="dispatched")
    clock = case.clocks.get(name="sign")
    while sweep_clocks(at=clock.due_at):
        pass
    case.refresh_from_db()
    assert bulk.load([told(case)]) == 1
    assert rows_of(Case.objects.exclude(pk=case.pk).get()) == rows_of(case)


def test_new_cases_are_numbered_behind_the_loaded_ones(district):
    record = told(make_request())
    bulk.load([record] * 30)
    numbers = list(Case.objects.order_by("pk").values_list("number", flat=True))
    assert len(set(numbers)) == 31
    assert make_request().number > max(numbers)


def test_the_tally_counts_what_was_loaded(district):
    record = told(make_request(state="closed"))
    bulk.load([record] * 3)
    assert {r["state"]: r["n"] for r in standings(kinds=KINDS, by=["state"], open_only=False)} == {"closed": 4}
    assert Tally.objects.filter(n__lte=0).count() == 0


def test_a_load_that_breaks_leaves_nothing(district):
    record = told(make_request())

    def records():
        yield record
        raise RuntimeError("the file ended in the middle")

    with pytest.raises(RuntimeError):
        bulk.load(records())
    assert Case.objects.count() == 1


def test_a_column_that_a_request_does_not_have_is_refused(district):
    record = told(make_request())
    with pytest.raises(KeyError, match="color"):
        bulk.load([record._replace(detail={**record.detail, "color": "red"})])


def test_history_without_clocks_has_none_and_no_deadlines(district):
    case = make_request(state="dispatched")
    while sweep_clocks(at=case.clocks.get(name="sign").due_at):
        pass
    bulk.load([told(case)._replace(with_clocks=False)])
    loaded = Case.objects.exclude(pk=case.pk).get()
    assert loaded.due_at is None
    assert not loaded.clocks.exists()
    assert loaded.events.count() == case.events.count()


def _told_in_parts(record, part, parts):
    return [record] * len(range(part, 7, parts))


def definitions():
    with connection.cursor() as cursor:
        cursor.execute("select indexname, indexdef from pg_indexes where schemaname = 'public'")
        indexes = set(cursor.fetchall())
        cursor.execute("select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint")
        return indexes, set(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_processes_load_together_what_each_of_them_tells(district):
    record, before, seen = told(make_request(state="closed")), definitions(), []
    tell = partial(_told_in_parts, record)
    assert bulk.load_together(tell, tellers=2, progress=seen.append) == 7
    assert seen[-1] == 7
    first, *loaded = Case.objects.order_by("pk")
    assert len({case.number for case in loaded}) == 7
    assert all(rows_of(case) == rows_of(first) for case in loaded)
    assert definitions() == before
    assert {r["state"]: r["n"] for r in standings(kinds=KINDS, by=["state"], open_only=False)} == {"closed": 8}


def _told_by_halves(record, part, _parts):
    yield record
    if part:
        raise RuntimeError("this half is lost")


@pytest.mark.django_db(transaction=True)
def test_where_one_process_fails_nothing_is_loaded(district, monkeypatch):
    monkeypatch.setattr(together, "PATIENCE", 0.1)
    record, before = told(make_request()), definitions()
    with pytest.raises(RuntimeError, match="nothing was loaded"):
        bulk.load_together(partial(_told_by_halves, record), tellers=2)
    assert Case.objects.count() == 1
    assert definitions() == before


def test_signs_that_mean_something_to_copy_arrive_as_they_were(district):
    odd = "行一\n行二\t制表\\N 反斜杠 \\. 结束\r"
    record = told(make_request(description=odd.strip()))
    bulk.load([record])
    assert len(set(ServiceRequest.objects.values_list("description", flat=True))) == 1


def test_bring_to_covers_every_state_of_the_table():
    assert set(BEFORE) == {s.name for s in KINDS[0].states}
    assert bring_to


def versions(*names):
    lines = "".join(f"{name}\t{UUID(int=len(name))}\n" for name in names).encode()
    return [("audit.TableVersion", ("name", "version"), lines)]


def sent():
    return TableVersion.objects.filter(name__startswith="sent.").count()


def test_rows_are_sent_while_the_next_are_made_and_read_only_when_they_are_in():
    with Sending.begun() as sending:
        for n in range(10):
            sending.send(versions(f"sent.{n}", f"sent.{n}b"))
            assert sent() == 2 * (n + 1)
        sending.send(versions("sent.last"))
    assert sent() == 21


def sending_twice_the_same(then):
    with transaction.atomic(), Sending.begun() as sending:
        sending.send(versions("sent.one", "sent.one"))
        then()


@pytest.mark.parametrize("then", [sent, lambda: None])
def test_rows_that_do_not_fit_are_told_at_the_next_word_with_the_database_or_at_the_end(then):
    with pytest.raises(UniqueViolation):
        sending_twice_the_same(then)
    assert not sent()


def test_what_goes_wrong_while_rows_are_made_takes_back_those_under_way():
    def makes_rows():
        with transaction.atomic(), Sending.begun() as sending:
            sending.send(versions("sent.one"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        makes_rows()
    assert not sent()
