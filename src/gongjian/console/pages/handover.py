"""Open matters handed on in bulk: inside a unit by its head, between units by administrators."""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from gongjian.casework.access import restricted_units
from gongjian.casework.errors import RefusedError
from gongjian.casework.models import Case
from gongjian.console import handing
from gongjian.console.forms_units import Choices, Offered, ReasonForm, many, unit_choices, whole
from gongjian.console.frame import frame, language_of, posted
from gongjian.console.pages.units import tell
from gongjian.domains.hotline.access import HotlineRight
from gongjian.identity.guard import guarded
from gongjian.identity.queries import names_of, people_of, people_with, units
from gongjian.identity.refusals import Refused
from gongjian.identity.requests import ActorRequest
from gongjian.listing import listed
from gongjian.web.forms import Form
from gongjian.web.paging import BadCursor, Keyset, Page
from gongjian.workdays.clock import now

PAGE = 50
ORDER = Keyset("pk")
NOBODY, ANYBODY = "nobody", ""


class FilterForm(Form):
    """Which open matters are looked at; it travels in the address."""

    unit = forms.TypedChoiceField(label=gettext_lazy("哪个单位的"), coerce=whole, empty_value=None, required=False)
    holder = forms.ChoiceField(label=gettext_lazy("现在谁在办"), required=False)
    topic = forms.TypedChoiceField(label=gettext_lazy("类别"), coerce=whole, empty_value=None, required=False)
    community = forms.TypedChoiceField(label=gettext_lazy("社区"), coerce=whole, empty_value=None, required=False)
    late = forms.BooleanField(label=gettext_lazy("只看超时的"), required=False)

    def __init__(self, *args: Any, unit_list: Choices, holders: Choices, offered: Offered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = str(_("不限"))
        self.fields["unit"].choices = unit_list  # type: ignore[attr-defined]
        self.fields["holder"].choices = [  # type: ignore[attr-defined]
            (ANYBODY, everything), (NOBODY, _("还没有人办")), *holders,
        ]  # fmt: skip
        self.fields["topic"].choices = [("", everything), *offered.topics]  # type: ignore[attr-defined]
        self.fields["community"].choices = [("", everything), *offered.communities]  # type: ignore[attr-defined]

    def pick(self, unit_id: int, restricted: frozenset[int] | None, at: datetime) -> handing.Pick:
        """Return the matters the filter means."""
        asked = self.cleaned_data if self.is_valid() else {}
        holder = str(asked.get("holder") or "")
        return handing.Pick(
            unit_id=unit_id,
            holder_id=int(holder) if holder.isdecimal() else None,
            nobody=holder == NOBODY,
            topics=[asked["topic"]] if asked.get("topic") else [],
            communities=[asked["community"]] if asked.get("community") else [],
            late_at=at if asked.get("late") else None,
            restricted=restricted,
        )


class SpreadForm(ReasonForm):
    """Who of the unit takes them, in turn; nobody ticked gives them back to the whole unit."""

    holders = many(gettext_lazy("给谁，几个人就轮流分"))
    field_order = ("holders", "reason")

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["holders"].choices = people  # type: ignore[attr-defined]


class TransferForm(ReasonForm):
    """Which other unit takes them."""

    into = forms.TypedChoiceField(label=gettext_lazy("移交给哪个单位"), coerce=whole, empty_value=None)
    field_order = ("into", "reason")

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].choices = choices  # type: ignore[attr-defined]


def _names(user_ids: frozenset[int], counts: dict[int | None, int]) -> Choices:
    """Return people with the number of matters they handle."""
    found = []
    for pk, name in sorted(names_of(user_ids).items(), key=lambda one: one[1]):
        held = counts.get(pk, 0)
        found.append((pk, ngettext("{name}（手里 {n} 件）", "{name}（手里 {n} 件）", held).format(name=name, n=held)))
    return found


def _unit_asked(request: ActorRequest, allowed: list[int]) -> int | None:
    asked = request.GET.get("unit", "")
    number = int(asked) if asked.isdecimal() and len(asked) < len("1000000000") else None
    return number if number in allowed else next(iter(allowed), None)


@guarded(HotlineRight.CASE_ASSIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def reassign(request: ActorRequest) -> HttpResponse:
    """Let a head give open matters of the unit to others there."""
    language, mine = language_of(request), sorted(request.actor.units_with(HotlineRight.CASE_ASSIGN))
    unit_id = _unit_asked(request, mine)
    if unit_id is None:
        return _page(request, "reassign", None, None, None, {})
    at = now()
    counts = handing.workload(unit_id)
    able = people_with(HotlineRight.CASE_HANDLE, unit_id=unit_id, at=at)
    form = SpreadForm(posted(request), people=_names(able, counts))
    held = _names(frozenset(pk for pk in counts if pk) | able, counts)
    choices: Choices = [(pk, units().by_id[pk].short(language)) for pk in mine]
    search, pick = _search(request, unit_id, choices, held, at)
    if form.is_valid() and (chosen := _chosen(request, form, pick)) is not None:
        people = form.cleaned_data["holders"] or [None]
        try:
            handed = handing.spread(
                chosen, holder_ids=people, reason=form.cleaned_data["reason"], actor=request.actor, at=at
            )
        except (Refused, RefusedError) as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            names = names_of([pk for pk in people if pk])
            tell(request, handed, listed(names.values()) or units().by_id[unit_id].short(language))
            return redirect(request.get_full_path())
    return _page(request, "reassign", form, search, pick, {"unit": units().by_id[unit_id]})


@guarded(HotlineRight.CASE_HAND_OVER)
@require_http_methods(["GET", "HEAD", "POST"])
def transfer(request: ActorRequest) -> HttpResponse:
    """Let an administrator hand open matters of one unit to another."""
    at, language = now(), language_of(request)
    holding = [pk for pk in Case.objects.filter(closed_at=None).values_list("holder_unit", flat=True).distinct() if pk]
    book = units().by_id
    known = sorted((pk for pk in holding if pk in book), key=lambda pk: book[pk].order)
    unit_id = _unit_asked(request, known)
    if unit_id is None:
        return _page(request, "transfer", None, None, None, {})
    counts = handing.workload(unit_id)
    held = _names(frozenset(pk for pk in counts if pk) | people_of(unit_id, at=at), counts)
    choices: Choices = [(pk, book[pk].short(language)) for pk in known]
    search, pick = _search(request, unit_id, choices, held, at)
    form = TransferForm(posted(request), choices=unit_choices(language, but=unit_id))
    if form.is_valid() and (chosen := _chosen(request, form, pick)) is not None:
        into, reason = form.cleaned_data["into"], form.cleaned_data["reason"]
        try:
            handed = handing.move_all(chosen, unit_id=into, keep_people=True, reason=reason, actor=request.actor, at=at)
        except (Refused, RefusedError) as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            tell(request, handed, book[into].short(language))
            return redirect(request.get_full_path())
    return _page(request, "transfer", form, search, pick, {"unit": book[unit_id]})


def _search(
    request: ActorRequest, unit_id: int, choices: Choices, held: Choices, at: datetime
) -> tuple[FilterForm, handing.Pick]:
    restricted = restricted_units(request.actor)
    rows = handing.Pick(unit_id=unit_id, restricted=restricted).rows()
    offered = handing.offered(rows, chinese=language_of(request).startswith("zh"))
    search = FilterForm({**request.GET.dict(), "unit": unit_id}, unit_list=choices, holders=held, offered=offered)
    return search, search.pick(unit_id, restricted, at)


def _chosen(request: ActorRequest, form: Form, pick: handing.Pick) -> handing.Pick | None:
    """Return the ticked matters, or all the filter means; None with the reason on the form, or for a preview."""
    numbers = request.POST.getlist("case")
    if "sure" in request.POST:
        return pick
    if "every" in request.POST:
        return None
    if not numbers:
        form.add_error(None, _("先勾选要移交的件，或选“全部”。"))
        return None
    return replace(pick, numbers=numbers[:1000])


def _page(
    request: ActorRequest,
    current: str,
    form: Form | None,
    search: FilterForm | None,
    pick: handing.Pick | None,
    context: dict[str, Any],
) -> HttpResponse:
    shown = {**frame(request, current), "form": form, "search": search, "act": current, **context}
    if pick is not None:
        rows = pick.rows().select_related("topic", "community", "holder")
        try:
            page: Page[Case] = ORDER.page(rows, size=PAGE, cursor=request.GET.get("after", ""))
        except BadCursor:
            page = ORDER.page(rows, size=PAGE)
        asked = request.GET.copy()
        asked["after"] = page.next or ""
        shown |= {"page": page, "total": pick.rows().count(), "more_url": f"?{asked.urlencode()}"}
        if request.method == "POST" and "every" in request.POST and form is not None and not form.errors:
            messages.info(request, _("看一遍下面的件，再按“确定全部移交”。"))
            shown["confirm"] = True
    wrong = form is not None and form.is_bound and bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "console/handover.html", shown, status=status)
