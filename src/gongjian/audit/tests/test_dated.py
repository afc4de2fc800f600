"""Rows with days: followed, corrected ahead, ended, withdrawn; never overlapping, whoever writes at the same time."""

import threading
from datetime import date, datetime

import pytest
from django.db import connections
from django.db.backends.postgresql.psycopg_any import DateRange

from gongjian.audit import dated
from gongjian.audit.dated import Refused, Stale, Table, fingerprint
from gongjian.audit.models import AuditEntry
from gongjian.casework.models import Term
from gongjian.identity.actor import SYSTEM
from gongjian.workdays.rules import SHANGHAI

AT = datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)
TODAY, TOMORROW, YEAR, LATER = date(2026, 11, 23), date(2026, 11, 24), date(2027, 1, 1), date(2027, 3, 1)
TABLE = Table(
    model=Term,
    identity=("key", "urgency"),
    values=("amount", "unit", "source"),
    action="test.term",
    kind="term",
    name=lambda row: row.key,
    tell=lambda row: {"amount": row.amount},
)
BY = {"by": SYSTEM, "at": AT}


def values(**over):
    return {"key": "test.limit", "urgency": 0, "amount": 3, "unit": "hours", "source": "x", **over}


def spans():
    rows = Term.objects.filter(key="test.limit").order_by("valid")
    return [(row.valid.lower, row.valid.upper, row.amount) for row in rows]


def seen(row):
    row.refresh_from_db()
    return {"key": row.pk, "seen": fingerprint(row)}


@pytest.fixture
def old(db):
    return Term.objects.create(**values(), valid=DateRange(date(2020, 1, 1), None))


def change(row, first, last=None, **over):
    return dated.change(TABLE, **seen(row), values=values(**over), first=first, last=last, **BY)


def test_a_change_follows_what_holds_and_the_old_row_keeps_its_values(old):
    change(old, YEAR, amount=5)
    assert spans() == [(date(2020, 1, 1), YEAR, 3), (YEAR, None, 5)]
    assert AuditEntry.objects.get(action="test.term.follow").detail == "since: 2027-01-01; amount: 3 → 5"


def test_a_change_in_between_holds_until_the_next_row(old):
    change(old, LATER, amount=5)
    change(old, YEAR, amount=4)
    assert spans() == [(date(2020, 1, 1), YEAR, 3), (YEAR, LATER, 4), (LATER, None, 5)]


def test_a_row_ahead_is_moved_and_the_one_before_it_closes_the_gap(old):
    ahead = change(old, YEAR, amount=5)
    change(ahead, LATER, amount=6)
    assert spans() == [(date(2020, 1, 1), LATER, 3), (LATER, None, 6)]
    dated.withdraw(TABLE, **seen(ahead), **BY)
    assert spans() == [(date(2020, 1, 1), None, 3)]


def test_what_began_today_is_corrected_while_nobody_used_it(old):
    fresh = change(old, TODAY, amount=5)
    change(fresh, TODAY, amount=6)
    assert spans() == [(date(2020, 1, 1), TODAY, 3), (TODAY, None, 6)]


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(date(2026, 11, 22), None, "since"), (YEAR, YEAR, "until"), (date(2019, 1, 1), None, "since")],
)
def test_days_that_cannot_be_are_refused_at_their_field(old, first, last, field):
    with pytest.raises(Refused) as refused:
        change(old, first, last, amount=5)
    assert refused.value.field == field
    assert spans() == [(date(2020, 1, 1), None, 3)]


def test_a_second_row_for_the_same_days_is_refused(old):
    with pytest.raises(Refused) as refused:
        dated.add(TABLE, values=values(amount=9), first=YEAR, last=None, **BY)
    assert refused.value.field == "since"


def test_an_end_is_set_and_taken_back(old):
    dated.end(TABLE, **seen(old), last=YEAR, **BY)
    assert spans() == [(date(2020, 1, 1), YEAR, 3)]
    dated.end(TABLE, **seen(old), last=None, **BY)
    assert spans() == [(date(2020, 1, 1), None, 3)]
    with pytest.raises(Refused):
        dated.end(TABLE, **seen(old), last=date(2026, 11, 1), **BY)


def test_what_holds_cannot_be_withdrawn_and_an_old_page_loses(old):
    with pytest.raises(Refused):
        dated.withdraw(TABLE, **seen(old), **BY)
    stale = seen(old)
    change(old, YEAR, amount=5)
    with pytest.raises(Stale):
        dated.change(TABLE, **stale, values=values(amount=7), first=TOMORROW, last=None, **BY)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_add_the_same_at_once_one_is_refused():
    outcomes = []
    start = threading.Barrier(2)

    def add(amount):
        start.wait()
        try:
            dated.add(TABLE, values=values(amount=amount), first=YEAR, last=None, **BY)
            outcomes.append("added")
        except Refused:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add, args=(amount,)) for amount in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["added", "refused"]
    assert len(spans()) == 1
