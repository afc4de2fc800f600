"""The import in the browser: template, file, columns, check, and only then the last step; the list of imports."""

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final, NamedTuple

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from gongjian.casework.errors import RefusedError
from gongjian.documents.actions import Refused
from gongjian.documents.cells import Cell, Damaged
from gongjian.documents.limits import takes_files
from gongjian.documents.rules import SHEET_MOST
from gongjian.documents.tables import Look, UnreadableSheet, again, look_at, words_of, write_template
from gongjian.documents.tables.parsers import typed
from gongjian.domains.hotline.access import ImportRight
from gongjian.domains.hotline.actions import importing as acts
from gongjian.domains.hotline.bulk.importing import Layout, LayoutError, source_of, table_of, write_fault_file
from gongjian.domains.hotline.forms.importing import PREFIX, HandInForm, HowForm, LayoutForm, initial_of
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
LONGEST_SHOWN: Final = 120  # signs of a cell in the preview
# A number or a moment is one word to the eye, and so is a short word: none is broken over lines.
UNBROKEN: Final = re.compile(r"[a-zA-Z0-9_+\-./:#*() ]{0,40}|\d[\d年月日号时点分秒上下午:：./\- ]{0,24}|\S{0,8}")
ORDER: Final = Keyset("-id")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATE = Batch.State
GIVEN_UP: Final = frozenset({STATE.UPLOADED, STATE.CHECKED, STATE.FAILED})  # can be
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


class ShownCell(NamedTuple):
    """A cell of the preview."""

    words: str
    unbroken: bool
    why: str  # it is wrong


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the preview: the cells that the fields take, and what is wrong."""

    number: int
    why: str  # the row as a whole is wrong
    cells: Sequence[ShownCell]


def _line(batch: Batch, at: datetime) -> Line:
    badge, icon = BADGES[STATE(batch.state)]
    return Line(batch, badge, icon, str(batch.get_state_display()), may_undo(batch, at))


def _frame(request: ActorRequest, *crumbs: Crumb) -> dict[str, Any]:
    office = link("console:office")
    first = [Crumb(pgettext("栏目", "管理"), office)] if office else []
    return {**frame(request.actor, "office"), "crumbs": [*first, *crumbs]}


@guarded(ImportRight.IMPORT_RUN)
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files(SHEET_MOST)
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
        if act == "read":
            return _read_again(request, batch, at)
        if act == "discard" and "sure" not in request.POST and batch.state in GIVEN_UP:
            context = _context(request, batch, at, _chosen(request))
            return render(request, "hotline/import.html", context | {"asks": True})
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


def _chosen(request: ActorRequest) -> QueryDict | None:
    """Return the choice of columns that came along with another button."""
    return request.POST if any(name.startswith(PREFIX) for name in request.POST) else None


def _read_again(request: ActorRequest, batch: Batch, at: datetime) -> HttpResponse:
    """Read the file another way: another sheet, another row of titles, another encoding."""
    context = _context(request, batch, at, how=request.POST)
    how = context.get("how")
    if how is None or not how.is_valid():
        return render(request, "hotline/import.html", context, status=422)
    try:
        acts.read_again(batch=batch, mapping=how.result().to_toml(), actor=request.actor, at=at)
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


def _context(
    request: ActorRequest, batch: Batch, at: datetime, posted: QueryDict | None = None, how: QueryDict | None = None
) -> dict[str, Any]:
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
        context |= _preview(batch, at, posted, how)
    elif batch.state not in RUNNING and not batch.swept_at:
        context |= {
            "faults": _faults(batch, taken=False), "staying": _faults(batch, taken=True),
            "repeats": repeats(batch, SHOWN), "notes": [words_of(note) for note in again(batch.notes)],
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


def _preview(batch: Batch, at: datetime, posted: QueryDict | None, how: QueryDict | None) -> dict[str, Any]:
    """Return the forms of the reading and of the columns, and the first rows as they are understood."""
    try:
        layout = Layout.from_toml(batch.mapping)
    except LayoutError as error:
        return {"form": None, "look": None, "unreadable": str(error)}
    try:
        source, table = source_of(batch), table_of(layout, at=at)
        look = look_at(source, table, layout.columns, how=layout.how)
    except (UnreadableSheet, LayoutError) as error:
        return {"form": None, "look": None, "unreadable": str(error), "how": HowForm(how, layout=layout, look=None)}
    form = LayoutForm(
        posted, table=table, titles=look.titles, layout=layout, initial=initial_of(layout, look.titles, look.places)
    )
    how_form = HowForm(how, layout=layout, look=look)
    if posted is not None and form.is_valid():
        layout = form.result()
        look = look_at(source, table_of(layout, at=at), layout.columns, how=layout.how)
    return {
        "form": form, "how": how_form, "look": look, "head": _head(look, layout, at), "shown": _shown(look, layout, at),
        "notes": [words_of(note) for note in look.notes],
    }  # fmt: skip


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
        cells = [_cell(row.cells[p] if p < len(row.cells) else None, wrong.get(key, "")) for key, _title, p in used]
        rows.append(Shown(row.number, wrong.get("", ""), cells))
    return rows


def _cell(cell: Cell, why: str) -> ShownCell:
    said = "" if cell is None else str(cell) if isinstance(cell, Damaged) else typed(cell)
    words = said if len(said) <= LONGEST_SHOWN else f"{said[:LONGEST_SHOWN]}…"
    return ShownCell(words, UNBROKEN.fullmatch(words) is not None, why)


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
