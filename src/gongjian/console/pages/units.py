"""Units: found, added, renamed, merged, split, closed; every act that moves something shows first what it moves."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongjian.casefile.handover import Handed, open_help, open_work
from gongjian.casework.errors import RefusedError
from gongjian.console import handing
from gongjian.console.forms_units import REASON, CloseForm, EditUnitForm, NewUnitForm, SplitForm
from gongjian.console.frame import frame, language_of, posted
from gongjian.console.pages.office import posts_of
from gongjian.identity import actions
from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded
from gongjian.identity.models import Unit
from gongjian.identity.queries import former_names, names_of, people_of, roles_held, units
from gongjian.identity.reference import UnitRef
from gongjian.identity.refusals import Refused
from gongjian.identity.requests import ActorRequest
from gongjian.listing import listed
from gongjian.web.forms import Form, TooLongError, words_of
from gongjian.web.parts import Crumb, Filter, Option
from gongjian.web.searching import Sought, sought
from gongjian.workdays.clock import now

PAGE = 100
DIGITS = 5


def _known(code: str) -> UnitRef:
    unit = units().by_code.get(code)
    if unit is None:
        raise Http404
    return unit


def _crumbs(request: ActorRequest, unit: UnitRef | None, last: str = "") -> list[Crumb]:
    first = [
        Crumb(pgettext("栏目", "管理"), reverse("console:office")),
        Crumb(pgettext("栏目", "单位"), reverse("console:units") if last or unit is not None else ""),
    ]
    if unit is None:
        return [*first, Crumb(last)] if last else first
    name = unit.short(language_of(request))
    return (
        [*first, Crumb(name, reverse("console:unit", args=[unit.code])), Crumb(last)] if last else [*first, Crumb(name)]
    )


def _page(request: ActorRequest, template: str, form: Form | None, **context: Any) -> HttpResponse:
    wrong = form is not None and form.is_bound and bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(
        request, f"console/{template}.html", {**frame(request, "units"), "form": form, **context}, status=status
    )


@guarded(IdentityRight.UNITS_MANAGE)
@require_safe
def unit_list(request: ActorRequest) -> HttpResponse:
    """Show units by name, pinyin or code; from memory."""
    asked, closed = sought(request.GET), request.GET.get("state") == "closed"
    found = [unit for unit in units() if unit.active is not closed and _matches(unit, asked)]
    after = request.GET.get("after", "")
    start = int(after) if after.isdecimal() and len(after) <= DIGITS else 0
    states = [Option("", _("在用"), not closed), Option("closed", _("已撤销"), closed)]
    more = urlencode({"q": asked.words, "state": "closed" if closed else "", "after": start + PAGE})
    context = {
        "units": found[start : start + PAGE],
        "q": asked.words,
        "none_words": asked.told(_("没有这样的单位。")),
        "filters": [Filter("state", _("状态"), states)],
        "page": {"next": len(found) > start + PAGE},
        "more_url": f"?{more}",
        "crumbs": _crumbs(request, None),
    }
    return _page(request, "unit_list", None, **context)


def _matches(unit: UnitRef, asked: Sought) -> bool:
    if not asked.words or asked.vain:
        return not asked.vain
    text = asked.text.casefold()
    words = (unit.code, unit.name_zh, unit.name_en, unit.short_zh, unit.short_en, unit.pinyin)
    former = (name for old in former_names(unit.id) for name in (old.name_zh, old.short_zh))
    return any(text in word.casefold() for word in (*words, *former))


@guarded(IdentityRight.UNITS_MANAGE)
@require_safe
def unit_page(request: ActorRequest, code: str) -> HttpResponse:
    """Show one unit, what it was called, who holds which role there now, what it still holds."""
    return _unit(request, _known(code), now())


def _unit(request: ActorRequest, unit: UnitRef, at: datetime, wrong: str = "") -> HttpResponse:
    """Show a unit; what is `wrong` with a short act stands at the words that were typed for it."""
    language = language_of(request)
    held = roles_held(at=at, unit_id=unit.id)
    book = units().by_id
    context = {
        "unit": unit,
        "parent": book.get(unit.parent_id) if unit.parent_id else None,
        "successor": book.get(unit.successor_id) if unit.successor_id else None,
        "former": former_names(unit.id),
        "children": [child for child in units() if child.parent_id == unit.id and child.active],
        "posts": posts_of(held, language, names_of({one.user_id for one in held})),
        "open_work": open_work(unit_id=unit.id).count(),
        "open_help": open_help(unit_id=unit.id, without=unit.successor_id or 0).count(),
        "wrong": wrong,
        "reason": words_of(request, "reason"),
        "crumbs": _crumbs(request, unit),
    }
    answer = _page(request, "unit_page", None, **context)
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return answer


@guarded(IdentityRight.UNITS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def unit_new(request: ActorRequest) -> HttpResponse:
    """Add a unit."""
    form = NewUnitForm(posted(request), language=language_of(request))
    if form.is_valid() and (made := _made(form, request, now())) is not None:
        messages.success(request, _("单位建好了。给它配上收件的人，再在类别里写上归它办的事。"))
        return redirect("console:unit", made.code)
    return _page(request, "unit_new", form, crumbs=_crumbs(request, None, _("新单位")))


def _made(form: NewUnitForm, request: ActorRequest, at: datetime) -> Unit | None:
    return _tried(form, lambda: actions.create_unit(**form.columns(), actor=request.actor, at=at))


def _tried[Done](form: Form, act: Callable[[], Done]) -> Done | None:
    """Do it, or put the reason why not on the form."""
    try:
        return act()
    except (Refused, RefusedError) as refused:
        field = refused.field if refused.field in form.fields else None
        form.add_error(field, str(refused))
        return None


@guarded(IdentityRight.UNITS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def unit_edit(request: ActorRequest, code: str) -> HttpResponse:
    """Rename a unit or change where it stands; the old name is kept."""
    unit = _known(code)
    initial = {name: getattr(unit, name) for name in ("name_zh", "short_zh", "name_en", "short_en", "kind")}
    initial |= {"parent": unit.parent_id, "subdistrict": unit.subdistrict_id}
    form = EditUnitForm(posted(request), language=language_of(request), unit_id=unit.id, initial=initial)
    if form.is_valid():
        done = _tried(
            form,
            lambda: actions.change_unit(
                unit_id=unit.id, reason=form.cleaned_data["reason"], actor=request.actor, at=now(), **form.columns()
            ),
        )
        if done is not None:
            messages.success(request, _("改好了，各处马上显示新的。") if done else _("没有变化。"))
            return redirect("console:unit", code)
    return _page(request, "unit_edit", form, unit=unit, crumbs=_crumbs(request, unit, _("改资料")))


@guarded(IdentityRight.UNITS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def unit_close(request: ActorRequest, code: str) -> HttpResponse:
    """Close a unit or merge it into another; first show what goes along."""
    at, unit = now(), _known(code)
    form = CloseForm(posted(request), language=language_of(request), unit_id=unit.id)
    into = effect = None
    if form.is_valid():
        into = units().by_id.get(form.cleaned_data["into"]) if form.cleaned_data["into"] else None
        row = Unit.objects.get(pk=unit.id)
        effect = handing.effect_of(row, into_id=into.id if into else None, at=at)
        if "sure" in request.POST and _tried(form, lambda: _close(request, unit, into, form, at)):
            return redirect("console:unit", code)
    context = {"unit": unit, "into": into, "effect": effect, "crumbs": _crumbs(request, unit, _("撤并"))}
    return _page(request, "unit_close", form, **context)


def _close(request: ActorRequest, unit: UnitRef, into: UnitRef | None, form: CloseForm, at: datetime) -> bool:
    reason = form.cleaned_data["reason"]
    if into is None:
        handing.close(unit_id=unit.id, reason=reason, actor=request.actor, at=at)
        messages.success(request, _("撤销了。以前的件上还看得到它。"))
        return True
    handed = handing.merge(unit_id=unit.id, into_id=into.id, reason=reason, actor=request.actor, at=at)
    tell(request, handed, into.short(language_of(request)))
    return True


def tell(request: ActorRequest, handed: Handed, where: str) -> None:
    """Say how many matters went, and which did not."""
    words = ngettext("移交了 {n} 件，到{where}。", "移交了 {n} 件，到{where}。", handed.moved)
    messages.success(request, words.format(n=handed.moved, where=where))
    if handed.refused:
        names = listed(handed.refused[:10])
        messages.warning(request, _("有几件没有移交：{listed}。它们正好有人在办，过一会儿再试。").format(listed=names))


@guarded(IdentityRight.UNITS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def unit_split(request: ActorRequest, code: str) -> HttpResponse:
    """Make a new unit of a part of this one: chosen topics, communities and people; first show how much that is."""
    at, unit = now(), _known(code)
    if not unit.active:
        raise Http404
    rows = handing.Pick(unit_id=unit.id, restricted=frozenset()).rows()
    offered = handing.offered(rows, chinese=language_of(request).startswith("zh"))
    staff = sorted(names_of(people_of(unit.id, at=at)).items(), key=lambda one: one[1])
    form = SplitForm(
        posted(request), language=language_of(request), offered=offered, staff=staff, initial={"kind": unit.kind}
    )
    effect = None
    if form.is_valid():
        chosen = form.cleaned_data
        pick = handing.Pick(unit_id=unit.id, topics=chosen["topics"], communities=chosen["communities"])
        effect = handing.effect_of(Unit.objects.get(pk=unit.id), into_id=None, at=at, pick=pick)
        made = _tried(form, lambda: _split(request, unit, pick, form, at)) if "sure" in request.POST else None
        if made is not None:
            return redirect("console:unit", made.code)
    context = {"unit": unit, "effect": effect, "crumbs": _crumbs(request, unit, _("拆分"))}
    return _page(request, "unit_split", form, **context)


def _split(request: ActorRequest, unit: UnitRef, pick: handing.Pick, form: SplitForm, at: datetime) -> Unit:
    made, handed = handing.split(
        source_id=unit.id,
        target=lambda: actions.create_unit(**form.columns(), actor=request.actor, at=at),
        pick=pick,
        user_ids=form.cleaned_data["people"],
        reason=form.cleaned_data["reason"],
        actor=request.actor,
        at=at,
    )
    tell(request, handed, made.short_zh)
    messages.info(request, _("新来的件还按原来的派件规则走。到“类别”里把归新单位办的改过来。"))
    return made


@guarded(IdentityRight.UNITS_MANAGE)
@require_POST
def unit_act(request: ActorRequest, code: str, act: str) -> HttpResponse:
    """Do one of the short acts: backstop, reopen, or finish a merge that was broken off."""
    at, unit = now(), _known(code)
    try:
        reason = words_of(request, "reason", REASON)
        if act == "backstop":
            actions.set_backstop(unit_id=unit.id, reason=reason, actor=request.actor, at=at)
            messages.success(request, _("兜底单位换好了，马上有效。"))
        elif act == "reopen":
            actions.reopen_unit(unit_id=unit.id, reason=reason, actor=request.actor, at=at)
            messages.success(request, _("重新启用了。移交出去的件不会自己回来。"))
        elif act == "finish" and unit.successor_id:
            into = units().by_id[unit.successor_id]
            words = reason or _("{unit}已并入").format(unit=unit.short_zh)
            handed = handing.finish_merge(unit_id=unit.id, into_id=into.id, reason=words, actor=request.actor, at=at)
            tell(request, handed, into.short(language_of(request)))
        else:
            raise Http404
    except (Refused, RefusedError, TooLongError) as refused:
        return _unit(request, _known(code), at, str(refused))
    return redirect("console:unit", code)
