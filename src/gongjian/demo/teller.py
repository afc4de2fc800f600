"""Telling one case: every act of its plot as a move with its words, its people and the rows beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final

from django.db import models

from gongjian.demo.people import Reporter
from gongjian.demo.plots import Act, Situation
from gongjian.demo.tale import NEVER, Tale
from gongjian.demo.wording import ENGLISH, Phrases, Said
from gongjian.demo.worktime import DAY, HOUR, MINUTE
from gongjian.demo.world import Desk, Spot, Theme, World
from gongjian.workdays.rules import Term, Unit

# Acts that are told as another move of the table.
MOVES: Final = {"contact_missed": "contact", "dispatch_again": "dispatch"}
# Acts that come before a clock ends, or not at all.
BEFORE: Final = {
    "supplement": "wait",
    "resume": "wait",
    "grant_extension": "extension",
    "refuse_extension": "extension",
    "rate_solved": "survey",
    "rate_unsolved": "survey",
}
CALLS: Final = frozenset({"call_attempt", "close", "callback_redo", "close_unreached"})
BY_APPLICANT: Final = frozenset(
    {"supplement", "add", "urge", "cancel", "rate_solved", "rate_unsolved", "reopen", "ask_again"}
)
WAKING: Final = 7 * HOUR
SOON: Final = 61  # the shortest time between two acts
EXTENSION_MARGIN: Final = 30 * MINUTE


@dataclass(slots=True)
class Draft:
    """A case while it is told."""

    theme: Theme
    spot: Spot
    reporter: Reporter
    anonymous: bool
    language: str
    kind: str
    situation: Situation
    said: Said
    limit_key: str
    tale: Tale
    channel: str
    opened: datetime
    unit_id: int = 0
    handler_id: int = 0
    taker: dict[str, Any] = field(default_factory=dict)  # who takes it in
    asked_days: int = 0
    asked_reason: str = ""
    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    detail: dict[str, Any] = field(default_factory=dict)

    def last(self, table: str) -> dict[str, Any]:
        """Return the row of a table that was written last."""
        return next(row for name, row in reversed(self.rows) if name == table)

    def count(self, name: str) -> int:
        """Count something in the detail row; return how often it happened now."""
        self.detail[name] = self.detail.get(name, 0) + 1
        return int(self.detail[name])


class Teller:
    """Tells the acts of a plot, until the present comes."""

    def __init__(self, world: World, draw: Random, phrases: Phrases) -> None:
        self.world, self.random, self.phrases = world, draw.random, phrases
        self.work = world.work

    def tell(self, draft: Draft, acts: list[Act], opened: int) -> None:
        """Make the moves of a case that begins at a moment; those that would lie ahead are left out."""
        tale = draft.tale
        tale.t = opened
        for act in acts:
            t = self._when(draft, act)
            if t >= self.world.end:
                break
            if tale.nearest < t:
                tale.fire(t)
            if tale.state in tale.rules.sources[MOVES.get(act.name, act.name)]:
                ACTS[act.name](self, draft, t)
        tale.fire(self.world.end)

    def table(self, name: str) -> type[models.Model]:
        return self.world.tables[name]

    def one(self, ids: tuple[int, ...]) -> int:
        return ids[int(self.random() * len(ids))]

    def _when(self, draft: Draft, act: Act) -> int:
        tale = draft.tale
        if not tale.steps:
            return tale.t
        start = tale.t
        if act.name in CALLS and tale.state == "replied":
            start = max(start, tale.due("survey") + MINUTE)
        t = self.work.forward(start, act.delay) if act.working else start + act.delay
        if act.name in BY_APPLICANT and t % DAY < WAKING:
            t += WAKING
        if act.name in BEFORE:
            t = min(t, tale.due(BEFORE[act.name]) - 2 * MINUTE)
        elif act.name == "ask_extension":
            t = min(t, _answer_due(tale)[1] - EXTENSION_MARGIN)
        elif act.name == "urge":
            t = max(t, self._half(draft))
        return max(t, tale.t + SOON)

    def _pick(self, draft: Draft, name: str) -> str:
        mood = "affair" if draft.kind == "enquiry" else draft.theme.subject.mood
        return self.phrases.pick(name, draft.language, mood)

    # Who acts

    def _by(self, user_id: int, unit_id: int) -> dict[str, Any]:
        return {"actor_kind": "staff", "actor_id": user_id, "unit_id": unit_id}

    def _hotline(self, people: tuple[int, ...]) -> dict[str, Any]:
        return self._by(self.one(people), self.world.hotline)

    def _applicant(self, draft: Draft) -> dict[str, Any]:
        who = draft.reporter.user_id if not draft.anonymous else None
        return {"actor_kind": "resident" if who else "anonymous", "actor_id": who, "by_party": True}

    def _desk(self, draft: Draft) -> Desk:
        return self.world.desks[draft.unit_id]

    def _handler(self, draft: Draft) -> dict[str, Any]:
        if not draft.handler_id:
            desk = self._desk(draft)
            draft.handler_id = self.one((draft.theme.topic.restricted and desk.named) or desk.handlers)
        return self._by(draft.handler_id, draft.unit_id)

    def _head(self, draft: Draft) -> dict[str, Any]:
        return self._by(self.one(self._desk(draft).heads), draft.unit_id)

    # The hotline takes it in

    def register(self, draft: Draft, t: int) -> None:
        draft.taker = self._hotline(self.world.call_takers)
        who = draft.taker if draft.channel == "phone" else {**self._applicant(draft), "by_party": False}
        draft.tale.make("register", t, **who)

    def accept(self, draft: Draft, t: int) -> None:
        remark = self.phrases.pick("hotline_note") if self.random() < 0.2 else ""  # noqa: PLR2004 - one of five
        draft.tale.make("accept", t, internal_text=remark, **draft.taker)

    def retitle(self, draft: Draft, t: int) -> None:
        draft.tale.make("retitle", t, internal_text=draft.said.title, **self._hotline(self.world.dispatchers))

    def answer(self, draft: Draft, t: int) -> None:
        text = self._reply(draft, t)
        source = draft.said.source
        draft.detail |= {"reply": text, "answer_source": source, "outcome": "answered"}
        draft.detail["replied_at"] = self.work.moment(t)
        draft.tale.make("answer", t, public_text=text, internal_text=source, **draft.taker)

    def reject(self, draft: Draft, t: int) -> None:
        # A court may have a quarrel before it, never a street lamp.
        quarrel = draft.theme.subject.mood == "affair"
        reasons = [reason for reason in self.world.reasons if quarrel or reason.code != "court"]
        reason = reasons[int(self.random() * len(reasons))]
        draft.detail |= {"reject_reason_id": reason.id, "outcome": "rejected", "replied_at": self.work.moment(t)}
        draft.tale.make("reject", t, public_text=reason.words, **draft.taker)

    def dispatch(self, draft: Draft, t: int) -> None:
        topic, office = draft.theme.topic, draft.spot.office
        lead = topic.lead_unit_id or self.world.backstop
        unit_id = office if topic.lead_subdistrict else lead
        shares = (office,) if topic.assist_subdistrict and office != unit_id else ()
        draft.detail |= {"rule_id": topic.rule_id, "dispatch_reason": draft.theme.reason}
        self._send(draft, t, unit_id, draft.theme.reason, shares)

    def dispatch_again(self, draft: Draft, t: int) -> None:
        unit_id = draft.last("Return")["proposed_unit_id"]
        words = f"按退回意见改派：{self.world.names[unit_id]}。"
        draft.detail |= {"rule_id": None, "dispatch_reason": words}
        self._send(draft, t, unit_id, words, ())

    def _send(self, draft: Draft, t: int, unit_id: int, words: str, shares: tuple[int, ...]) -> None:
        draft.unit_id, draft.handler_id = unit_id, 0
        draft.tale.make(
            "dispatch",
            t,
            limits={"answer": draft.limit_key},
            public_text=self.world.names[unit_id],
            internal_text=words,
            holder_unit_id=unit_id,
            holder_id=None,
            shares=shares,
            **self._hotline(self.world.dispatchers),
        )

    # The unit works

    def send_back(self, draft: Draft, t: int) -> None:
        self._return(draft, t, "return", None)

    def backstop(self, draft: Draft, t: int) -> None:
        if draft.unit_id != self.world.backstop:
            self._return(draft, t, "backstop", self.world.backstop)

    def _return(self, draft: Draft, t: int, move: str, to_unit: int | None) -> None:
        desks = [unit_id for unit_id in self.world.desks if unit_id != draft.unit_id]
        proposed = to_unit or desks[int(self.random() * len(desks))]
        who, basis = self._head(draft), self.phrases.pick("return_basis" if move == "return" else "return_again")
        row = {
            "unit_id": draft.unit_id,
            "reason": "not_ours" if move == "return" else "wrong_place",
            "basis": basis,
            "proposed_unit_id": proposed,
            "returned_by_id": who["actor_id"],
            "returned_at": self.work.moment(t),
        }
        draft.rows.append(("Return", row))
        draft.count("returns")
        draft.tale.make(move, t, internal_text=basis, holder_unit_id=to_unit, holder_id=None, **who)
        draft.unit_id, draft.handler_id = to_unit or 0, 0

    def sign(self, draft: Draft, t: int) -> None:
        draft.tale.make("sign", t, **self._by(self.one(self._desk(draft).signers), draft.unit_id))

    def start(self, draft: Draft, t: int) -> None:
        who = self._handler(draft)
        draft.tale.make("start", t, holder_id=who["actor_id"], **who)

    def take(self, draft: Draft, t: int) -> None:
        who = self._handler(draft)
        name = self.world.staff[who["actor_id"]]
        draft.tale.make("take", t, holder_id=who["actor_id"], internal_text=name, **who)

    def contact(self, draft: Draft, t: int) -> None:
        self._contact(draft, t, self._pick(draft, "contact"), reached=True)

    def contact_missed(self, draft: Draft, t: int) -> None:
        self._contact(draft, t, self.phrases.pick("contact_missed"), reached=False)

    def _contact(self, draft: Draft, t: int, remark: str, *, reached: bool) -> None:
        who = self._handler(draft)
        self._called(draft, t, who["actor_id"], purpose="contact", reached=reached, remark=remark)
        draft.tale.make("contact", t, public_text=remark, **who)

    def reveal(self, draft: Draft, t: int) -> None:
        if not draft.anonymous:
            draft.tale.make("reveal", t, public_text=self._pick(draft, "reveal_why"), **self._handler(draft))

    def note(self, draft: Draft, t: int) -> None:
        draft.tale.make("note", t, internal_text=self.phrases.pick("note_say"), **self._handler(draft))

    def desk_note(self, draft: Draft, t: int) -> None:
        who = self._by(self.one(self.world.supervisors), self.world.supervision)
        draft.tale.make("desk_note", t, internal_text=self.phrases.pick("desk_say"), **who)

    def ask_citizen(self, draft: Draft, t: int) -> None:
        question = self._pick(draft, "question")
        draft.count("waits")
        draft.tale.make("ask_citizen", t, public_text=question, internal_text=question, **self._handler(draft))

    def resume(self, draft: Draft, t: int) -> None:
        draft.tale.make("resume", t, **self._handler(draft))

    def ask_extension(self, draft: Draft, t: int) -> None:
        if t >= _answer_due(draft.tale)[1]:
            return
        who, reason = self._handler(draft), self._pick(draft, "extend_why")
        draft.asked_days, draft.asked_reason = 2 + int(self.random() * 3), reason
        row = {
            "number": draft.count("extensions"),
            "amount": draft.asked_days,
            "reason": reason,
            "asked_by_id": who["actor_id"],
            "asked_at": self.work.moment(t),
            "granted": None,
            "decided_by_id": None,
            "decided_at": None,
            "new_due_at": None,
        }
        draft.rows.append(("Extension", row))
        draft.tale.make("ask_extension", t, internal_text=reason, **who)

    def grant_extension(self, draft: Draft, t: int) -> None:
        name, due = _answer_due(draft.tale)
        new = self.work.extend(due, Term(draft.asked_days, Unit.WORKING_DAYS))
        who = self._decided(draft, t, granted=True, new=new)
        draft.tale.make("grant_extension", t, dues={name: new}, public_text=draft.asked_reason, **who)

    def refuse_extension(self, draft: Draft, t: int) -> None:
        who = self._decided(draft, t, granted=False, new=None)
        draft.tale.make("refuse_extension", t, internal_text=self.phrases.pick("desk_say"), **who)

    def _decided(self, draft: Draft, t: int, *, granted: bool, new: int | None) -> dict[str, Any]:
        who = self._head(draft)
        draft.last("Extension").update(
            granted=granted,
            decided_by_id=who["actor_id"],
            decided_at=self.work.moment(t),
            new_due_at=self.work.moment(new) if new else None,
        )
        return who

    def submit(self, draft: Draft, t: int) -> None:
        who, text, luck = self._handler(draft), self._reply(draft, t), self.random()
        resolved = "yes" if luck < 0.84 else "partly" if luck < 0.95 else "no"  # noqa: PLR2004 - shares of the units' words
        if resolved != "yes" and draft.said.done and draft.language != ENGLISH:
            text += self._pick(draft, "not_yet")
        row = {
            "text": text,
            "resolved": resolved,
            "unit_id": draft.unit_id,
            "written_by_id": who["actor_id"],
            "written_at": self.work.moment(t),
            "approved": None,
            "reviewed_by_id": None,
            "reviewed_at": None,
            "remark": "",
        }
        draft.rows.append(("Reply", row))
        draft.detail["resolved"] = resolved
        draft.tale.make("submit", t, internal_text=text, holder_id=who["actor_id"], **who)

    def _reply(self, draft: Draft, t: int) -> str:
        return self.phrases.reply(draft.theme.subject, draft.said, _place(draft), draft.language, self.work.moment(t))

    # The answer is passed, and somebody asks whether it helped

    def approve(self, draft: Draft, t: int) -> None:
        remark, who = self.phrases.pick("review_pass"), self._hotline(self.world.reviewers)
        row = self._reviewed(draft, t, who, approved=True, remark=remark)
        draft.detail |= {"reply": row["text"], "replied_at": self.work.moment(t)}
        draft.tale.make("approve", t, public_text=row["text"], internal_text=remark, **who)

    def redo(self, draft: Draft, t: int) -> None:
        remark, who = self.phrases.pick("review_lack"), self._hotline(self.world.reviewers)
        self._reviewed(draft, t, who, approved=False, remark=remark)
        draft.count("redos")
        draft.tale.make("redo", t, internal_text=remark, **who)

    def _reviewed(self, draft: Draft, t: int, who: Mapping[str, Any], *, approved: bool, remark: str) -> dict[str, Any]:
        row = draft.last("Reply")
        row.update(approved=approved, reviewed_by_id=who["actor_id"], reviewed_at=self.work.moment(t), remark=remark)
        return row

    def rate_solved(self, draft: Draft, t: int) -> None:
        self._happy(draft)
        draft.tale.make("rate_solved", t, public_text=self._pick(draft, "comment_good"), **self._applicant(draft))

    def rate_unsolved(self, draft: Draft, t: int) -> None:
        self._unhappy(draft)
        draft.tale.make("rate_unsolved", t, public_text=self._pick(draft, "comment_bad"), **self._applicant(draft))

    def call_attempt(self, draft: Draft, t: int) -> None:
        remark, who = self.phrases.pick("call_none"), self._hotline(self.world.callers)
        self._called(draft, t, who["actor_id"], purpose="callback", reached=False, remark=remark)
        draft.tale.make("call_attempt", t, internal_text=remark, **who)

    def close(self, draft: Draft, t: int) -> None:
        self._happy(draft)
        self._told(draft, t, "close", self._pick(draft, "call_good"))

    def callback_redo(self, draft: Draft, t: int) -> None:
        self._unhappy(draft)
        self._told(draft, t, "callback_redo", self._pick(draft, "call_bad"))

    def _told(self, draft: Draft, t: int, move: str, remark: str) -> None:
        who = self._hotline(self.world.callers)
        solved = {"solved": "yes", "partly": "partly", "unsolved": "no"}[draft.detail["outcome"]]
        self._called(
            draft, t, who["actor_id"], purpose="callback", reached=True, remark=remark, solved=solved,
            satisfaction=draft.detail["satisfaction"], was_contacted=self.random() < 0.95,  # noqa: PLR2004
        )  # fmt: skip
        draft.tale.make(move, t, public_text=remark, **who)

    def close_unreached(self, draft: Draft, t: int) -> None:
        draft.detail["outcome"] = "unreached"
        draft.tale.make("close_unreached", t, **self._hotline(self.world.callers))

    def _happy(self, draft: Draft) -> None:
        partly = self.random() < 0.13  # noqa: PLR2004 - share of those who say partly
        draft.detail["outcome"] = "partly" if partly else "solved"
        draft.detail["satisfaction"] = (3 if partly else 4) + int(self.random() * 2)

    def _unhappy(self, draft: Draft) -> None:
        draft.detail |= {"outcome": "unsolved", "satisfaction": 1 + int(self.random() * 2)}
        draft.count("redos")

    def _called(
        self,
        draft: Draft,
        t: int,
        user_id: int,
        *,
        purpose: str,
        reached: bool,
        remark: str,
        solved: str = "",
        satisfaction: int | None = None,
        was_contacted: bool | None = None,
    ) -> None:
        row = {
            "purpose": purpose,
            "reached": reached,
            "solved": solved,
            "satisfaction": satisfaction,
            "was_contacted": was_contacted,
            "remark": remark,
            "made_by_id": user_id,
            "made_at": self.work.moment(t),
        }
        draft.rows.append(("CallAttempt", row))

    # The resident

    def supplement(self, draft: Draft, t: int) -> None:
        draft.tale.make("supplement", t, public_text=self._pick(draft, "answer_say"), **self._applicant(draft))

    def add(self, draft: Draft, t: int) -> None:
        draft.tale.make("add", t, public_text=self._pick(draft, "add_say"), **self._applicant(draft))

    def urge(self, draft: Draft, t: int) -> None:
        if t >= self._half(draft):
            draft.detail["last_urged_at"] = self.work.moment(t)
            draft.tale.make("urge", t, public_text=self._pick(draft, "urge_say"), **self._applicant(draft))

    def _half(self, draft: Draft) -> int:
        """Return when half the time to the nearest deadline is over: before that nobody may urge."""
        opened = self.work.second(draft.opened)
        due = min((c.due for c in draft.tale.running if c.paused is None), default=opened)
        return opened + (due - opened) // 2 + MINUTE

    def cancel(self, draft: Draft, t: int) -> None:
        draft.detail["outcome"] = "cancelled"
        draft.tale.make("cancel", t, public_text=self._pick(draft, "cancel_say"), **self._applicant(draft))

    def reopen(self, draft: Draft, t: int) -> None:
        draft.tale.make("reopen", t, public_text=self._pick(draft, "reopen_say"), **self._applicant(draft))

    def ask_again(self, draft: Draft, t: int) -> None:
        draft.tale.make("ask_again", t, public_text=self._pick(draft, "reopen_say"), **self._applicant(draft))


def _answer_due(tale: Tale) -> tuple[str, int]:
    """Return the clock of the answer that runs, and its end."""
    redo = tale.due("redo")
    return ("answer", tale.due("answer")) if redo == NEVER else ("redo", redo)


def _place(draft: Draft) -> str:
    return draft.spot.place if draft.theme.subject.placed else ""


type Telling = Callable[[Teller, Draft, int], None]
ACTS: Final[dict[str, Telling]] = {"return": Teller.send_back} | {
    name: getattr(Teller, name)
    for name in (
        "register", "accept", "retitle", "answer", "reject", "dispatch", "dispatch_again", "backstop", "sign", "start",
        "take", "contact", "contact_missed", "reveal", "note", "desk_note", "ask_citizen", "resume", "ask_extension",
        "grant_extension", "refuse_extension", "submit", "approve", "redo", "rate_solved", "rate_unsolved",
        "call_attempt", "close", "callback_redo", "close_unreached", "supplement", "add", "urge", "cancel", "reopen",
        "ask_again",
    )
}  # fmt: skip
