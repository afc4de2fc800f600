"""The import in the browser: template, file, columns, check, and only then the last step; the list of imports."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from gongjian.casework.errors import RefusedError
from gongjian.documents.actions import Refused
from gongjian.documents.sheets import Cell
from gongjian.documents.tables import Look, UnreadableSheet, look_at, write_template
from gongjian.domains.hotline.access import ImportRight
from gongjian.domains.hotline.actions import importing as acts
from gongjian.domains.hotline.bulk.importing import Layout, LayoutError, source_of, table_of, write_fault_file
from gongjian.domains.hotline.forms.importing import HandInForm, LayoutForm, initial_of
from gongjian.domains.hotline.pages.common import frame
from gongjian.domains.hotline.queries.importing import (
    RUNNING,
    Batch,
    batch_of,
    batches,
    faults,
    kept,
    may_undo,
    programs,
    repeats,
    stuck,
)
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.web.downloads import attachment
from gongjian.web.links import link
from gongjian.web.paging import BadCursor, Keyset
from gongjian.web.parts import Crumb, Step
from gongjian.workdays.clock import now

SIZE: Final = 30
SHOWN: Final = 50  # faults on the page; the file has them all
ORDER: Final = Keyset("-id")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATE = Batch.State
BADGES: Final = {
    STATE.UPLOADED: ("info", "clock"), STATE.CHECKING: ("info", "sync"), STATE.CHECKED: ("soon", "alert"),
    STATE.WRITING: ("info", "sync"), STATE.DONE: ("ok", "check-circle"), STATE.FAILED: ("late", "alert"),
    STATE.DISCARDED: ("hold", "x"), STATE.UNDOING: ("info", "sync"), STATE.UNDONE: ("hold", "bounce"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One batch as the list shows it."""

    batch: Batch
    badge: str
    icon: str
    label: str
    may_undo: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the preview: the cells as the fields take them, and what is wrong."""

    number: int
    cells: Sequence[tuple[Cell, str]]  # with why it is wrong


def _line(batch: Batch, at: datetime) -> Line:
    badge, icon = BADGES[STATE(batch.state)]
    return Line(batch, badge, icon, str(batch.get_state_display()), may_undo(batch, at))


def _frame(request: ActorRequest, *crumbs: Crumb) -> dict[str, Any]:
    office = link("console:office")
    first = [Crumb(pgettext("栏目", "管理"), office)] if office else []
    return {**frame(request.actor, "office"), "crumbs": [*first, *crumbs]}


@guarded(ImportRight.IMPORT_RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: ActorRequest) -> HttpResponse:
    """Show every import, and take a new file."""
    at = now()
    form = HandInForm(request.POST, request.FILES) if request.method == "POST" else HandInForm()
    if form.is_bound and form.is_valid():
        try:
            batch = acts.hand_in(
                upload=form.cleaned_data["file"],
                program=form.cleaned_data["program"],
                mapping=form.cleaned_data["mapping"] or Layout().to_toml(),
                actor=request.actor,
                at=at,
            )
        except Refused as refused:
            form.add_error("file", str(refused.message))
        else:
            return redirect("hotline:import", batch.pk)
    try:
        page = ORDER.page(batches(), size=SIZE, cursor=request.GET.get("after", ""))
    except BadCursor:
        page = ORDER.page(batches(), size=SIZE)
    context = {
        "form": form,
        "lines": [_line(batch, at) for batch in page.rows],
        "page": page,
        "more_url": f"?after={page.next}",
        "programs": programs(),
        **_frame(request, Crumb(_("导入记录"))),
    }
    return render(request, "hotline/imports.html", context, status=422 if form.errors else 200)


@guarded(ImportRight.IMPORT_RUN)
@require_GET
def template(_request: ActorRequest) -> FileResponse:
    """Hand out the empty table: titles, drop-down lists, an example, notes."""
    table, language = table_of(Layout(), at=now()), get_language() or "zh-hans"
    return _book(_("导入模板"), lambda target: write_template(target, table, language))


def _book(name: str, write: Callable[[BinaryIO], None]) -> FileResponse:
    made = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the response, which closes it
    write(made)
    made.seek(0)
    return FileResponse(made, headers={"Content-Type": XLSX, "Content-Disposition": attachment(name, "xlsx")})


def _batch_or_404(pk: int) -> Batch:
    batch = batch_of(pk)
    if batch is None:
        raise Http404(pk)
    return batch


@guarded(ImportRight.IMPORT_RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: ActorRequest, pk: int) -> HttpResponse:
    """Show one import where it stands, and make its next step."""
    at, batch = now(), _batch_or_404(pk)
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act in {"preview", "check"}:
            return _choose(request, batch, at, check=act == "check")
        return _act(request, batch, act, at)
    return render(request, "hotline/import.html", _context(request, batch, at))


def _act(request: ActorRequest, batch: Batch, act: str, at: datetime) -> HttpResponse:
    """Confirm, give up, choose again, take back or go on; what cannot be done is told on the page."""
    steps = {
        "confirm": acts.confirm, "discard": acts.discard, "undo": acts.take_back, "again": acts.reconsider,
        "resume": acts.resume,
    }  # fmt: skip
    if act not in steps:
        raise Http404(act)
    try:
        steps[act](batch=batch, actor=request.actor, at=at)
    except RefusedError as refused:
        messages.error(request, str(refused.message))
    return redirect("hotline:import", batch.pk)


def _choose(request: ActorRequest, batch: Batch, at: datetime, *, check: bool) -> HttpResponse:
    """Take which column means what: to look again, or to check the whole file."""
    context = _context(request, batch, at, posted=request.POST)
    form = context.get("form")
    if form is None or not form.is_valid():
        return render(request, "hotline/import.html", context, status=422)
    if not check:
        return render(request, "hotline/import.html", context)
    if context["look"] is not None and context["look"].missing:
        return render(request, "hotline/import.html", context | {"must": True}, status=422)
    try:
        acts.choose(batch=batch, mapping=form.result().to_toml(), actor=request.actor, at=at)
    except RefusedError as refused:
        messages.error(request, str(refused.message))
    return redirect("hotline:import", batch.pk)


def _context(request: ActorRequest, batch: Batch, at: datetime, posted: Any = None) -> dict[str, Any]:
    line = _line(batch, at)
    context: dict[str, Any] = {
        "batch": batch,
        "line": line,
        "running": batch.state in RUNNING,
        "stuck": stuck(batch),
        "steps": _steps(batch),
        **_frame(request, Crumb(_("导入记录"), _url()), Crumb(batch.file_name)),
    }
    if batch.state == STATE.UPLOADED:
        context |= _preview(batch, at, posted)
    elif batch.state not in RUNNING and not batch.swept_at:
        context |= {
            "faults": _faults(batch, taken=False), "staying": _faults(batch, taken=True),
            "repeats": repeats(batch, SHOWN),
        }  # fmt: skip
    if batch.state == STATE.UNDONE and batch.kept:
        context["kept"] = shown = kept(batch)
        context["more_kept"] = batch.kept - len(shown)
    return context


def _url() -> str:
    return link("hotline:imports")


def _steps(batch: Batch) -> list[Step]:
    """Return how far the wizard is."""
    names = (_("交文件"), _("对应列"), _("核对"), _("写入"))
    at = {STATE.UPLOADED: 1, STATE.CHECKING: 2, STATE.CHECKED: 2, STATE.WRITING: 3}.get(STATE(batch.state), len(names))
    return [Step(name, "done" if n < at else "now" if n == at else "") for n, name in enumerate(names)]


def _preview(batch: Batch, at: datetime, posted: Any) -> dict[str, Any]:
    """Return the form of the columns and the first rows as they are understood."""
    try:
        layout = Layout.from_toml(batch.mapping)
        source = source_of(batch)
        look = look_at(source, table_of(layout, at=at), layout.columns)
    except (UnreadableSheet, LayoutError) as error:
        return {"form": None, "look": None, "unreadable": str(error)}
    form = LayoutForm(
        posted, table=table_of(layout, at=at), titles=look.titles, layout=layout,
        initial=initial_of(layout, look.titles, look.places),
    )  # fmt: skip
    if posted is not None and form.is_valid():
        layout = form.result()
        look = look_at(source, table_of(layout, at=at), layout.columns)
    return {"form": form, "look": look, "head": _head(look, layout, at), "shown": _shown(look, layout, at)}


def _used(look: Look, layout: Layout, at: datetime) -> list[tuple[str, str, int]]:
    """Return key, title and place of the fields the file fills."""
    language = get_language()
    columns = table_of(layout, at=at).columns
    return [(c.key, c.title(language), look.places[c.key]) for c in columns if c.key in look.places]


def _head(look: Look, layout: Layout, at: datetime) -> list[str]:
    return [title for _key, title, _place in _used(look, layout, at)]


def _shown(look: Look, layout: Layout, at: datetime) -> list[Shown]:
    used = _used(look, layout, at)
    rows = []
    for row in look.first:
        wrong = {error.field: error.message for error in row.errors}
        cells = [(row.cells[p] if p < len(row.cells) else None, wrong.get(key, "")) for key, _title, p in used]
        rows.append(Shown(row.number, cells))
    return rows


def _faults(batch: Batch, *, taken: bool) -> list[tuple[int, str, str]]:
    """Return the first faults, or what is not followed of rows that are taken, with the title of the column."""
    language, columns = get_language(), table_of(Layout(), at=batch.created_at).by_key
    found = faults(batch, SHOWN, taken=taken)
    return [(row, columns[key].title(language) if key in columns else "", said) for row, key, said in found]


@guarded(ImportRight.IMPORT_RUN)
@require_GET
def wrong_rows(_request: ActorRequest, pk: int) -> FileResponse:
    """Hand out the rows that were not taken, with the reason in each."""
    at, batch = now(), _batch_or_404(pk)
    if batch.swept_at or batch.state in RUNNING or batch.document is None:
        raise Http404(pk)
    layout, language = Layout.from_toml(batch.mapping), get_language() or "zh-hans"
    return _book(
        _("错误行"),
        lambda target: write_fault_file(batch, source_of(batch), layout, target, language=language, at=at),
    )


routes: list[URLPattern] = [
    path("desk/imports/", imports, name="imports"),
    path("desk/imports/template.xlsx", template, name="import_template"),
    path("desk/imports/<int:pk>/", one, name="import"),
    path("desk/imports/<int:pk>/wrong.xlsx", wrong_rows, name="import_wrong"),
]
