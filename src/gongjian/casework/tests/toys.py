"""Two toy kinds: an errand with a pausing clock, and a wish with a single step."""

from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange

from gongjian.casework import limits
from gongjian.casework.actions import Change, NewCase, NewParty, Opened, move, open_case
from gongjian.casework.kinds import PREVIOUS, STAYS, Audience, By, CaseKind, Clock, Move, Scope, Stage, State, register
from gongjian.casework.models import Case, Reminder, Term
from gongjian.casework.writer import Sql
from gongjian.identity.actor import SYSTEM, Actor
from gongjian.identity.models import Unit, User
from gongjian.identity.rights import Right
from gongjian.workdays.rules import SHANGHAI

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)


class ToyRight(Right):
    DO = "toys:errand:do"
    LOOK = "toys:errand:look"


ERRAND = CaseKind(
    key="toys.errand",
    label="差事",
    detail="casework.CaseText",
    opening="ask",
    states=(
        State("asked", "已提", "提了", Stage.RECEIVED),
        State("doing", "在办", "在办", Stage.HANDLING),
        State("waiting", "等人", "等人", Stage.HANDLING),
        State("done", "办完", "办完", Stage.CLOSED, open=False),
    ),
    moves=(
        Move("ask", "提", "提了", frozenset(), "asked", right=ToyRight.DO, scope=Scope.DISTRICT, by=frozenset({By.STAFF, By.APPLICANT})),
        Move("take", "接", "接了", frozenset({"asked"}), "doing", right=ToyRight.DO, audience=(Audience.APPLICANT,)),
        Move("wait", "等", "等人", frozenset({"doing"}), "waiting", right=ToyRight.DO),
        Move("go_on", "继续", "继续", frozenset({"waiting"}), "doing", right=ToyRight.DO, by=frozenset({By.STAFF, By.APPLICANT})),
        Move("finish", "办完", "办完", frozenset({"asked", "doing"}), "done", right=ToyRight.DO),
        Move("again", "再办", "再办", frozenset({"done"}), "doing", by=frozenset({By.APPLICANT})),
        Move("nudge", "催", "催了", frozenset({"asked", "doing", "waiting"}), STAYS, by=frozenset({By.APPLICANT})),
        Move("remind", "提醒", "提醒", frozenset({"asked", "doing", "waiting"}), STAYS, by=frozenset({By.SYSTEM}), public=False),
        Move("late", "超时", "超时", frozenset({"asked", "doing", "waiting"}), STAYS, by=frozenset({By.SYSTEM})),
        Move("reveal", "看", "看了", frozenset({"asked", "doing", "waiting", "done"}), STAYS, right=ToyRight.DO),
        Move("assign", "换人", "换了人", frozenset({"asked", "doing", "waiting"}), STAYS, right=ToyRight.DO, public=False),
        Move("hand_over", "移交", "移交了", frozenset({"asked", "doing", "waiting"}), STAYS, right=ToyRight.DO, scope=Scope.DISTRICT),
        Move("correct", "更正", "更正", frozenset({"doing", "waiting", "done"}), PREVIOUS, right=ToyRight.DO, scope=Scope.DISTRICT, public=False),
    ),
    clocks=(
        Clock("take", "接", "toys.take", starts=frozenset({"ask"}), stops=frozenset({"take", "finish"}), overdue="late"),
        Clock("finish", "办", "toys.finish", starts=frozenset({"take", "again"}), stops=frozenset({"finish"}), overdue="late",
              pauses=frozenset({"wait"}), resumes=frozenset({"go_on"})),
        Clock("wait", "等", "toys.wait", starts=frozenset({"wait"}), stops=frozenset({"go_on"}), overdue="late"),
    ),
    audiences={},
    searchable=False,
)  # fmt: skip

WISH = CaseKind(
    key="toys.wish",
    label="愿望",
    detail="casework.CaseText",
    opening="wish",
    states=(
        State("wished", "许愿", "许愿", Stage.RECEIVED),
        State("granted", "成真", "成真", Stage.CLOSED, open=False),
    ),
    moves=(
        Move("wish", "许愿", "许愿", frozenset(), "wished", right=ToyRight.DO, scope=Scope.DISTRICT),
        Move("grant", "成真", "成真", frozenset({"wished"}), "granted", right=ToyRight.DO, scope=Scope.DISTRICT),
        Move("late", "超时", "超时", frozenset({"wished"}), "granted", by=frozenset({By.SYSTEM})),
    ),
    clocks=(
        Clock("grant", "成真", "toys.wait", starts=frozenset({"wish"}), stops=frozenset({"grant", "late"}), overdue="late"),
    ),
    audiences={},
    searchable=False,
)  # fmt: skip

TERMS = (
    ("toys.take", 0, 4, "working_hours"),
    ("toys.take", 2, 30, "minutes"),
    ("toys.finish", 0, 5, "working_days"),
    ("toys.wait", 0, 24, "hours"),
)


def set_up() -> tuple[Unit, Unit, Actor]:
    """Create terms, two units and a worker of the first."""
    register(ERRAND)
    register(WISH)
    valid = DateRange(date(2020, 1, 1), None)
    Term.objects.bulk_create(
        Term(key=key, urgency=urgency, amount=amount, unit=unit, valid=valid, source="玩具规则")
        for key, urgency, amount, unit in TERMS
    )
    Reminder.objects.create(key="toys.finish", when="share", amount=80, move="remind", valid=valid, source="玩具规则")
    Reminder.objects.create(
        key="toys.finish", when="after", amount=1, unit="working_days", move="remind", valid=valid, source="玩具规则"
    )
    limits.forget()
    home = Unit.objects.create(
        code="toys-1", name_zh="一科", name_en="Unit 1", short_zh="一科", short_en="U1", kind="bureau"
    )
    other = Unit.objects.create(
        code="toys-2", name_zh="二科", name_en="Unit 2", short_zh="二科", short_en="U2", kind="bureau"
    )
    user = User.objects.create(username="toy-worker", name="王工", kind="staff", created_at=MONDAY)
    return home, other, worker(user, home)


def worker(user: User, unit: Unit, right: str = ToyRight.DO) -> Actor:
    rights = frozenset({right})
    return Actor(
        user_id=user.pk, username=user.username, name=user.name, kind="staff", unit_id=unit.pk,
        units=frozenset({unit.pk}), rights=rights, channel="web", key="k", grants={unit.pk: rights},
    )  # fmt: skip


def ask(
    unit: Unit, *, kind: CaseKind = ERRAND, at: datetime = MONDAY, urgency: int = 0, actor: Actor = SYSTEM
) -> Opened:
    new = NewCase(
        title="搬一张桌子",
        topic_id=None,
        channel="web",
        urgency=urgency,
        community_id=None,
        cell="",
        holder_unit_id=unit.pk,
    )
    party = NewParty("requester", None, anonymous=True, consent_contact=False, notify=False, language="zh-hans")
    return open_case(kind=kind, new=new, detail={"grams": Sql("''::tsvector")}, parties=[party], actor=actor, at=at)


def step(
    opened: Opened, name: str, actor: Actor, *, minutes: int = 0, at: datetime | None = None, **change: object
) -> Case:
    """Make a move on the case as it stands now, so many minutes after Monday morning, and return it."""
    case = Case.objects.get(pk=opened.id)
    moment = at or MONDAY + timedelta(minutes=minutes)
    as_party = case.parties.get().pk if change.pop("as_party", False) else None
    move(kind=ERRAND, case=case, name=name, change=Change(**change), actor=actor, at=moment, as_party=as_party)
    case.refresh_from_db()
    return case
