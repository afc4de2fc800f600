"""The case page: read the matter, do what may be done now, write the answer. Also the reviewer's page of one case."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongjian.casefile.reveal import reveal
from gongjian.casework.errors import CaseError, IllegalMoveError, StaleCaseError
from gongjian.casework.kinds import Move, kind_of
from gongjian.casework.models import Case
from gongjian.casework.queries import last_change
from gongjian.domains.hotline.access import DeskRight, HotlineRight
from gongjian.domains.hotline.actions.handling import save_reply_draft
from gongjian.domains.hotline.forms.staff import ReplyForm, RevealForm, VersionForm
from gongjian.domains.hotline.pages import casefile
from gongjian.domains.hotline.pages.acts import (
    SPECS,
    act_list,
    cannot,
    form_for,
    fresh_form,
    open_acts,
    rule_words,
    whose_step,
)
from gongjian.domains.hotline.pages.clockface import clock_face, limit_words
from gongjian.domains.hotline.pages.common import (
    absent,
    as_read,
    case_or_404,
    chinese,
    desk_nav,
    named,
    show_refusal,
    state_badge,
)
from gongjian.domains.hotline.pages.letter import Answer, letter_response
from gongjian.domains.hotline.pages.listing import REVIEW, Listing, listing_of, of_desk, tab_words
from gongjian.domains.hotline.pages.why import reasons, remedy
from gongjian.domains.hotline.queries import (
    Dossier,
    InList,
    Said,
    attachments,
    dossier,
    history,
    near_cases,
    party_of,
    pending_reply,
    place_in_list,
    standing_of,
)
from gongjian.domains.hotline.queries.drafts import reply_draft
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import Forbidden
from gongjian.web.forms import words_of
from gongjian.web.links import link
from gongjian.web.parts import Crumb, StateBadge
from gongjian.workdays.clock import now

STALE: Final = HTTPStatus.CONFLICT
REFUSED: Final = HTTPStatus.UNPROCESSABLE_ENTITY
MEND: Final = "console:notices:mend"  # of the room above, whose page is known by name


@dataclass(frozen=True, slots=True)
class Check:
    """A hint beside the answer; it forbids nothing."""

    good: bool
    words: str


@guarded()
@require_GET
def case_page(request: ActorRequest, number: str) -> HttpResponse:
    """Show one case to whoever may open it: 404 for others."""
    return _show(request, number, at=now())


def _lost(file: Dossier, actor: Actor, at: datetime) -> dict[str, object]:
    """Return what reached nobody, and for whoever may mend it the way there."""
    mend = link("console:undelivered") if file.lost and actor.can(MEND) else ""
    return {"lost": casefile.lost_words(file, at), "mend_url": mend}


def _show(
    request: ActorRequest, number: str, *, at: datetime, form: VersionForm | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Draw the page; a form that was refused keeps what was typed into it."""
    actor = request.actor
    file = dossier(actor=actor, number=number, at=at, reviews=actor.can(HotlineRight.CASE_REVIEW))
    if file is None:
        raise absent(request.actor, number)
    listing = of_desk(listing_of(request.GET, actor), request.GET, actor, at)
    found = open_acts(file, actor, at)
    if form is not None and form.is_bound and "submit" not in found:
        return _act_page(request, number, "submit", form, at=at, status=status)  # no editor any more: keep the words
    near = near_cases(file.case)
    around = casefile.neighbours(near, actor, at)
    documents = attachments(file.case.pk) if file.has_files else []
    said, what_if_wrong = history(file.case.pk), remedy(file, found)
    known = casefile.facts(file, at)
    draft = file.draft(request.GET.get("draft", ""))
    reply = form if isinstance(form, ReplyForm) else _reply_form(file, draft)
    acts = act_list(file, found, listing.query, at)
    forms = {act.name: act.form for act in acts}
    context = {
        **_frame(request, file, listing, at),
        "facts": known,
        "why": reasons(file, said),
        "remedy": what_if_wrong[0],
        "remedy_url": what_if_wrong[1],
        "order_url": reverse("hotline:order", args=[number]),
        "restrict_url": _restrict_url(file, actor),
        **_lost(file, actor, at),
        "evidence_url": reverse("hotline:evidence", args=[number]),
        "offers_url": reverse("hotline:wording_offers", args=[number]),
        "files": casefile.files(file, documents),
        "caller": casefile.caller(file, actor, at, said, known),
        "public": casefile.public_title(file, said, at),
        "history": casefile.history(file, said, documents, kind_of(file.case.kind)),
        "map": casefile.map_view(file, near, around),
        "around": around,
        "clock": clock_face(file.case, file.clocks, at),
        "acts": acts,
        "cannot": cannot(file, actor, at),
        "elsewhere": whose_step(file, actor) if not acts else None,
        "may": frozenset(found),
        "form": reply,
        "contact_form": forms.get("contact"),
        "note_form": forms.get("note"),
        "review_form": form_for("approve", version=file.case.version) if "approve" in found else None,
        "reveal_form": partial(RevealForm, auto_id="reveal-%s"),  # made when it is drawn
        "review": _review(file),
        "saved_at": draft.saved_at if draft else None,
        "other_drafts": [one for one in file.drafts if draft is not None and one.pk != draft.pk],
        **_preview(file, _text_of(reply), at),
    }
    return render(request, "hotline/case.html", context, status=status)


def _restrict_url(file: Dossier, actor: Actor) -> str:
    """Return where the requester's number can be held back; nothing for those who may not, or without a number."""
    known = actor.can(DeskRight.CALLER_RESTRICT) and file.mask_phone
    return reverse("hotline:restrict_caller", args=[file.case.number]) if known else ""


def _frame(request: ActorRequest, file: Dossier, listing: Listing, at: datetime) -> dict[str, Any]:
    """Return what stands around the page: navigation, head, place in the list."""
    case, actor = file.case, request.actor
    place = _place(file, listing, request, at)
    current, crumb = _came_from(request, listing)
    urgency = {1: _("紧急"), 2: _("危急")}.get(case.urgency, "")
    return {
        "desk": desk_nav(actor, current),
        "unread": file.unread,
        "crumbs": [*crumb, Crumb(_place_words(place) or case.number)],
        "case": case,
        "request_words": casefile.seen(file, case.request.description),
        "badges": [
            state_badge(case),
            StateBadge("", str(kind_of(case.kind).label)),
            *([StateBadge("late", urgency, "alert")] if urgency else []),
            *([StateBadge("hold", _("限制查看"), "lock")] if case.restricted else []),
        ],
        "previous": _neighbour_url(place.previous, listing),
        "next": _neighbour_url(place.next, listing),
        "listing": listing,
        "at": at,
    }


def _came_from(request: ActorRequest, listing: Listing) -> tuple[str, list[Crumb]]:
    """Return the desk and the list the reader works at: the list of the address, otherwise where the day begins."""
    actor = request.actor
    if listing.tab == REVIEW:
        return "review", [Crumb(tab_words()[REVIEW], reverse("hotline:review"))]
    if "tab" in request.GET or actor.can(HotlineRight.CASE_HANDLE) or actor.can(HotlineRight.CASE_SIGN):
        return "inbox", [Crumb(tab_words()[listing.tab], f"{reverse('hotline:inbox')}?{listing.query}")]
    desks = desk_nav(actor, "")
    board = [item for item in desks if item.url == reverse("hotline:board")]  # where a dispatcher's day begins
    return "", [Crumb(item.label, item.url) for item in (board or desks)[:1]]


def _place(file: Dossier, listing: Listing, request: ActorRequest, at: datetime) -> InList:
    """Return where the case stands in the list it was opened from; asked only where there was a list."""
    desk = listing.desk(request.actor, at) if "tab" in request.GET else None
    return place_in_list(file.case, desk) if desk is not None else InList()


def _place_words(place: InList) -> str:
    if not place.total:
        return ""
    return _("第 %(n)s 件，共 %(total)s 件，按期限排") % {"n": place.number, "total": place.total}


def _neighbour_url(number: str, listing: Listing) -> str:
    return f"{reverse('hotline:case', args=[number])}?{listing.query}" if number else ""


def _reply_form(file: Dossier, draft: Any) -> ReplyForm:
    initial = {"version": str(file.case.version), "resolved": file.case.request.resolved, "draft": "0", "seen": "0"}
    if draft is not None:
        initial |= {"text": draft.text, "draft": str(draft.pk), "seen": str(draft.version)}
    return ReplyForm(initial=initial, auto_id="submit-%s")


def _text_of(form: VersionForm) -> str:
    """Return what stands in the editor now."""
    return str(form["text"].value() or "")


def _review(file: Dossier) -> dict[str, Any] | None:
    """Return what the reviewer sees beside the answer."""
    if file.reply is None:
        return None
    return {
        "text": file.reply.text,
        "resolved": file.reply.get_resolved_display(),
        "by": file.reply_by if chinese() else file.reply_by_en,
        "unit": named(units().by_id.get(file.reply.unit_id)),
        "at": file.reply.written_at,
        "copied": casefile.copied_words(file),
        "checks": checks(file.reply.text, contacted=file.contacted),
    }


def _preview(file: Dossier, text: str, at: datetime) -> dict[str, Any]:
    """Return what the resident will read, and the hints beside the editor."""
    case = file.case
    return {
        "preview_text": text.strip(),
        "preview_unit": named(units().by_id.get(case.holder_unit_id)) if case.holder_unit_id else "",
        "preview_again": limit_words("hotline.reopen", case, at),
        "checks": checks(text, contacted=file.contacted),
    }


def checks(text: str, *, contacted: bool) -> list[Check]:
    """Return hints on an answer: a contact stands in the log, the resident is addressed, a way to ask is named."""
    addressed, asks = "您" in text or "you" in text.lower(), _number_in(text)
    return [
        Check(contacted, _("有打通的联系记录") if contacted else _("还没有打通的联系记录")),
        Check(addressed, _("称呼了居民") if addressed else _("没有称呼居民（您）")),
        Check(asks, _("写了以后找谁") if asks else _("没有写以后找谁（电话）")),
    ]


def _number_in(text: str) -> bool:
    """Whether the text names a phone number: five digits and more, hyphens allowed."""
    run = 0
    for sign in text:
        if sign.isdigit():
            run += 1
        elif sign != "-":
            run = 0
        if run >= 5:  # noqa: PLR2004 the shortest number of a hotline
            return True
    return False


@guarded()
@require_http_methods(["GET", "POST"])
def case_act(request: ActorRequest, number: str, move: str) -> HttpResponse:
    """Show the form of one act on a page of its own, or do it. 404 out of reach, 403 where the act is not open."""
    at, spec = now(), SPECS.get(move)
    if spec is None:
        raise Http404(move)
    if request.method == "GET":
        return _act_page(request, number, move, form_for(move), at=at)
    case = case_or_404(request.actor, number)
    form = form_for(move, request.POST)
    if not form.is_valid():
        return _refused(request, number, move, form, at=at, status=REFUSED)
    standing = case.version
    case = as_read(case, form.cleaned_data["version"])
    try:
        spec.run(case, form.cleaned_data, request.actor, at)
    except CaseError as error:
        told = _overtaken(error, case, standing, request.actor)
        show_refusal(form, told, at)
        status = STALE if isinstance(told, StaleCaseError) else REFUSED
        return _refused(request, number, move, form, at=at, status=status)
    messages.success(request, done_words(move))
    if spec.leaves:
        return redirect(spec.leaves)
    return redirect(f"{reverse('hotline:case', args=[number])}?{listing_of(request.GET, request.actor).query}")


def _overtaken(error: CaseError, case: Case, standing: int, actor: Actor) -> CaseError:
    """Let whoever comes too late read who was first, also where the act is no longer open."""
    if not isinstance(error, IllegalMoveError) or case.version == standing:
        return error
    change = last_change(case.pk)
    return error if change and change.by == actor.name else StaleCaseError(change)


def done_words(move: str) -> str:
    words = {
        "dispatch": _("已派出。"),
        "recall": _("已收回，等着重新派。"),
        "sign": _("已签收。"),
        "start": _("已开始办理，由我经办。"),
        "submit": _("已提交审核。"),
        "contact": _("联系已记下。"),
        "note": _("意见已记下。"),
        "ask_extension": _("延期申请已提交。"),
        "ask_citizen": _("已请居民补充，计时停着。"),
        "resume": _("继续办理，计时接着走。"),
        "decide_extension": _("延期已批。"),
        "approve": _("已通过，居民看得到答复了。"),
        "redo": _("已退回重办。"),
        "return": _("已退回。"),
        "take": _("经办人改成我了。"),
        "desk_note": _("督办意见已发给承办单位。"),
        "publish_title": _("标题公开了。"),
        "withdraw_title": _("公开的标题收回了。"),
        "correct": _("上一步已更正。"),
    }
    return words[move]


def _refused(
    request: ActorRequest, number: str, move: str, form: VersionForm, *, at: datetime, status: int
) -> HttpResponse:
    """Show what was refused with the words kept: an answer in the editor, everything else on its own page."""
    if move == "submit":
        return _show(request, number, at=at, form=_fresh(request, number, form), status=status)
    return _act_page(request, number, move, form, at=at, status=status)


def _fresh(request: ActorRequest, number: str, form: VersionForm) -> VersionForm:
    """Let a refused form carry the version that stands now: whoever has read what changed may send again."""
    found = standing_of(actor=request.actor, number=number)
    if found is not None:
        form.data = {**{name: form.data.get(name, "") for name in form.data}, "version": str(found.version)}
    return form


def _act_page(
    request: ActorRequest,
    number: str,
    move: str,
    form: VersionForm,
    *,
    at: datetime,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    actor = request.actor
    file = dossier(actor=actor, number=number, at=at, reviews=actor.can(HotlineRight.CASE_REVIEW))
    if file is None:
        raise absent(request.actor, number)
    found = open_acts(file, actor, at)
    if move not in found and not form.is_bound:
        raise Forbidden(move)
    listing = listing_of(request.GET, actor)
    shown = next((act for act in act_list(file, found, listing.query, at) if act.name == move), None)
    untyped = shown.form if shown else fresh_form(move, file.case)
    form = _fresh(request, number, form) if form.is_bound else untyped
    step = found.get(move)
    context = {
        **_frame(request, file, listing, at),
        "form": form,
        "act": move,
        "act_label": shown.label if shown else str((step or _move_of(file, move)).label),
        "act_rule": shown.rule if shown else rule_words(move, file, at),
        "possible": move in found,
        "danger": move in {"return", "redo", "correct"},
        "review": _review(file) if move in {"approve", "redo"} else None,
        "back": f"{reverse('hotline:case', args=[number])}?{listing.query}",
    }
    return render(request, "hotline/case_act.html", context, status=status)


def _move_of(file: Dossier, act: str) -> Move:
    """Return the move an act stands for, also where it is not open now."""
    return kind_of(file.case.kind).move_of[SPECS[act].moves[0]]


@guarded(HotlineRight.CASE_SUBMIT)
@require_POST
def draft(request: ActorRequest, number: str) -> HttpResponse:
    """Keep what stands in the editor: two seconds after the last key by script, or by the button."""
    at = now()
    case = case_or_404(request.actor, number)
    form = ReplyForm(request.POST, auto_id="submit-%s")
    by_script = "X-Autosave" in request.headers
    if not form.is_valid():
        if by_script:
            return HttpResponse(status=REFUSED)
        return _show(request, number, at=at, form=_fresh(request, number, form), status=REFUSED)
    said = form.cleaned_data
    kept = save_reply_draft(
        case=case, text=said["text"], draft_id=said["draft"], seen=said["seen"], actor=request.actor, at=at
    )
    if by_script:
        told = json.dumps({"draft": str(kept.pk), "seen": str(kept.version)})
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"X-Draft": told})
    messages.success(request, _("草稿已存。"))
    listing = listing_of(request.GET, request.actor)
    return redirect(f"{reverse('hotline:case', args=[number])}?{listing.query}&draft={kept.pk}")


@guarded(HotlineRight.CASE_SUBMIT)
@require_POST
def preview(request: ActorRequest, number: str) -> HttpResponse:
    """Show the answer as the resident will read it: a fragment for htmx, the whole page without script."""
    at = now()
    file = dossier(actor=request.actor, number=number, at=at)
    if file is None:
        raise absent(request.actor, number)
    text = words_of(request, "text")
    if "HX-Request" in request.headers:
        context = {"case": file.case, "listing": listing_of(request.GET, request.actor), **_preview(file, text, at)}
        return render(request, "hotline/case.html#preview", context)
    given = ReplyForm(request.POST).data
    initial = {
        name: given.get(name, "") for name in ("version", "resolved", "draft", "seen", "text")
    }  # all that was typed
    return _show(request, number, at=at, form=ReplyForm(initial=initial, auto_id="submit-%s"))


@guarded()
@require_GET
def letter(request: ActorRequest, number: str) -> HttpResponse:
    """Hand out the answer as a letter; before it is approved, a preview that says so on its face."""
    at = now()
    case = case_or_404(request.actor, number)
    party = party_of(case.pk)
    return letter_response(case, _answer(request, case, at), language=party.language if party else "zh-hans", now=at)


def _answer(request: ActorRequest, case: Any, at: datetime) -> Answer:
    """Return what was answered, waits for review or is being written; where nothing is, a letter that says so."""
    if case.request.replied_at is not None and case.request.reply:
        return Answer(case.request.reply, case.holder_unit_id, case.request.replied_at, draft=False)
    waiting = pending_reply(case.pk)
    if waiting is not None:
        return Answer(waiting.text, waiting.unit_id, waiting.written_at, draft=True)
    typed = reply_draft(case_id=case.pk, user_id=request.actor.user_id or 0)
    return Answer(typed.text if typed else "", case.holder_unit_id, at, draft=True)


@guarded()
@require_http_methods(["GET", "POST"])
def reveal_contact(request: ActorRequest, number: str) -> HttpResponse:
    """Show the contact data for fifteen minutes, for a purpose the resident will read; say why where it is refused."""
    at = now()
    file = dossier(actor=request.actor, number=number, at=at)
    if file is None:
        raise absent(request.actor, number)
    form = RevealForm(request.POST if request.method == "POST" else None, auto_id="reveal-%s")
    said, status = history(file.case.pk), HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid() and file.party is not None:
            status = _reveal(request, file, said, form, at)
            if status is HTTPStatus.FOUND:
                return redirect(
                    f"{reverse('hotline:case', args=[number])}?{listing_of(request.GET, request.actor).query}#caller"
                )
        else:
            status = REFUSED
    context = {
        **_frame(request, file, listing_of(request.GET, request.actor), at),
        "form": form,
        "caller": casefile.caller(file, request.actor, at, said, casefile.facts(file, at)),
        "back": reverse("hotline:case", args=[number]),
    }
    return render(request, "hotline/case_reveal.html", context, status=status)


def _reveal(request: ActorRequest, file: Dossier, said: Sequence[Said], form: RevealForm, at: datetime) -> HTTPStatus:
    if file.party is None:
        return REFUSED
    try:
        reveal(
            kind=kind_of(file.case.kind),
            case=file.case,
            party=file.party,
            purpose=form.cleaned_data["purpose"],
            without_consent=HotlineRight.CASE_READ_ALL,
            actor=request.actor,
            at=at,
            words=[*casefile.words_of(file, said), *casefile.answered(file)],
        )
    except Forbidden:
        form.add_error(None, casefile.caller(file, request.actor, at).words)
        return HTTPStatus.FORBIDDEN
    except CaseError as error:
        show_refusal(form, error, at)
        return REFUSED
    return HTTPStatus.FOUND


@guarded()
@require_GET
def pulse(request: ActorRequest, number: str) -> HttpResponse:
    """Say who changed the case since the page was drawn; nothing where nobody did."""
    found = standing_of(actor=request.actor, number=number)
    if found is None:
        raise absent(request.actor, number)
    if request.GET.get("event", "") == str(found.event_id):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    change = last_change(found.case_id)
    at = now()
    words = casefile.change_words(change.by, change.move, change.at, at) if change else _("这一件刚刚有变化。")
    return render(request, "hotline/case.html#changed", {"changed": words})


routes: list[URLPattern] = [
    path("desk/cases/<slug:number>/", case_page, name="case"),
    path("desk/cases/<slug:number>/reply/draft/", draft, name="reply_draft"),
    path("desk/cases/<slug:number>/reply/preview/", preview, name="reply_preview"),
    path("desk/cases/<slug:number>/reply/letter.pdf", letter, name="reply_pdf"),
    path("desk/cases/<slug:number>/contact/", reveal_contact, name="reveal"),
    path("desk/cases/<slug:number>/changes/", pulse, name="case_pulse"),
    path("desk/cases/<slug:number>/correct/", case_act, {"move": "correct"}, name="correct"),
    path("desk/cases/<slug:number>/act/<slug:move>/", case_act, name="case_act"),
]
