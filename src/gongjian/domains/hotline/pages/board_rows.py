"""The dispatcher's rows and the pane beside them, in ready words; everything but the rows comes from memory."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongjian.casework.errors import LastChange
from gongjian.casework.models import Case
from gongjian.domains.hotline.actions.proposals import Source, Suggestion, suggest
from gongjian.domains.hotline.forms.dispatch import Choice
from gongjian.domains.hotline.pages.casefile import change_words, channel_words, followers_words, place_words
from gongjian.domains.hotline.pages.common import CaseRow, chinese, due_clock_words, named, rows
from gongjian.domains.hotline.queries import TO_DISPATCH, Near, Waiting, catalogue
from gongjian.domains.hotline.rules import RETURNS_TO_BACKSTOP
from gongjian.identity.queries import units
from gongjian.listing import listed
from gongjian.places.queries import communities
from gongjian.sealing.masking import hide_contacts
from gongjian.web.parts import DueBadge
from gongjian.web.words import ago_words, due_state, due_words
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import is_over, remaining

SOON: Final = timedelta(minutes=10)
NUMBER: Final = re.compile(r"[A-Z0-9-]{1,20}")
TODAY: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion in words; `choice` is what a button or a ticked box sends: number:version:unit."""

    unit: str
    assists: str
    reason: str
    by: str  # catalogue, return, or a dash
    choice: str
    why: Sequence[tuple[str, str]]  # what it stands on, a bold word and the rest

    @property
    def known(self) -> bool:
        return bool(self.choice)


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One row of the board."""

    row: CaseRow
    url: str  # of its details; its acts stand below
    due: DueBadge | None
    facts: Sequence[str]
    returned: str
    offer: Offer
    open: bool  # still to be sent
    words: str = ""  # what came of it, once it was sent or refused
    failed: bool = False
    selected: bool = False
    recall: str = ""  # what a button sends that takes the case back: number:version:


@dataclass(frozen=True, slots=True)
class Band:
    words: str
    late: bool
    lines: Sequence[BoardLine]


@dataclass(frozen=True, slots=True)
class ReturnWords:
    """How a case came back, for the one who sends it on."""

    count: str
    unit: str
    by: str
    at: datetime
    reason: str
    basis: str
    proposed: str


def number_asked(text: str) -> str:
    """Return a case number out of an address; nothing for what cannot be one."""
    return text if NUMBER.fullmatch(text) else ""


def short_of(unit_id: int | None) -> str:
    """Return the name people use of a unit; empty for none."""
    unit = units().by_id.get(unit_id or 0)
    return "" if unit is None else unit.short_zh if chinese() else unit.short_en


def lines_of(found: Sequence[Waiting], at: datetime) -> list[BoardLine]:
    """Return the rows of the board; what many rows share is looked up once."""
    cases = [one.case for one in found]
    places = {c.id: named(c) for c in communities()}
    channels = {channel: channel_words(channel) for channel in {case.channel for case in cases}}
    page, nowhere = reverse("hotline:board"), _("地点不明")
    return [
        BoardLine(
            row=row,
            url=f"{page}{row.number}/",
            due=due_of(one, at),
            facts=(
                places.get(one.case.community_id or 0, nowhere),
                channels[one.case.channel],
                *([followers_words(one.followers)] if one.followers else ()),
            ),
            returned=count_words(one.case) if one.case.state == "returned" else "",
            offer=offer_of(one, at),
            open=one.case.state in TO_DISPATCH,
        )
        for one, row in zip(found, rows(cases, at), strict=True)
    ]


def due_of(one: Waiting, at: datetime) -> DueBadge | None:
    """Return how long is left to send it; a returned case counts from its return."""
    case = one.case
    if case.due_at is None:
        return None
    started = one.returned.returned_at if one.returned is not None and case.state == "returned" else case.opened_at
    state = due_state(started_at=started, due_at=case.due_at, at=at)
    left = remaining(case.due_at, at, calendar())
    return due_words(left, state=state, working=False, clock=due_clock_words(case))


def bands(lines: Iterable[BoardLine], at: datetime) -> list[Band]:
    """Return the rows under headings: over, ten minutes, half an hour, later."""
    found = []
    for name, group in groupby(lines, lambda line: _band(line.row, at)):
        held = list(group)
        found.append(Band(_band_words(name, len(held)), name == "late", held))
    return found


def _band(row: CaseRow, at: datetime) -> str:
    if row.due_at is None:
        return "later"
    if is_over(row.due_at, at):
        return "late"
    return "soon" if at + SOON >= row.due_at else "today" if at + TODAY >= row.due_at else "later"


def _band_words(name: str, n: int) -> str:
    words = {
        "late": ngettext("已超时 %(n)s 件", "已超时 %(n)s 件", n),
        "soon": ngettext("10 分钟内 %(n)s 件", "10 分钟内 %(n)s 件", n),
        "today": ngettext("30 分钟内 %(n)s 件", "30 分钟内 %(n)s 件", n),
        "later": ngettext("以后 %(n)s 件", "以后 %(n)s 件", n),
    }
    return words[name] % {"n": n}


def offer_of(one: Waiting, at: datetime, *, details: bool = False) -> Offer:
    """Return where the board would send it, and by whose word; `details` adds point by point why."""
    found = suggest(one.case, one.returned, at)
    unit = units().by_id.get(found.unit_id or 0)
    by = _("目录") if found.source is Source.CATALOGUE else _("退回建议") if found.source is Source.RETURN else "—"
    choice = f"{one.case.number}:{one.case.version}:{unit.id}" if unit else ""
    return Offer(
        unit=short_of(unit.id) if unit else _("还不能建议"),
        assists=listed(short_of(a) for a in found.assist_ids),
        reason=_reason(one, found, at),
        by=by,
        choice=choice,
        why=_why(one, found, at) if unit and details else (),
    )


def _reason(one: Waiting, found: Suggestion, at: datetime) -> str:
    if found.source is Source.RETURN and one.returned is not None:
        return _("退回：%(basis)s") % {"basis": hide_contacts(one.returned.basis)}
    if found.source is Source.CATALOGUE:
        return _clause_words(one.case, at)
    if one.returned is not None and one.case.state == "returned":
        return _("目录里的单位刚退回，没有说该给谁。")
    if one.case.topic_id is None or one.case.topic_id not in catalogue(at).topics:
        return _("还没有类别：先改标题和类别，或者直接选单位。")
    return _("目录里没有这一类，请选单位。")


def _clause_words(case: Case, at: datetime) -> str:
    """Return the catalogue's clause in one short line, and the place where it decides."""
    topic = catalogue(at).topics[case.topic_id or 0]
    words = _("目录 %(clause)s“%(topic)s”") % {"clause": topic.clause, "topic": named(topic)}
    place = next((c for c in communities() if c.id == case.community_id), None)
    if topic.lead_subdistrict and place is not None:
        words += _("，按地点到%(place)s") % {"place": named(place)}
    return words


def _why(one: Waiting, found: Suggestion, at: datetime) -> list[tuple[str, str]]:
    """Return what the offer stands on, point by point."""
    if found.source is Source.RETURN and one.returned is not None:
        sender = short_of(one.returned.unit_id)
        return [(_("退回的单位"), sender), (_("依据"), hide_contacts(one.returned.basis))]
    topic = catalogue(at).topics[one.case.topic_id or 0]
    facts = {"clause": topic.clause, "edition": topic.catalogue}
    points = [(_("目录 %(clause)s") % facts, named_reason(topic) + _("（%(edition)s 版）") % facts)]
    if (topic.lead_subdistrict or topic.assist_subdistrict) and one.case.community_id:
        points.append((_("地点"), place_words(one.case)))
    return points


def named_reason(topic: object) -> str:
    """Return the catalogue's reason in the reader's language."""
    return str(getattr(topic, "reason_zh" if chinese() else "reason_en"))


def count_words(case: Case) -> str:
    """Return how often it came back, and what the next return does."""
    n = case.request.returns
    return ngettext("第 %(n)s 次退回", "第 %(n)s 次退回", n) % {"n": n}


def return_words(one: Waiting) -> ReturnWords | None:
    """Return how the case came back; None where it did not."""
    back = one.returned
    if back is None or one.case.state != "returned":
        return None
    times = one.case.request.returns
    rule = _("再退回就转兜底单位。") if times + 1 >= RETURNS_TO_BACKSTOP else ""
    return ReturnWords(
        count=count_words(one.case) + ("，" if chinese() else ". ") + rule if rule else count_words(one.case),
        unit=short_of(back.unit_id),
        by=one.returned_by,
        at=back.returned_at,
        reason=str(back.get_reason_display()),
        basis=hide_contacts(back.basis),
        proposed=short_of(back.proposed_unit_id),
    )


@dataclass(frozen=True, slots=True)
class Alike:
    """An open case near by, perhaps the same matter."""

    row: CaseRow
    facts: Sequence[str]
    same: bool


def alikes(case: Case, found: Sequence[Near], at: datetime) -> list[Alike]:
    """Return the open cases near by, those of the same topic first."""
    shown = rows([near.case for near in found], at)
    made = [
        Alike(
            row=row,
            facts=[_("%(n)s 米") % {"n": near.metres}, row.unit, ago_words(row.opened_at, at)],
            same=near.case.topic_id is not None and near.case.topic_id == case.topic_id,
        )
        for row, near in zip(shown, found, strict=True)
    ]
    return sorted(made, key=lambda one: not one.same)


def unit_choices() -> tuple[Choice, ...]:
    """Return the units that may be chosen, found by name, short name, pinyin and initials."""
    zh = chinese()
    return tuple(Choice(u.id, named(u), u.short_zh if zh else u.short_en, u.pinyin) for u in units().active)


def topic_choices(at: datetime) -> tuple[Choice, ...]:
    """Return the topics a case may have, each with its group."""
    known = catalogue(at)
    return tuple(Choice(t.id, named(t), named(known.topics.get(t.parent_id or 0)), t.pinyin) for t in known.leaves)


def as_json(choices: Iterable[Choice]) -> list[dict[str, str]]:
    """Return choices as the suggestions under a field read them."""
    return [{"value": str(c.value), "label": c.label, "hint": c.hint, "keys": c.keys} for c in choices]


def caller_words(one: Waiting) -> str:
    """Return who asked, masked."""
    party = one.party
    if party is None or party.anonymous or party.contact_id is None:
        return _("没有留联系方式")
    consent = "" if party.consent_contact else _("没有同意承办单位联系")
    return ("　" if chinese() else ", ").join(part for part in (one.mask_name, one.mask_phone, consent) if part)


def settled_words(change: LastChange | None, case: Case, at: datetime) -> str:
    """Return what somebody else has done with the case already: who, when, where it went."""
    if change is None:
        return _("这一件刚刚有变化。")
    if case.state == "dispatched" and case.holder_unit_id is not None:
        facts = {
            "who": change.by or _("系统"),
            "ago": ago_words(change.at, at),
            "unit": short_of(case.holder_unit_id),
        }
        return _("%(who)s %(ago)s已派给%(unit)s。") % facts
    return change_words(change.by, change.move, change.at, at)
