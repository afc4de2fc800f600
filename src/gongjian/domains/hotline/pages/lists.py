"""Every list of staff, known by name: keeping its filters, and taking it out as a spreadsheet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongjian.casework.errors import RefusedError
from gongjian.documents.downloads import file_response
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions import keeping, taking
from gongjian.domains.hotline.actions.exporting import search_ids
from gongjian.domains.hotline.forms.everyday import FilterForm
from gongjian.domains.hotline.pages import board_view, callback, review, search, supervise
from gongjian.domains.hotline.pages.common import chinese, desk_words, frame, show_refusal
from gongjian.domains.hotline.pages.keeping import ALL
from gongjian.domains.hotline.pages.listing import listing_of, of_desk
from gongjian.domains.hotline.queries.desks import rows_of
from gongjian.domains.hotline.queries.everyday import export_of, exports_of, filters_of
from gongjian.domains.hotline.queries.found import Part, ids_of
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import require
from gongjian.web.downloads import attachment
from gongjian.web.parts import Crumb
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day


@dataclass(frozen=True, slots=True)
class Place:
    """One list: the right that opens it and the one to take it out, its query as it writes it, and its cases."""

    right: HotlineRight
    takes: HotlineRight
    query: Callable[[QueryDict, Actor, datetime], str]
    cases: Callable[[QueryDict, Actor, datetime], Part | None]  # None where the list itself says what is wrong


def _inbox_query(data: QueryDict, actor: Actor, at: datetime) -> str:
    return of_desk(listing_of(data, actor), data, actor, at).query


def _inbox_cases(data: QueryDict, actor: Actor, at: datetime) -> Part:
    listing = of_desk(listing_of(data, actor), data, actor, at)
    rows, values = rows_of(listing.desk(actor, at), actor.units)
    return Part(f"select id {rows}", tuple(values))


def _search_query(data: QueryDict, actor: Actor, at: datetime) -> str:
    return search.asked(data, actor, HotlineRight.CASE_READ_UNIT, at).query


def _search_cases(data: QueryDict, actor: Actor, at: datetime) -> Part | None:
    wanted = search.asked(data, actor, HotlineRight.CASE_EXPORT, at).wanted
    return None if wanted is None else search_ids(wanted, actor)


_R = HotlineRight
# A desk's own list may be taken out by whoever works there; the search reaches further and asks for a right of its own.
PLACES: Final[Mapping[str, Place]] = {
    "search": Place(_R.CASE_READ_UNIT, _R.CASE_EXPORT, _search_query, _search_cases),
    "inbox": Place(_R.CASE_READ_UNIT, _R.CASE_READ_UNIT, _inbox_query, _inbox_cases),
    "board": Place(
        _R.CASE_DISPATCH,
        _R.CASE_DISPATCH,
        lambda data, actor, _at: board_view.view_of(data, actor).query,
        lambda data, actor, at: ids_of(board_view.view_of(data, actor).rows(at)),
    ),
    "supervise": Place(
        _R.CASE_SUPERVISE,
        _R.CASE_SUPERVISE,
        lambda data, actor, _at: supervise.view_of(data, actor).query,
        lambda data, actor, at: ids_of(supervise.view_of(data, actor).rows(at)),
    ),
    "review": Place(
        _R.CASE_REVIEW,
        _R.CASE_REVIEW,
        lambda data, actor, _at: review.view_of(data, actor).query,
        lambda data, actor, at: ids_of(review.view_of(data, actor).wanted(at).rows, "case"),
    ),
    "callback": Place(
        _R.CASE_CALLBACK,
        _R.CASE_CALLBACK,
        lambda data, actor, _at: callback.view_of(data, actor).query,
        lambda data, actor, at: ids_of(callback.view_of(data, actor).wanted(at).rows),
    ),
}


def _place(page: str) -> Place:
    found = PLACES.get(page)
    if found is None:
        raise Http404(page)
    return found


def _may_open(place: Place, actor: Actor) -> None:
    if place.right is HotlineRight.CASE_READ_UNIT and actor.can(HotlineRight.CASE_READ_ALL):
        return
    require(actor, place.right)


@guarded()
@require_http_methods(["GET", "HEAD", "POST"])
def save_filter(request: ActorRequest, page: str) -> HttpResponse:
    """Ask for the name of the list the address describes, and keep it."""
    at, place = now(), _place(page)
    _may_open(place, request.actor)
    query = place.query(request.GET, request.actor, at)
    form = FilterForm(request.POST if request.method == "POST" else None, auto_id="filter-%s")
    if form.is_valid():
        given = form.cleaned_data
        unit_id = request.actor.unit_id if given["shared"] else None
        try:
            keeping.save_filter(
                page=page, name=given["name"], query=query, unit_id=unit_id, opens=given["opens"],
                actor=request.actor, at=at,
            )  # fmt: skip
        except RefusedError as error:
            show_refusal(form, error, at)
        else:
            messages.success(request, _("存下了：%(name)s") % {"name": given["name"]})
            return redirect(f"{reverse(f'hotline:{page}')}?{query or ALL}")
    context = {
        **frame(request.actor, page),
        "form": form,
        "page_words": desk_words()[page],
        "back": f"{reverse(f'hotline:{page}')}?{query or ALL}",
        "crumbs": [Crumb(desk_words()[page], reverse(f"hotline:{page}")), Crumb(_("存这个筛选"))],
        "may_share": request.actor.unit_id is not None,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "hotline/filter_save.html", context, status=status)


@guarded()
@require_GET
def filters(request: ActorRequest) -> HttpResponse:
    """Show everything this person keeps, list by list."""
    kept = filters_of(request.actor)
    lines = [
        {
            "id": one.pk,
            "name": one.name,
            "page": desk_words()[one.page],
            "url": f"{reverse(f'hotline:{one.page}')}?{one.query or ALL}",
            "opens": one.opens,
            "unit": "" if one.unit is None else one.unit.short_zh if chinese() else one.unit.short_en,
        }
        for one in kept
    ]
    context = {**frame(request.actor, ""), "lines": lines, "crumbs": [Crumb(_("存下的筛选"))]}
    return render(request, "hotline/filters.html", context)


@guarded()
@require_POST
def filter_act(request: ActorRequest, pk: int) -> HttpResponse:
    """Throw a filter away, or let its page open with it, or no longer."""
    act = request.POST.get("act", "")
    if act == "drop":
        done, words = keeping.drop_filter(filter_id=pk, actor=request.actor), _("删掉了。")
    elif act in {"open", "shut"}:
        done = keeping.open_with(filter_id=pk, on=act == "open", actor=request.actor)
        words = _("以后打开那一页就用它。") if act == "open" else _("以后打开那一页看全部。")
    else:
        raise Http404(act)
    if not done:
        raise Http404(pk)
    messages.success(request, words)
    return redirect("hotline:filters")


@guarded()
@require_GET
def take_list(request: ActorRequest, page: str) -> HttpResponseBase:
    """Hand out the list the address describes as CSV or workbook; a long workbook is written by a job."""
    at, place, actor = now(), _place(page), request.actor
    require(actor, place.takes)
    query, ids = place.query(request.GET, actor, at), place.cases(request.GET, actor, at)
    if ids is None:
        return redirect(f"{reverse(f'hotline:{page}')}?{query}")
    facts: dict[str, Any] = {"page": page, "query": query, "language": "zh" if chinese() else "en", "at": at}
    name = f"{desk_words()[page]}-{local_day(at)}"
    if request.GET.get("as") != "xlsx":
        chunks = taking.list_csv(ids=ids, actor=actor, **facts)
        headers = {"Content-Disposition": attachment(name)}
        return StreamingHttpResponse(chunks, content_type="text/csv; charset=utf-8", headers=headers)
    found = taking.case_ids(ids)
    if len(found) > taking.AT_ONCE:
        export = taking.ask_for_list(found=found, actor=actor, **facts)
        return redirect("hotline:export_page", export.pk)
    made = taking.list_xlsx(found=found, actor=actor, **facts)
    return FileResponse(made, as_attachment=True, filename=f"{name}.xlsx", content_type=taking.XLSX.mime)


@guarded()
@require_GET
def export_page(request: ActorRequest, pk: int) -> HttpResponse:
    """Show how far a long list has come; a fragment for htmx."""
    export = export_of(request.actor, pk)
    if export is None:
        raise Http404(pk)
    context = {"export": export, "page_words": desk_words()[export.page], "state": export.get_state_display()}
    if "HX-Request" in request.headers:
        return render(request, "hotline/export.html#progress", context)
    context |= {**frame(request.actor, ""), "crumbs": [Crumb(_("导出"), reverse("hotline:exports")), Crumb(str(pk))]}
    return render(request, "hotline/export.html", context)


@guarded()
@require_GET
def exports(request: ActorRequest) -> HttpResponse:
    """Show the long lists this person has asked for in the last week."""
    context = {
        **frame(request.actor, ""),
        "exports": [(one, desk_words()[one.page], one.get_state_display()) for one in exports_of(request.actor)],
        "crumbs": [Crumb(_("导出"))],
    }
    return render(request, "hotline/exports.html", context)


@guarded()
@require_GET
def export_file(request: ActorRequest, pk: int) -> HttpResponseBase:
    """Hand out a list that was written, to whoever asked for it alone."""
    export = export_of(request.actor, pk)
    if export is None or export.document is None:
        raise Http404(pk)
    require(request.actor, _place(export.page).takes)
    return file_response(export.document)


routes: list[URLPattern] = [
    path("desk/filters/", filters, name="filters"),
    path("desk/filters/<int:pk>/act/", filter_act, name="filter_act"),
    path("desk/filters/<slug:page>/save/", save_filter, name="save_filter"),
    path("desk/lists/<slug:page>/", take_list, name="take_list"),
    path("desk/exports/", exports, name="exports"),
    path("desk/exports/<int:pk>/", export_page, name="export_page"),
    path("desk/exports/<int:pk>/file/", export_file, name="export_file"),
]
