"""What somebody may do with a case now: the moves of the kind's table this actor holds, each with its rule in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gongjian.casefile.corrections import against_correction, correct
from gongjian.casework.access import moves_for
from gongjian.casework.actions import Moved
from gongjian.casework.kinds import Move, kind_of
from gongjian.casework.models import Case
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions import bars, dispatching, handling, publishing, replying
from gongjian.domains.hotline.actions.proposals import Suggestion, accept_suggestion, suggest
from gongjian.domains.hotline.forms import staff
from gongjian.domains.hotline.pages.casefile import seen
from gongjian.domains.hotline.pages.clockface import limit_words
from gongjian.domains.hotline.pages.common import act_url, named
from gongjian.domains.hotline.queries import Dossier, last_return
from gongjian.domains.hotline.queries.publishing import is_shown
from gongjian.identity.actor import Actor
from gongjian.identity.queries import units
from gongjian.sealing.masking import hide_contacts

type Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spec:
    """One act of the page: the moves it may become, its form, its key."""

    moves: tuple[str, ...]
    form: type[staff.VersionForm]
    run: Callable[[Case, Data, Actor, datetime], Moved]
    key: str = ""
    leaves: str = ""  # name of the page to go to afterwards, where the case may be out of reach
    proposal: Callable[[Case], Mapping[str, str]] = lambda _case: {}  # what the form holds before anybody typed


def _offer(case: Case, at: datetime) -> Suggestion:
    return suggest(case, last_return(case.pk) if case.state == "returned" else None, at)


def _send(case: Case, data: Data, actor: Actor, at: datetime) -> Moved:
    """Send a case: as it was offered where nothing else is said, otherwise where the form names."""
    offered = _offer(case, at)
    if data["unit"] == offered.unit_id and not data["reason"].strip() and data["assist"] is None:
        return accept_suggestion(case=case, seen_unit_id=data["unit"], actor=actor, at=at)
    assists = [data["assist"]] if data["assist"] is not None else []
    return dispatching.dispatch(
        case=case, unit_id=data["unit"], assist_ids=assists, reason=data["reason"], actor=actor, at=at
    )


SPECS: Final[Mapping[str, Spec]] = {
    "dispatch": Spec(("dispatch",), staff.SendForm, _send, "d"),
    "recall": Spec(("recall",), staff.PlainForm, lambda c, _d, a, at: dispatching.recall(case=c, actor=a, at=at), "u"),
    "sign": Spec(("sign",), staff.PlainForm, lambda c, _d, a, at: handling.sign(case=c, actor=a, at=at), "s"),
    "start": Spec(("start",), staff.PlainForm, lambda c, _d, a, at: handling.start(case=c, actor=a, at=at), "b"),
    "submit": Spec(
        ("submit",),
        staff.SubmitForm,
        lambda c, d, a, at: handling.submit_reply(
            case=c, text=d["text"], resolved=d["resolved"], draft_id=d["draft"], actor=a, at=at
        ),
    ),
    "contact": Spec(
        ("contact",),
        staff.ContactForm,
        lambda c, d, a, at: handling.log_contact(case=c, reached=d["reached"], remark=d["remark"], actor=a, at=at),
        "c",
    ),
    "note": Spec(
        ("note",), staff.NoteForm, lambda c, d, a, at: handling.note(case=c, text=d["text"], actor=a, at=at), "n"
    ),
    "ask_extension": Spec(
        ("ask_extension", "ask_second_extension"),
        staff.ExtensionForm,
        lambda c, d, a, at: handling.ask_extension(case=c, days=d["days"], reason=d["reason"], actor=a, at=at),
        "e",
    ),
    "ask_citizen": Spec(
        ("ask_citizen",),
        staff.QuestionForm,
        lambda c, d, a, at: handling.ask_citizen(case=c, question=d["question"], actor=a, at=at),
        "w",
    ),
    "resume": Spec(
        ("resume",),
        staff.ResumeForm,
        lambda c, d, a, at: handling.resume(case=c, remark=d["remark"], actor=a, at=at),
        "w",
    ),
    "decide_extension": Spec(
        ("grant_extension", "grant_second_extension"),
        staff.DecisionForm,
        lambda c, d, a, at: handling.decide_extension(case=c, granted=d["granted"], reason=d["reason"], actor=a, at=at),
        "d",
    ),
    "approve": Spec(
        ("approve",),
        staff.ReviewForm,
        lambda c, d, a, at: replying.approve(case=c, remark=d["remark"], actor=a, at=at),
        "a",
        leaves="hotline:review",
    ),
    "redo": Spec(
        ("redo",),
        staff.ReviewForm,
        lambda c, d, a, at: replying.send_back(case=c, remark=d["remark"], actor=a, at=at),
        "r",
        leaves="hotline:review",
    ),
    "return": Spec(
        ("return",),
        staff.ReturnForm,
        lambda c, d, a, at: dispatching.return_case(
            case=c, reason=d["reason"], basis=d["basis"], proposed_unit_id=d["proposed_unit"], actor=a, at=at
        ),
        "r",
        leaves="hotline:inbox",
    ),
    "take": Spec(("take",), staff.PlainForm, lambda c, _d, a, at: handling.take(case=c, actor=a, at=at), "t"),
    "desk_note": Spec(
        ("desk_note",),
        staff.SuperviseForm,
        lambda c, d, a, at: handling.supervise(case=c, text=d["text"], actor=a, at=at),
        "u",
    ),
    "publish_title": Spec(
        ("publish_title",),
        staff.PublishForm,
        lambda c, d, a, at: publishing.publish_title(case=c, title=d["title"], actor=a, at=at),
        proposal=lambda case: {"title": case.request.public_title or hide_contacts(case.title)},
    ),
    "withdraw_title": Spec(
        ("withdraw_title",),
        staff.PlainForm,
        lambda c, _d, a, at: publishing.withdraw_title(case=c, actor=a, at=at),
    ),
    "correct": Spec(
        ("correct",),
        staff.CorrectForm,
        lambda c, d, a, at: correct(kind=kind_of(c.kind), case=c, reason=d["reason"], actor=a, at=at),
    ),
}
# These stand in the editor, the review panel and the panel of what is public, not in the list of acts.
ELSEWHERE: Final = frozenset({"submit", "approve", "redo", "publish_title", "withdraw_title"})


@dataclass(frozen=True, slots=True)
class Act:
    """One act as the page shows it."""

    name: str
    label: str
    rule: str
    icon: str
    key: str
    url: str
    form: staff.VersionForm
    plain: bool  # needs no words: one button
    pane: str  # the editor's tab that holds its form already


def form_for(
    name: str, data: Any = None, *, version: int | None = None, proposed: Mapping[str, Any] | None = None
) -> staff.VersionForm:
    """Return the form of an act, bound where data is given; ids carry the act's name, for several stand on one page."""
    extra: dict[str, Any] = {"units": unit_choices()} if name in {"return", "dispatch"} else {}
    initial: dict[str, Any] = {} if version is None else {"version": str(version)}
    initial |= proposed or {}
    return SPECS[name].form(data, auto_id=f"{name}-%s", initial=initial, **extra)


def unit_choices() -> list[tuple[int, str]]:
    return [(u.id, named(u)) for u in units().active]


def open_acts(file: Dossier, actor: Actor, at: datetime) -> dict[str, Move]:
    """Return the acts that are open to this actor now, with the move each would become."""
    found = {name: move for name, (move, bar) in _possible(file, actor, at).items() if not bar}
    if "start" in found:
        found.pop("take", None)
    return found


def cannot(file: Dossier, actor: Actor, at: datetime) -> Sequence[tuple[str, str]]:
    """Return acts the state would allow but a rule forbids, each with the rule."""
    barred = {name: (move, bar) for name, (move, bar) in _possible(file, actor, at).items() if bar}
    for name in UNEXPLAINED:
        barred.pop(name, None)
    if "approve" in barred:
        barred.pop("redo", None)
    return [(_("审核") if name == "approve" else _label(name, move), bar) for name, (move, bar) in barred.items()]


def _possible(file: Dossier, actor: Actor, at: datetime) -> dict[str, tuple[Move, str]]:
    """Return what state and rights allow, each act with what stands against it: nothing for those that are open."""
    case = file.case
    moves = {m.name: m for m in moves_for(kind=kind_of(case.kind), case=case, actor=actor)}
    found = {}
    for name, spec in SPECS.items():
        held = [moves[one] for one in spec.moves if one in moves]
        if not held:
            continue
        bar = BARS[name](file, actor, at) if name in BARS else ""
        wanted = spec.moves[_step(name, file)]
        if not bar and wanted not in moves:
            bar = _others_step(name, file)
        found[name] = moves.get(wanted, held[0]), bar
    return found


def _step(name: str, file: Dossier) -> int:
    """Return which move of an act is meant: the first or the second time."""
    if name == "ask_extension":
        return min(file.case.request.extensions, len(SPECS[name].moves) - 1)
    return file.extension.number - 1 if name == "decide_extension" and file.extension else 0


def _others_step(name: str, file: Dossier) -> str:
    """Return who decides where the actor holds the right for the other of two moves."""
    if name != "decide_extension":
        return ""
    return _("第一次延期由单位负责人批。") if _step(name, file) == 0 else _("第二次延期由督办批。")


# One's own already, or nothing public about it: the page says so elsewhere.
UNEXPLAINED: Final = ("take", "publish_title", "withdraw_title")
BARS: Final[Mapping[str, Callable[[Dossier, Actor, datetime], str]]] = {
    "ask_citizen": lambda f, _a, _t: bars.against_waiting(f.case.request, contacted=f.contacted),
    "ask_extension": lambda f, _a, at: bars.against_extension(f.case.request, bars.answer_clock(f.clocks), at),
    "decide_extension": lambda f, _a, _t: bars.against_decision(f.extension, bars.answer_clock(f.clocks)),
    "return": lambda f, _a, _t: bars.against_return(f.case),
    "approve": lambda f, a, _t: bars.against_review(f.reply, a),
    "redo": lambda f, a, _t: bars.against_review(f.reply, a),
    "take": lambda f, a, _t: _("已经由我办理。") if f.case.holder_id == a.user_id else "",
    "correct": lambda f, _a, _t: against_correction(f.case, f.step.after if f.step else None),
    "publish_title": lambda f, _a, _t: "" if is_shown(f.case) else _("这一件不对外。"),
    "withdraw_title": lambda f, _a, _t: "" if f.case.request.public_title else _("没有公开过标题。"),
    "recall": lambda f, a, _t: bars.against_recall(f.step.move, f.step.actor_id, a) if f.step else "",
}


def fresh_form(name: str, case: Case, offer: Suggestion | None = None) -> staff.VersionForm:
    """Return the form of an act nobody has typed into, with what is proposed."""
    proposed = {"unit": offer.unit_id} if offer and name == "dispatch" else SPECS[name].proposal(case)
    return form_for(name, version=case.version, proposed=proposed)


def act_list(file: Dossier, found: Mapping[str, Move], query: str, at: datetime) -> list[Act]:
    """Return the acts in the order of the page, with rule, key and form."""
    offer = _offer(file.case, at) if "dispatch" in found else None
    panes = {"contact": "pane-contact", "note": "pane-note"} if "submit" in found else {}
    return [
        Act(
            name=name,
            label=_label(name, move),
            rule=offer_words(offer) if offer and name == "dispatch" else rule_words(name, file, at),
            icon=move.icon,
            key=SPECS[name].key,
            url=f"{act_url(file.case.number, name)}?{query}",
            form=fresh_form(name, file.case, offer),
            plain=SPECS[name].form is staff.PlainForm,
            pane=panes.get(name, ""),
        )
        for name, move in found.items()
        if name not in ELSEWHERE
    ]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Whose step it is, where the reader has none; with the way there for those who may go it."""

    words: str
    act: str = ""
    url: str = ""


def whose_step(file: Dossier, actor: Actor) -> Elsewhere:
    """Say at which desk a case goes on, for a reader who has nothing to do with it now."""
    case = file.case
    if case.closed_at is not None:
        return Elsewhere(_("这一件已经办结，没有要办的。"))
    words, right, act, url = _desk_of(case)
    may = actor.can(right) and (right != HotlineRight.CASE_HANDLE or case.holder_unit_id in actor.units)
    return Elsewhere(words, act, url) if may else Elsewhere(words)


def _desk_of(case: Case) -> tuple[str, HotlineRight, str, str]:
    """Return where a case goes on: in words, the right to be there, the way there in words and as an address."""
    if case.state in {"received", "to_dispatch", "returned"}:
        url = f"{reverse('hotline:board')}?case={case.number}"
        return _("这一步由派件台办。"), HotlineRight.CASE_DISPATCH, _("到派件台"), url
    if case.state == "submitted":
        return _("这一步由审核员办。"), HotlineRight.CASE_REVIEW, _("到审核"), reverse("hotline:review")
    if case.state in {"replied", "callback"}:
        url = reverse("hotline:callback_case", args=[case.number])
        return _("这一步由居民评价，或由回访员打电话问。"), HotlineRight.CASE_CALLBACK, _("到回访"), url
    if case.state == "waiting_citizen":
        return _("这一步等居民补充。"), HotlineRight.CASE_HANDLE, _("到我的件"), reverse("hotline:inbox")
    words = _("这一步由%(unit)s办。") % {"unit": named(units().by_id.get(case.holder_unit_id or 0))}
    return words, HotlineRight.CASE_HANDLE, _("到我的件"), reverse("hotline:inbox")


def offer_words(offer: Suggestion) -> str:
    """Return where the catalogue or the returning unit would send it."""
    unit = units().by_id.get(offer.unit_id or 0)
    return _("建议派给%(unit)s") % {"unit": named(unit)} if unit else _("目录不知道该给谁，请选单位。")


def _label(name: str, move: Move) -> str:
    return _("批延期") if name == "decide_extension" else str(move.label)


def rule_words(name: str, file: Dossier, at: datetime) -> str:
    """Return the rule an act stands under, in one short sentence."""
    case = file.case
    if name == "decide_extension" and file.extension:
        return _("要多 %(n)s 个工作日：%(reason)s") % {
            "n": file.extension.amount,
            "reason": seen(file, file.extension.reason),
        }
    if name == "ask_citizen":
        return _("计时暂停，最多 %(term)s，只有一次") % {"term": limit_words("hotline.wait", case, at)}
    if name == "ask_extension":
        return _extension_rule(file)
    if name == "sign":
        return _("签收后 %(term)s内要联系居民") % {"term": limit_words("hotline.contact", case, at)}
    return _plain_rules(get_language()).get(name, "")


@lru_cache
def _plain_rules(_language: str | None) -> dict[str, str]:
    return {
        "recall": _("单位还没签收，收回来重新派"),
        "start": _("从现在起由我经办"),
        "contact": _("第一次打通算首次联系，不影响答复期限"),
        "note": _("只有内部看得到"),
        "resume": _("不再等，计时接着走"),
        "return": _("写明依据；第二次退回直接转兜底单位"),
        "take": _("经办人改成我"),
        "desk_note": _("承办单位会收到"),
        "publish_title": _("谁都看得到；可以随时收回"),
        "withdraw_title": _("以后只显示类别和路名"),
        "correct": _("退到上一步之前，错的一步留在经过里"),
    }


def _extension_rule(file: Dossier) -> str:
    if file.case.request.extensions:
        return _("最后一次，由督办批；超时以后不能再提")
    return _("由单位负责人批，最多两次；超时以后不能再提")
