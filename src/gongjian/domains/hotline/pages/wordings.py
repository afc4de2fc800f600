"""Wordings of answers: choosing one while writing, and keeping them for a unit or for everybody."""

from calendar import month_name
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongjian.casework.errors import RefusedError
from gongjian.casework.models import Case
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.access import DeskRight, HotlineRight
from gongjian.domains.hotline.actions import wordings as keeping
from gongjian.domains.hotline.actions.handling import save_reply_draft
from gongjian.domains.hotline.forms.everyday import WordingForm
from gongjian.domains.hotline.pages.board_rows import as_json, short_of, topic_choices
from gongjian.domains.hotline.pages.common import case_or_404, case_url, frame, named, show_refusal
from gongjian.domains.hotline.queries import catalogue, party_of
from gongjian.domains.hotline.queries.drafts import reply_draft
from gongjian.domains.hotline.queries.wordings import kept_by, offered, template_of, versions
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import Forbidden
from gongjian.web.parts import Crumb
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day

EVERYBODY = 0  # as a choice of the form


@dataclass(frozen=True, slots=True)
class Offer:
    """One wording as the writer sees it: filled in for this case."""

    id: int
    name: str
    note: str
    text: str
    key: str


@guarded(HotlineRight.CASE_SUBMIT)
@require_GET
def offers(request: ActorRequest, number: str) -> HttpResponse:
    """Show the wordings an answer to this case may begin with: a fragment for the editor, a page without script."""
    at = now()
    case = case_or_404(request.actor, number)
    context = {"case": case, "offers": _offers(case, at), "manages": bool(_units_kept(request.actor))}
    if "X-Fragment" in request.headers:
        return render(request, "hotline/wording_offers.html#list", context)
    context |= {**frame(request.actor, "inbox"), "crumbs": [Crumb(number, case_url(number)), Crumb(_("答复模板"))]}
    return render(request, "hotline/wording_offers.html", context)


def _offers(case: Case, at: datetime) -> list[Offer]:
    found = offered(unit_id=case.holder_unit_id, topic_id=case.topic_id, day=local_day(at))
    values, english = _values(case, at)
    return [
        Offer(
            one.id,
            one.name,
            _("本单位的") if one.unit_id else _("各单位共用"),
            rules.fill_in((one.text_en or one.text_zh) if english else one.text_zh, values),
            str(n) if n < 10 else "",  # noqa: PLR2004 one key each
        )
        for n, one in enumerate(found, start=1)
    ]


def _values(case: Case, at: datetime) -> tuple[dict[str, str], bool]:
    """Return what the places of a wording become, and whether the resident reads English; never a name."""
    party = party_of(case.pk)
    english = party is not None and party.language.startswith("en")
    unit = units().by_id.get(case.holder_unit_id or 0)
    topic = catalogue(at).topics.get(case.topic_id or 0)
    day = local_day(at)
    side = "name_en" if english else "name_zh"
    months = f"{day.day} {month_name[day.month]} {day.year}" if english else f"{day.year}年{day.month}月{day.day}日"
    return {
        "greeting": "Dear resident," if english else "居民您好：",
        "number": case.number,
        "unit": getattr(unit, side, ""),
        "date": months,
        "topic": getattr(topic, side, ""),
        "title": case.title,
    }, english


@guarded(HotlineRight.CASE_SUBMIT)
@require_POST
def take(request: ActorRequest, number: str, pk: int) -> HttpResponse:
    """Begin an answer with a wording: its text for the editor, or into the draft where there is no script."""
    at = now()
    case = case_or_404(request.actor, number)
    chosen = next((one for one in _offers(case, at) if one.id == pk), None)
    if chosen is None:
        raise Http404(pk)
    keeping.count_use(template_id=pk)
    if "X-Fragment" in request.headers:
        return JsonResponse({"text": chosen.text})
    before = reply_draft(case_id=case.pk, user_id=request.actor.user_id or 0)
    text = "\n\n".join(part for part in (before.text.strip() if before else "", chosen.text) if part)
    save_reply_draft(case=case, text=text, actor=request.actor, at=at)
    messages.success(request, _("已放进草稿，改好再提交。"))
    return redirect(case_url(number))


def _units_kept(actor: Actor) -> list[int]:
    """Return whose wordings this actor keeps; `EVERYBODY` for those of all units."""
    mine = sorted(actor.units_with(DeskRight.TEMPLATE_UNIT))
    return [EVERYBODY, *mine] if actor.can(DeskRight.TEMPLATE_SHARE) else mine


def _must_keep(actor: Actor) -> list[int]:
    kept = _units_kept(actor)
    if not kept:
        raise Forbidden(DeskRight.TEMPLATE_UNIT)
    return kept


@guarded()
@require_GET
def wordings(request: ActorRequest) -> HttpResponse:
    """Show the wordings this person keeps."""
    at = now()
    kept = _must_keep(request.actor)
    day = local_day(at)
    found = kept_by(units=[u for u in kept if u], shared=EVERYBODY in kept, day=day)
    lines = [
        {
            "one": one,
            "unit": short_of(one.unit_id) if one.unit_id else _("各单位共用"),
            "topic": named(catalogue(at).topics.get(one.topic_id or 0)) or _("各类别"),
        }
        for one in found
    ]
    context = {**frame(request.actor, ""), "lines": lines, "crumbs": [Crumb(_("答复模板"))]}
    return render(request, "hotline/wordings.html", context)


@guarded()
@require_http_methods(["GET", "HEAD", "POST"])
def wording_new(request: ActorRequest) -> HttpResponse:
    """Write a new wording."""
    return _edit(request, None)


@guarded()
@require_http_methods(["GET", "HEAD", "POST"])
def wording_edit(request: ActorRequest, pk: int) -> HttpResponse:
    """Write a further version of a wording, or offer it no longer."""
    template = template_of(pk)
    if template is None or not keeping.may_keep(request.actor, template.unit_id):
        _must_keep(request.actor)
        raise Http404(pk)
    return _edit(request, template)


def _edit(request: ActorRequest, template: Any) -> HttpResponse:
    at, kept = now(), _must_keep(request.actor)
    if request.method == "POST" and request.POST.get("act") == "retire" and template is not None:
        keeping.retire_template(template_id=template.pk, actor=request.actor, at=at)
        messages.success(request, _("停用了。写好的答复不受影响。"))
        return redirect("hotline:wordings")
    past = versions(template.pk) if template is not None else []
    form = _form(request, template, past, kept, at)
    if form.is_valid() and _saved(request, form, template, at):
        messages.success(request, _("存好了。"))
        return redirect("hotline:wordings")
    context = {
        **frame(request.actor, ""),
        "form": form,
        "template": template,
        "versions": past,
        "several": len(kept) > 1 and template is None,
        "topic_json": as_json(topic_choices(at)),
        "crumbs": [
            Crumb(_("答复模板"), reverse("hotline:wordings")),
            Crumb(template.name if template is not None else _("新模板")),
        ],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "hotline/wording_edit.html", context, status=status)


def _form(request: ActorRequest, template: Any, past: Sequence[Any], kept: Sequence[int], at: datetime) -> WordingForm:
    choices = [(str(u), short_of(u) if u else _("各单位共用")) for u in kept]
    day: date = local_day(at)
    initial: dict[str, Any] = {"valid_from": day, "unit": choices[0][0]}
    if template is not None:
        initial |= {
            "name": template.name,
            "topic": named(catalogue(at).topics.get(template.topic_id or 0)),
            "text_zh": past[0].text_zh if past else "",
            "text_en": past[0].text_en if past else "",
        }
    data = request.POST if request.method == "POST" else None
    return WordingForm(data, auto_id="wording-%s", initial=initial, units=choices, topics=topic_choices(at))


def _saved(request: ActorRequest, form: WordingForm, template: Any, at: datetime) -> bool:
    """Keep what the form says; a refusal stands at its field."""
    given = form.cleaned_data
    chosen = given["unit"] if given["unit"] is not None else _units_kept(request.actor)[0]
    unit_id = template.unit_id if template is not None else chosen or None
    draft = keeping.Draft(
        name=given["name"],
        text_zh=given["text_zh"],
        text_en=given["text_en"],
        valid_from=given["valid_from"],
        unit_id=unit_id,
        topic_id=given["topic"],
    )
    try:
        keeping.save_template(
            draft=draft, template_id=template.pk if template is not None else None, actor=request.actor, at=at
        )
    except RefusedError as error:
        show_refusal(form, error, at)
        return False
    return True


routes: list[URLPattern] = [
    path("desk/wordings/", wordings, name="wordings"),
    path("desk/wordings/new/", wording_new, name="wording_new"),
    path("desk/wordings/<int:pk>/", wording_edit, name="wording"),
    path("desk/cases/<slug:number>/wordings/", offers, name="wording_offers"),
    path("desk/cases/<slug:number>/wordings/<int:pk>/", take, name="wording_take"),
]
