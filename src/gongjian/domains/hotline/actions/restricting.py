"""Holding a caller back for a time: decided by a supervisor with reason, basis and end; the person is told."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from gongjian.audit.actions import record
from gongjian.audit.versions import changed
from gongjian.casework.errors import RefusedError
from gongjian.casework.models import Case
from gongjian.domains.hotline.access import DeskRight
from gongjian.domains.hotline.models import CallerRestriction
from gongjian.domains.hotline.queries import VERSION, catalogue, forget, party_of
from gongjian.domains.hotline.queries.restrictions import newest_of, reported_lately, restriction, restriction_on
from gongjian.identity.actor import Actor
from gongjian.identity.rights import require, require_user
from gongjian.notify.actions import send
from gongjian.notify.recipients import ToContact
from gongjian.workdays.rules import local_day, local_moment

LONGEST_DAYS: Final = 90
SHORTEST_REASON, SHORTEST_BASIS = 10, 4


@transaction.atomic
def restrict_caller(*, case: Case, reason: str, basis: str, days: int, actor: Actor, at: datetime) -> CallerRestriction:
    """Hold the number of a case's requester back for at most 90 days, and tell the person.

    Calls are still taken, with a calm script; emergencies always; over the web one report in 24 hours. Where the
    number is held back already this renews it from the old end on, for a new reason.
    Errors: `Forbidden`, `RefusedError` at reason, basis or days.
    """
    require(actor, DeskRight.CALLER_RESTRICT)
    party = party_of(case.pk)
    if party is None or party.contact is None or party.contact.phone_index is None:
        raise RefusedError("reason", _("这一件没有留电话，不能按号码限制。"))
    reason, basis = reason.strip(), basis.strip()
    if len(reason) < SHORTEST_REASON:
        raise RefusedError("reason", _("写清楚发生了什么、什么时候、几次，至少 %(n)s 个字。") % {"n": SHORTEST_REASON})
    if len(basis) < SHORTEST_BASIS:
        raise RefusedError("basis", _("写明依据：哪个办法的哪一条。"))
    if not 1 <= days <= LONGEST_DAYS:
        raise RefusedError("days", _("限制 1 到 %(n)s 天，到期可以写新的理由续。") % {"n": LONGEST_DAYS})
    index = bytes(party.contact.phone_index)
    _one_at_a_time(index)
    before = newest_of(index, at)
    if before is not None and before.reason == reason:
        raise RefusedError("reason", _("这个号码已经在限制中。要续期，写这段时间里新发生的事。"))
    starts = before.ends if before is not None else at
    if starts + timedelta(days=days) > at + timedelta(days=LONGEST_DAYS):
        raise RefusedError("days", _("从今天算起最多到 %(n)s 天后。少写几天，快到期再续。") % {"n": LONGEST_DAYS})
    made = CallerRestriction.objects.create(
        phone_index=index,
        mask_phone=party.contact.mask_phone,
        case=case,
        renews=before,
        reason=reason[:300],
        basis=basis[:300],
        starts=starts,
        ends=starts + timedelta(days=days),
        decided_by_id=require_user(actor),
        unit_id=actor.unit_id,
        decided_at=at,
    )
    _note("hotline.caller.restrict", made, actor, at)
    _tell(made, party.contact_id or 0, at)
    changed(VERSION)
    transaction.on_commit(forget)
    return made


@transaction.atomic
def release_caller(*, restriction_id: int, why: str, actor: Actor, at: datetime) -> bool:
    """End a restriction before its time, with those that renew it; return whether it still held.

    Errors: `Forbidden`, `RefusedError` (why).
    """
    require(actor, DeskRight.CALLER_RESTRICT)
    if not why.strip():
        raise RefusedError("why", _("写一句为什么提前结束。"))
    made = restriction(restriction_id)
    if made is None or made.ended_at is not None or made.ends <= at:
        return False
    rows = CallerRestriction.objects.filter(phone_index=made.phone_index, ends__gt=at, ended_at=None)
    if not rows.update(ended_at=at, ended_by=require_user(actor), ended_why=why.strip()[:300]):
        return False
    made.ended_why = why.strip()[:300]
    _note("hotline.caller.release", made, actor, at)
    changed(VERSION)
    transaction.on_commit(forget)
    return True


def check_web_report(*, index: bytes | None, emergency: str, at: datetime) -> None:
    """Refuse a second web report of a held-back number within 24 hours; an emergency is never refused.

    Costs no statement for everybody else. Errors: `RefusedError` at phone, with reason and what remains open.
    """
    if index is None or emergency or index not in catalogue(at).held_back or not reported_lately(index, at):
        return
    found = restriction_on(index, at)
    if found is None:
        return
    facts = {
        "reason": found.reason,
        "until": str(local_day(found.ends)),
        "line": settings.HOTLINE_NUMBER,
    }
    words = _(
        "这个号码到 %(until)s 为止，网上 24 小时只收一件。原因：%(reason)s。急事打 110、119、120，随时都接。"
        "不同意这个决定，打 %(line)s 提出，由别的人复核。"
    )
    raise RefusedError("phone", words % facts)


def _one_at_a_time(index: bytes) -> None:
    """Let two supervisors decide about one number after each other."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [int.from_bytes(index[:8], signed=True)])


def _tell(made: CallerRestriction, contact_id: int, at: datetime) -> None:
    send(
        recipient=ToContact(contact_id),
        template="hotline/caller_restricted",
        context={
            "reason": made.reason,
            "basis": made.basis,
            "starts": local_moment(made.starts),
            "ends": local_moment(made.ends),
            "line": settings.HOTLINE_NUMBER,
        },
        link="",
        dedupe=f"restriction-{made.pk}",
        at=at,
    )


def _note(action: str, made: CallerRestriction, actor: Actor, at: datetime) -> None:
    detail = made.ended_why or f"{local_day(made.ends)} {made.basis}"
    record(
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind="restriction",
        object_id=str(made.pk),
        detail=detail,
        at=at,
    )
