"""The demonstration: every story is legal, nothing is due twice, and an installation that is real refuses it."""

import tomllib
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection
from django.test import override_settings

from gongjian.casework.kinds import STAYS, kind_of
from gongjian.casework.models import Case, CaseClock, CaseDocument, CaseEvent
from gongjian.casework.numbers import month_of
from gongjian.casework.sweeps import sweep_clocks
from gongjian.demo import actions, people, pictures, wording, world
from gongjian.demo.accounts import (
    KEY_SIGNS,
    NoDemonstrationError,
    accounts,
    ensure_keys,
    keys,
    overview,
    password_of,
    quick_hash,
)
from gongjian.demo.actions import DATA, furnish, load_cases, load_demonstration, loaded, told_row, unit_codes
from gongjian.demo.stories import stories
from gongjian.documents.models import Document
from gongjian.domains.hotline import queries, rules
from gongjian.domains.hotline.models import CallAttempt, Extension, Notice, Reply, Return, ServiceRequest
from gongjian.domains.hotline.sweeps import sweep_archive
from gongjian.figures.models import IndicatorValue
from gongjian.identity.models import Assignment, User
from gongjian.identity.queries import program_key
from gongjian.testing.cast import CAST, load_cast
from gongjian.testing.clock import MONDAY_MORNING, SATURDAY_NOON, later
from gongjian.workdays.rules import SHANGHAI

AT = later(MONDAY_MORNING, hours=1, minutes=48)
SEED = 7


@pytest.fixture
def staffed(district):
    load_cast(at=AT, extras=people.staff(unit_codes(AT)))


def built(at=AT, cases=400):
    return world.build(at=at, seed=SEED, cases=cases, days=365)


def told(at=AT, count=400, **more):
    return list(stories(world=built(at), seed=SEED, count=count, **more).tell(0, 1))


def states_of(record):
    kind, state = kind_of(record.kind), ""
    for step in record.steps:
        move = kind.move_of[step.move]
        yield state, move
        state = state if move.target == STAYS else move.target
    yield state, None


@pytest.mark.parametrize("brief", [False, True], ids=["rich", "brief"])
@pytest.mark.parametrize("at", [AT, SATURDAY_NOON, later(MONDAY_MORNING, hours=-7)], ids=["monday", "weekend", "night"])
def test_every_story_is_a_legal_path_in_the_order_of_time(staffed, at, brief):
    final = Counter()
    for record in told(at, brief=brief):
        for state, move in states_of(record):
            if move is not None:
                assert state in move.sources or not (state or move.sources), [s.move for s in record.steps]
        final[state] += 1
        moments = [step.at for step in record.steps]
        assert moments == sorted(moments)
        assert moments[-1] < at
        assert at - timedelta(days=366) < moments[0]
    assert set(final) == {s.name for s in kind_of("hotline.complaint").states}


@pytest.mark.parametrize("brief", [False, True], ids=["rich", "brief"])
def test_four_of_five_have_ended(staffed, brief):
    final = Counter(list(states_of(record))[-1][0] for record in told(count=2_000, brief=brief))
    ended = sum(final[s] for s in ("archived", "closed", "answered", "rejected"))
    assert 0.76 < ended / 2_000 < 0.86
    assert 0.10 < 1 - (ended + final["cancelled"]) / 2_000 < 0.2


def test_brief_stories_have_half_the_moves_and_as_many_late_answers(staffed):
    rich, brief = told(count=1_500), told(count=1_500, brief=True)
    moves = [sum(len(record.steps) for record in row) / 1_500 for row in (rich, brief)]
    assert moves[0] > 10
    assert moves[1] < 8.5
    late = [sum(any(s.breach and s.reminder_of == "answer" for s in r.steps) for r in row) for row in (rich, brief)]
    assert late[1] > late[0] / 3


def test_stories_are_the_same_every_time_and_in_order(staffed):
    one_world = built()
    first = list(stories(world=one_world, seed=SEED, count=150).tell(0, 1))
    again = list(stories(world=one_world, seed=SEED, count=150).tell(0, 1))
    assert first == again
    assert first != list(stories(world=one_world, seed=SEED + 1, count=150).tell(0, 1))
    opened = [record.steps[0].at for record in first]
    assert opened == sorted(opened)


def test_parts_told_apart_are_the_row(staffed):
    one_world = built()
    row = stories(world=one_world, seed=SEED, count=90)
    whole = list(row.tell(0, 1))
    parts = [list(row.tell(part, 3)) for part in range(3)]
    assert [record for row in zip(*parts, strict=True) for record in row] == whole
    assert len(list(told_row(at=AT, seed=SEED, count=90).tell(1, 3))) == 30


def test_no_two_neighbours_are_alike(staffed):
    records = told(count=1_000)
    assert all(a.description != b.description for a, b in pairwise(records))
    assert len({record.description for record in records}) > 900
    assert len({record.title for record in records}) > 600
    english = [record for record in records if record.language == "en"]
    assert 0.06 < len(english) / len(records) < 0.14
    assert all(record.description.isascii() or "'" in record.title for record in english)


def test_every_topic_has_a_voice(staffed):
    subjects = wording.subjects()
    assert set(subjects) == {topic.code for topic in queries.catalogue(AT).leaves}
    places = {spot.place for spot in world._spots()}
    for subject in subjects.values():
        assert set(subject.kinds) <= set("cehs")
        assert ("e" in subject.kinds) == bool(subject.ask), subject.code
        assert ("s" in subject.kinds) == bool(subject.idea), subject.code
        assert len(subject.ask) == len(subject.tell)
        assert bool(subject.source) == bool(subject.ask), subject.code
        assert subject.say
        assert all(told.endswith("。") and done.endswith("。") for _what, told, done in subject.say)
        assert set(subject.spots) <= places, subject.code
        assert "e" not in subject.kinds or {"ask", "tell"} <= set(subject.en)


def test_words_call_for_help_only_in_emergencies(staffed):
    words = queries.catalogue(AT).emergency
    for subject in wording.subjects().values():
        for text in (*(t for triple in subject.say for t in triple), *subject.idea, *subject.ask, *subject.en.values()):
            assert not rules.emergency_service(text, words), text
    for record in told(count=1_500):
        service = rules.emergency_service(f"{record.title} {record.description}", words)
        assert service == record.detail["emergency"], record.description
        assert (record.urgency == 2) == bool(service)


def test_people_are_synthetic(staffed):
    one_world = built()
    contacts = [r.contact for r in (*one_world.chinese, *one_world.english)]
    assert {contact["mask_phone"] for contact in contacts} == {"138 ********"}
    assert len({contact["phone_index"] for contact in contacts}) > 250
    extras = people.staff(unit_codes(AT))
    assert extras == people.staff(unit_codes(AT))
    assert not {m.username for m in extras} & {m.username for m in CAST}
    assert Assignment.objects.count() == len(CAST) + len(extras)


@pytest.mark.parametrize("many", [actions.MANY, 400], ids=["rich", "brief"])
def test_the_load_leaves_nothing_for_the_clocks_to_do(staffed, monkeypatch, settings, many):
    """Clocks, reminders and breaches of a loaded case are where the sweeps would have left them."""
    monkeypatch.setattr(actions, "MANY", many)
    settings.APP_DB_ROLE = connection.settings_dict["USER"]  # so that one process loads
    load_cases(count=400, at=AT)
    assert Case.objects.count() == 400
    last_sweep = AT - timedelta(seconds=62)
    assert sweep_clocks(at=last_sweep) == 0
    assert sweep_archive(at=last_sweep) == 0
    running = CaseClock.objects.filter(stopped_at=None, paused_at=None)
    assert not running.filter(due_at__lt=last_sweep, breached_at=None).exists()
    for breach in CaseClock.objects.exclude(breached_at=None):
        assert timedelta(0) < breach.breached_at - breach.due_at < timedelta(minutes=2), breach.name
    late = Case.objects.filter(closed_at=None, due_at__lt=AT).count()
    soon = Case.objects.filter(closed_at=None, due_at__gte=AT, due_at__lt=AT + timedelta(days=1)).count()
    assert late > 3
    assert soon > 5
    assert CaseClock.objects.exclude(paused_at=None).exists()
    assert IndicatorValue.objects.filter(day__lt=AT.date() - timedelta(days=80)).exists()


def test_what_stands_beside_the_moves_agrees_with_them(staffed):
    load_cases(count=400, at=AT)
    for table, column, move in (
        (Return, "returns", ("return", "backstop")),
        (Extension, "extensions", ("ask_extension",)),
        (None, "waits", ("ask_citizen",)),
        (None, "redos", ("redo", "rate_unsolved", "callback_redo")),
    ):
        events = Counter(CaseEvent.objects.filter(move__in=move).values_list("case_id", flat=True))
        counted = dict(ServiceRequest.objects.exclude(**{column: 0}).values_list("case_id", column))
        assert counted == dict(events), column
        assert table is None or table.objects.count() == events.total()
    assert Reply.objects.count() == CaseEvent.objects.filter(move="submit").count()
    assert not Reply.objects.filter(approved=None).exclude(case__state="submitted").exists()
    assert CallAttempt.objects.filter(purpose="contact").count() == CaseEvent.objects.filter(move="contact").count()
    assert not ServiceRequest.objects.filter(case__state="replied", reply="").exists()
    assert (
        not Extension.objects.filter(decided_at=None)
        .exclude(case__state__in=["extension_pending"])
        .filter(case__events__move__in=["grant_extension", "refuse_extension"])
        .exists()
    )


@pytest.fixture
def demonstration(district, settings, tmp_path):
    settings.DEMONSTRATION, settings.MEDIA_ROOT = True, tmp_path


@pytest.fixture
def quick_photos(monkeypatch):
    """Keep photographs by name only: judging them takes a process each."""

    def store(*, upload, kind, actor, at):
        facts = {"sha256": "0" * 64, "mime": "image/jpeg", "size": 1, "name": upload.name, "created_at": at}
        return Document.objects.create(**facts, kind=kind, retention=Document.Retention.CASE)

    monkeypatch.setattr(actions, "store", store)


def fresh():
    with (DATA / "fresh.toml").open("rb") as file:
        return tomllib.load(file)["case"]


def whole(cases):
    """Whether so many told cases are there and every fresh one with its photographs, each number in its month."""
    for number, opened_at in Case.objects.values_list("number", "opened_at"):
        assert number.startswith(month_of(opened_at))
    shown = Case.objects.filter(title__in=[entry["title"] for entry in fresh()])
    assert CaseDocument.objects.count() == sum(len(entry["pictures"]) for entry in fresh()) == 13
    assert set(CaseDocument.objects.values_list("case_id", flat=True)) == set(shown.values_list("pk", flat=True))
    return Case.objects.count() == cases + len(fresh()) == cases + shown.count()


def test_the_demonstration_is_whole_and_loads_once(demonstration):
    seen = []
    load_demonstration(at=AT, cases=120, progress=seen.append)
    assert whole(120)
    assert seen == [120]
    assert Notice.objects.count() == 5
    assert Case.objects.filter(parties__person__user__username="r-liu.xiaomei", request__address__contains="永安北一街")
    assert check_password(password_of("zheng.haifeng"), User.objects.get(username="zheng.haifeng").password)
    load_demonstration(at=later(AT, minutes=5), cases=120)
    assert whole(120)
    assert load_cases(count=10, at=AT) == 10


FIRST_DAYS = [datetime(2026, 12, day, 0, 5, tzinfo=SHANGHAI) for day in range(1, 6)]
FIRST_DAYS += [datetime(2027, month, 1, 12, tzinfo=SHANGHAI) for month in (1, 3)]


@pytest.mark.parametrize("at", FIRST_DAYS, ids=lambda at: f"{at:%m-%d-%H}")
@pytest.mark.usefixtures("demonstration", "quick_photos")
def test_the_first_start_works_in_the_first_days_of_a_month(at):
    """Its fresh cases came in last month, whose numbers the told cases have taken in part."""
    load_demonstration(at=at, cases=60)
    assert whole(60)
    assert (
        Case.objects.filter(title__in=[e["title"] for e in fresh()]).exclude(number__startswith=month_of(at)).exists()
    )


@pytest.mark.parametrize("step", ["count_figures", "load_fresh", "bring_to", "_photo"])
@pytest.mark.usefixtures("demonstration", "quick_photos")
def test_a_first_start_that_broke_off_is_made_good_by_the_next(monkeypatch, step):
    def breaks(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(actions, step, breaks)
        with pytest.raises(KeyboardInterrupt):
            load_demonstration(at=AT, cases=60)
    assert not loaded()
    load_demonstration(at=later(AT, days=1), cases=60)
    assert loaded()
    assert whole(60)
    assert IndicatorValue.objects.exists()


@pytest.mark.usefixtures("demonstration", "quick_photos")
def test_an_installation_that_an_older_version_left_without_fresh_cases_gets_them():
    furnish(at=AT)
    load_cases(count=60, at=AT)
    assert not loaded()
    load_demonstration(at=later(AT, days=2))
    assert loaded()
    assert whole(60)


def test_accounts_are_readable_and_belong_to_this_installation(staffed, settings):
    shown = accounts()
    assert {a.role for a in shown} >= {m.role for m in CAST} | {"resident"}
    passwords = [a.password for a in shown if a.role != "resident"]
    assert len(set(passwords)) == len(CAST)
    assert all(len(group) == 4 for password in passwords for group in password.split("-"))
    assert password_of("li.min") == password_of("li.min")
    settings.INSTALLATION = type(settings.INSTALLATION)(b"\1" * 32)
    assert password_of("li.min") not in passwords


def test_a_quick_hash_is_a_good_one_and_is_made_anew_at_sign_in(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    quick, anew = quick_hash("k7mn-p2qr-x9tz"), []
    assert check_password("k7mn-p2qr-x9tz", quick, setter=anew.append)
    assert anew == ["k7mn-p2qr-x9tz"]
    assert not check_password("k7mn-p2qr-x9t2", quick)


def test_keys_open_the_door_and_stay_off_when_switched_off(staffed):
    ensure_keys(at=AT)
    ensure_keys(at=AT)
    for key in keys():
        assert len(key.key) == 3 + KEY_SIGNS
        found = program_key(key.key, at=AT)
        assert found.actor.rights == set(key.rights)
    user = User.objects.get(username="demo-api")
    user.api_keys.update(active=False)
    ensure_keys(at=AT)
    assert program_key(keys()[1].key, at=AT) is None


def test_the_overview_is_one_object(staffed, settings):
    shown = overview()
    assert shown["address"] == settings.PUBLIC_URL
    assert set(shown) == {"address", "accounts", "residents", "open311_key", "api_key"}
    assert set(shown["accounts"]["handler"][0]) == {"username", "password", "name", "unit"}
    assert len(shown["accounts"]["call_taker"]) == 4


@pytest.mark.parametrize("act", [accounts, keys, overview, lambda: password_of("li.min"), lambda: ensure_keys(at=AT)])
def test_a_real_installation_refuses(district, act):
    with override_settings(DEMONSTRATION=False), pytest.raises(NoDemonstrationError):
        act()


@pytest.mark.parametrize("load", [load_demonstration, lambda at: load_cases(count=1, at=at)])
def test_a_real_installation_loads_nothing(district, load):
    with override_settings(DEMONSTRATION=False), pytest.raises(NoDemonstrationError):
        load(at=AT)
    assert not Case.objects.exists()


@pytest.mark.parametrize("scene", sorted(pictures.SCENES))
def test_pictures_are_drawn_and_differ(scene):
    first = pictures.picture(scene, 1)
    assert first.startswith(b"\xff\xd8")
    assert first == pictures.picture(scene, 1)
    assert first != pictures.picture(scene, 2)
