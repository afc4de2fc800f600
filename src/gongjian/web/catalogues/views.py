"""The pages of a catalogue: its list, and one row with preview and history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from gongjian.audit.dated import Refused
from gongjian.audit.models import AuditEntry
from gongjian.audit.queries import entries as audit_entries
from gongjian.identity.guard import guarded
from gongjian.identity.queries import names_of
from gongjian.identity.requests import ActorRequest
from gongjian.web.catalogues.forms import CatalogueForm
from gongjian.web.catalogues.spec import FUTURE, NOW, PAST, Catalogue, Entry, Fact, Write
from gongjian.web.catalogues.words import Labels, labels_of, left_words, name_of, told
from gongjian.web.links import link
from gongjian.web.parts import Crumb, Tab
from gongjian.web.searching import Sought, sought
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day

PAGE: Final = 100
LONGEST_CELL: Final = 90
HISTORY: Final = 20
WRONG: Final = "wrong"
type View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Line:
    """One row of the list."""

    url: str
    cells: Sequence[str]
    first: date | None
    last: date | None
    state: str
    warning: str


@dataclass(frozen=True)
class Difference:
    """One value before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Happened:
    """One line of the history."""

    at: datetime
    who: str
    act: str
    details: Sequence[tuple[str, str]]


def acts() -> dict[str, str]:
    """Return what the record's last word says."""
    return {
        "add": _("新增"),
        "change": _("修改"),
        "close": pgettext("目录", "停用"),
        "correct": _("更正"),
        "end": _("改停用日期"),
        "follow": _("换新"),
        "import": _("从表格更新"),
        "merge": _("并入另一类"),
        "open": pgettext("目录", "再启用"),
        "withdraw": _("撤回"),
    }


def list_view(catalogue: Catalogue) -> View:
    """Return the view of the list."""

    @guarded(catalogue.right)
    @require_safe
    def page(request: ActorRequest) -> HttpResponse:
        at = now()
        day, asked = local_day(at), sought(request.GET)
        rows = catalogue.entries()
        form = catalogue.form()
        labels, left = labels_of(form), left_words(form)
        by_state = _sorted(rows, day)
        chosen = request.GET.get("show", NOW)
        chosen = chosen if chosen in by_state else NOW
        lines = [_line(catalogue, one, labels, left, day) for one in by_state[chosen]]
        if asked.words:
            lines = [one for one in lines if _holds(one, asked)]
        start = _place(request.GET.get("from", ""))
        kept: dict[str, str] = {"show": chosen, **({"q": asked.words} if asked.words else {})}
        context = {
            **catalogue.frame(request),
            "catalogue": catalogue,
            "heads": [name_of(form, name) for name in catalogue.shown],
            "lines": [_short(one) for one in lines[start : start + PAGE]],
            "more_url": _more(kept, start, len(lines)),
            "tabs": _tabs(catalogue, by_state, chosen, asked.words),
            "show": chosen,
            "q": asked.words,
            "none_words": asked.told(_("没有这样的条目。")),
            "beside": [(one.label, link(one.url_name), one.icon) for one in catalogue.links if link(one.url_name)],
            "urls": _urls(catalogue),
            "crumbs": _crumbs(catalogue),
        }
        return render(request, "web/catalogue/list.html", context)

    return page


def _holds(line: Line, asked: Sought) -> bool:
    return not asked.vain and asked.text.casefold() in " ".join(line.cells).casefold()


def _sorted(rows: Sequence[Entry], day: date) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {NOW: [], FUTURE: [], PAST: [], WRONG: []}
    for one in rows:
        state = one.state(day)
        found[state].append(one)
        if one.warning and state != PAST:
            found[WRONG].append(one)
    found[FUTURE].sort(key=lambda one: one.first or day)
    found[PAST].sort(key=lambda one: one.last or day, reverse=True)
    return found


def _tabs(catalogue: Catalogue, found: Mapping[str, Sequence[Entry]], chosen: str, asked: str) -> list[Tab]:
    words = [(NOW, pgettext("目录", "现行")), (PAST, pgettext("目录", "已停用"))]
    if catalogue.dated:
        words.insert(1, (FUTURE, pgettext("目录", "将生效")))
    if found[WRONG]:
        words.append((WRONG, pgettext("目录", "要处理")))
    query = {"q": asked} if asked else {}
    base = reverse(catalogue.url())
    return [
        Tab(
            label,
            f"{base}?{urlencode({'show': state, **query})}",
            count=len(found[state]),
            late=state == WRONG,
            current=state == chosen,
        )
        for state, label in words
    ]


def _line(catalogue: Catalogue, one: Entry, labels: Labels, left: Mapping[str, str], day: date) -> Line:
    cells = [told(labels, name, one.values.get(name)) or left.get(name, "") for name in catalogue.shown]
    return Line(reverse(catalogue.url("edit"), args=[one.key]), cells, one.first, one.last, one.state(day), one.warning)


def _short(line: Line) -> Line:
    cells = [cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]}…" for cell in line.cells]
    return replace(line, cells=cells)


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0  # noqa: PLR2004 - some rows


def _more(kept: Mapping[str, str], start: int, size: int) -> str:
    return f"?{urlencode({**kept, 'from': str(start + PAGE)})}" if start + PAGE < size else ""


def edit_view(catalogue: Catalogue) -> View:
    """Return the view of one row: GET shows it, POST previews or writes."""

    @guarded(catalogue.right)
    @require_http_methods(["GET", "HEAD", "POST"])
    def page(request: ActorRequest, key: int) -> HttpResponse:
        entry = next((one for one in catalogue.entries() if one.key == key), None)
        if entry is None:
            raise Http404(key)
        return _edit(request, catalogue, entry)

    return page


def new_view(catalogue: Catalogue) -> View:
    """Return the view that adds a row; `like` names a row to begin with."""

    @guarded(catalogue.right)
    @require_http_methods(["GET", "HEAD", "POST"])
    def page(request: ActorRequest) -> HttpResponse:
        if not catalogue.adds:
            raise Http404
        return _edit(request, catalogue, None)

    return page


def _edit(request: ActorRequest, catalogue: Catalogue, entry: Entry | None) -> HttpResponse:
    at = now()
    step = request.POST.get("step", "save")
    if request.method != "POST":
        form = catalogue.form(initial=_initial(request, catalogue, entry, at), new=entry is None)
        return _show(request, catalogue, entry, form, at)
    if entry is not None and step == "withdraw" and catalogue.withdraw is not None:
        return _undo(request, catalogue, entry, catalogue.withdraw, _("撤回了，原来的继续用。"))
    if entry is not None and step == "restore" and catalogue.restore is not None:
        return _undo(request, catalogue, entry, catalogue.restore, _("恢复成系统自带的了。"))
    form = catalogue.form(request.POST, initial=_initial(request, catalogue, entry, at), new=entry is None)
    if form.is_valid() and step == "preview":
        return _show(request, catalogue, entry, form, at, previewed=True)
    if form.is_valid():
        try:
            catalogue.write(write_of(form, entry, request, at))
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _saved(form, at))
            return redirect(catalogue.url())
    return _show(request, catalogue, entry, form, at)


def write_of(form: CatalogueForm, entry: Entry | None, request: ActorRequest, at: datetime) -> Write:
    """Return the change a valid form asks for."""
    cleaned = dict(form.cleaned_data)
    seen = cleaned.pop("seen", "")
    first, last = cleaned.pop("since", None), cleaned.pop("until", None)
    return Write(entry, cleaned, first, last, seen, request.actor, at)


def refuse(form: CatalogueForm, refused: Refused) -> None:
    """Put a refusal where it can be mended."""
    field = refused.field if refused.field in form.fields else None
    form.add_error(field, str(refused.message))


def _saved(form: CatalogueForm, at: datetime) -> str:
    since = form.cleaned_data.get("since")
    if since is not None and since > local_day(at):
        return _("存好了，%(day)s 起生效。") % {"day": since.isoformat()}
    return _("存好了，几秒钟内处处生效。")


def _undo(
    request: ActorRequest, catalogue: Catalogue, entry: Entry, act: Callable[[Write], None], done: str
) -> HttpResponse:
    write = Write(entry, {}, None, None, request.POST.get("seen", ""), request.actor, now())
    try:
        act(write)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect(catalogue.url("edit"), key=entry.key)
    messages.success(request, done)
    return redirect(catalogue.url())


def _initial(request: ActorRequest, catalogue: Catalogue, entry: Entry | None, at: datetime) -> dict[str, Any]:
    """Return what stands in the form: the row with the first day a change may begin, or something to begin with."""
    soonest = local_day(at) + timedelta(days=catalogue.soonest)
    if entry is None:
        like = request.GET.get("like", "")
        found = next((one for one in catalogue.entries() if str(one.key) == like), None) if like else None
        return {**(found.values if found else {}), "since": soonest, "until": None}
    since = max(entry.first, soonest) if entry.first is not None else soonest
    return {**entry.values, "since": since, "until": entry.last, "seen": entry.seen}


def _show(
    request: ActorRequest,
    catalogue: Catalogue,
    entry: Entry | None,
    form: CatalogueForm,
    at: datetime,
    *,
    previewed: bool = False,
) -> HttpResponse:
    day = local_day(at)
    first = form.cleaned_data.get("since") if previewed else (entry.first if entry else None)
    values = form.cleaned_data if previewed else (entry.values if entry else {})
    facts: list[Fact] = catalogue.facts(values, first, at) if values else []
    labels = labels_of(form)
    context = {
        **catalogue.frame(request),
        "catalogue": catalogue,
        "entry": entry,
        "state": entry.state(day) if entry else "",
        "form": form,
        "fields": [form[name] for name in _ordered(form)],
        "previewed": previewed,
        "differences": differences(form, entry, labels) if previewed else [],
        "since": first,
        "facts": facts,
        "history": history(catalogue, entry, form, labels) if entry else [],
        "withdraws": entry is not None and catalogue.withdraw is not None and entry.state(day) == FUTURE,
        "restores": _restores(catalogue, entry, day),
        "reopens": _again(catalogue, entry, day),
        "urls": _urls(catalogue),
        "heading": (heading := _heading(catalogue, entry, labels)),
        "crumbs": [*_crumbs(catalogue)[:-1], Crumb(str(catalogue.title), reverse(catalogue.url())), Crumb(heading)],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    return render(request, "web/catalogue/edit.html", context, status=status)


def _heading(catalogue: Catalogue, entry: Entry | None, labels: Labels) -> str:
    """Return what a page calls its row: by its title, or as the list names it; the record's name may be a code."""
    if entry is None:
        return _("新增")
    first = catalogue.shown[0]
    return entry.title or told(labels, first, entry.values.get(first)) or entry.name


def _restores(catalogue: Catalogue, entry: Entry | None, day: date) -> bool:
    """Whether this is something of our own that stands in for what came with the system."""
    return catalogue.restore is not None and entry is not None and bool(entry.first) and entry.state(day) == NOW


def _again(catalogue: Catalogue, entry: Entry | None, day: date) -> str:
    """Return the address that begins a row like this one again, where it holds no more."""
    if entry is None or not catalogue.dated or not catalogue.adds or entry.state(day) != PAST:
        return ""
    return f"{reverse(catalogue.url('new'))}?like={entry.key}"


def _ordered(form: CatalogueForm) -> list[str]:
    names = [name for name in form.fields if name not in {"seen", "since", "until"}]
    return [*names, *(name for name in ("since", "until") if name in form.fields)]


def differences(form: CatalogueForm, entry: Entry | None, labels: Labels) -> list[Difference]:
    """Return what a valid form would change in a row; of a new row every value."""
    before = entry.values if entry else {}
    found = []
    for name in form.names():
        old, new = told(labels, name, before.get(name)), told(labels, name, form.cleaned_data.get(name))
        if old != new:
            found.append(Difference(name_of(form, name), old, new))
    return found


def history(catalogue: Catalogue, entry: Entry, form: CatalogueForm, labels: Labels) -> list[Happened]:
    """Return what the record knows of what this row speaks of, newest first."""
    rows: list[AuditEntry] = list(audit_entries(object_kind=catalogue.kind, object_id=entry.name)[:HISTORY])
    names = names_of({row.actor_id for row in rows if row.actor_id is not None})
    words = acts()
    return [
        Happened(
            row.at,
            names.get(row.actor_id or 0, ""),
            words.get(row.action.rpartition(".")[2], row.action),
            _details(row.detail, form, labels),
        )
        for row in rows
    ]


def _details(text: str, form: CatalogueForm, labels: Labels) -> list[tuple[str, str]]:
    """Return the parts of a detail by the names of their columns."""
    days = {"since": _("从哪天起"), "until": _("到哪天为止")}
    found = []
    for part in text.split("; "):
        name, sign, said = part.partition(": ")
        label = days.get(name) or (name_of(form, name) if name in form.fields else name)
        found.append((label, _worded(labels, name, said)) if sign else ("", part))
    return found


def _worded(labels: Labels, name: str, said: str) -> str:
    return " → ".join(told(labels, name, one) for one in said.split(" → "))


def _urls(catalogue: Catalogue) -> dict[str, str]:
    pages = ("new", "sheet", "template", "import") if catalogue.adds else ("sheet", "template", "import")
    return {"list": reverse(catalogue.url()), **{name: reverse(catalogue.url(name)) for name in pages}}


def _crumbs(catalogue: Catalogue) -> list[Crumb]:
    office = link("console:office")
    first = [Crumb(pgettext("栏目", "管理"), office)] if office else []
    return [*first, Crumb(str(catalogue.title))]
