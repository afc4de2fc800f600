import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from gongjian.audit.actions import record, row, seal
from gongjian.audit.models import AuditEntry, AuditSeal
from gongjian.audit.queries import entries, sealed_up_to, verify
from gongjian.audit.sweeps import sweep_seal

AT = datetime(2026, 11, 25, 1, 0, 0, 123456, tzinfo=UTC)


def act(action="hotline.case.open", at=AT, **over):
    facts = {
        "actor_kind": "staff",
        "actor_id": 7,
        "unit_id": 3,
        "object_kind": "case",
        "object_id": "41",
        "detail": "核对时间和位置",
    }
    record(action=action, at=at, **{**facts, **over})


@pytest.mark.django_db
def test_acts_are_recorded_sealed_each_minute_and_found_whole():
    act()
    act("hotline.case.move", at=AT + timedelta(seconds=5))
    assert sweep_seal(at=AT + timedelta(minutes=1)) == 2
    act("contact.reveal", at=AT + timedelta(minutes=1))
    assert seal(at=AT + timedelta(minutes=2)) == 1
    found = verify()
    assert (found.ok, found.entries, found.erased, found.broken_at) == (True, 3, 0, None)
    assert found.sealed_up_to == sealed_up_to() == AT + timedelta(minutes=2)


@pytest.mark.django_db
def test_sealing_twice_seals_nothing_twice():
    act()
    assert seal(AT) == 1
    assert seal(AT) == 0
    assert AuditSeal.objects.count() == 1


@pytest.mark.django_db
def test_verify_with_nothing_recorded():
    found = verify()
    assert (found.ok, found.sealed_up_to) == (True, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"actor_id": 8}, {"detail": "改过"}, {"at": AT - timedelta(days=1)}, {"object_id": "42"}, {"unit_id": None}],
)
def test_a_changed_entry_is_found(change):
    act()
    act()
    seal(AT)
    victim = AuditEntry.objects.latest("id")
    AuditEntry.objects.filter(pk=victim.pk).update(**change)
    found = verify()
    assert (found.ok, found.broken_at) == (False, victim.pk)


@pytest.mark.django_db
def test_an_entry_whose_digest_was_recomputed_breaks_its_link():
    act()
    seal(AT)
    victim = AuditEntry.objects.get()
    forged = row(
        action=victim.action,
        actor_kind="staff",
        actor_id=99,
        unit_id=3,
        object_kind="case",
        object_id="41",
        detail=victim.detail,
        at=AT,
    )
    AuditEntry.objects.filter(pk=victim.pk).update(**forged)
    assert verify().broken_at == victim.pk


@pytest.mark.django_db
def test_a_deleted_entry_and_a_deleted_link_are_found():
    act()
    seal(AT)
    act()
    seal(AT + timedelta(minutes=1))
    act()
    seal(AT + timedelta(minutes=2))
    first, second, third = AuditEntry.objects.order_by("id")
    with transaction.atomic():
        AuditEntry.objects.filter(pk=second.pk).delete()
        assert verify().broken_at == second.pk
        transaction.set_rollback(True)
    AuditSeal.objects.filter(entry_from=second.pk).delete()
    assert verify().broken_at == third.pk
    assert verify().sealed_up_to == AT
    assert first.pk < third.pk


@pytest.mark.django_db
def test_a_lawful_erasure_breaks_nothing_and_is_counted():
    act(detail="刘某的电话打不通")
    act()
    seal(AT)
    AuditEntry.objects.filter(detail__startswith="刘").update(detail="", salt=b"")
    found = verify()
    assert (found.ok, found.erased, found.entries) == (True, 1, 2)


@pytest.mark.django_db
def test_an_entry_committed_late_goes_into_a_later_link():
    act()
    late = AuditEntry.objects.get()
    low = late.pk
    late.delete()
    act()
    seal(AT)
    late.pk = low
    late.save(force_insert=True)
    assert seal(AT + timedelta(minutes=1)) == 1
    # The newest link has the lower id; nothing of the older one may be sealed again, now or much later.
    assert seal(AT + timedelta(days=2)) == 0
    act()
    assert seal(AT + timedelta(days=2)) == 1
    assert verify().ok


@pytest.mark.django_db
def test_verify_since_checks_the_link_to_what_was_before():
    act()
    seal(AT)
    act()
    seal(AT + timedelta(hours=1))
    assert verify(since=AT + timedelta(minutes=30)).entries == 1
    assert verify(since=AT + timedelta(hours=3)).entries == 0
    AuditSeal.objects.filter(at=AT).update(digest=b"x" * 32)
    assert not verify(since=AT + timedelta(minutes=30)).ok


@pytest.mark.django_db(transaction=True)
def test_two_processes_seal_at_once_and_each_entry_is_sealed_once():
    for _ in range(20):
        act()
    sealed = []
    start = threading.Barrier(2)

    def work():
        start.wait()
        try:
            sealed.append(seal(AT))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sealed) == [0, 20]
    assert verify().entries == 20


@pytest.mark.django_db
def test_an_entry_rolls_back_with_its_act():
    with transaction.atomic():
        act()
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_entries_are_filtered_newest_first():
    act("identity.sign_in", actor_id=1)
    act("identity.sign_in.refused", actor_id=None)
    act("hotline.case.move", actor_id=1, object_id="5", at=AT + timedelta(hours=1))
    assert [e.action for e in entries()] == ["hotline.case.move", "identity.sign_in.refused", "identity.sign_in"]
    assert entries(action="identity.sign_in").count() == 1
    assert entries(action="identity.").count() == 2
    assert entries(actor_id=1, object_id="5").count() == 1
    assert entries(since=AT + timedelta(minutes=1)).count() == 1
    assert entries(until=AT + timedelta(minutes=1)).count() == 2


def test_a_detail_too_long_is_cut_before_it_is_digested():
    values = row(
        action="a",
        actor_kind="system",
        actor_id=None,
        unit_id=None,
        object_kind="o",
        object_id=5,
        detail="长" * 900,
        at=AT,
    )
    assert len(values["detail"]) == 500
    assert values["object_id"] == "5"
