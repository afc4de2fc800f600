"""The pages that hand a catalogue out as a spreadsheet and take one in."""

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from gongjian.audit.dated import Refused
from gongjian.documents.gate import Refused as FileRefused
from gongjian.documents.gate import judge
from gongjian.documents.models import Document
from gongjian.documents.tables import (
    MissingColumns,
    UnreadableSheet,
    open_table,
    words_of,
    write_errors,
    write_rows,
    write_template,
)
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.web.catalogues import exchange
from gongjian.web.catalogues.exchange import Plan, Taking
from gongjian.web.catalogues.forms import DayField
from gongjian.web.catalogues.spec import Catalogue
from gongjian.web.catalogues.words import name_of
from gongjian.web.downloads import attachment
from gongjian.web.forms import Form
from gongjian.web.links import link
from gongjian.web.parts import Crumb
from gongjian.web.words import language
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST: Final = 600_000  # bytes; it travels in the form between preview and writing
SHOWN: Final = 200  # rows of each fate on the preview
LIFE: Final = timedelta(hours=2)
type View = Callable[..., HttpResponseBase]


class UploadForm(Form):
    file = forms.FileField(label=gettext_lazy("表格文件"), help_text=gettext_lazy("Excel（xlsx）或 csv，第一行是列名"))
    since = DayField(label=gettext_lazy("从哪天起"), help_text=gettext_lazy("文件里写了更晚日子的行，按它自己的"))
    rest = forms.BooleanField(
        label=gettext_lazy("文件里没有的，从这天起停用"),
        required=False,
        help_text=gettext_lazy("整本换新时才选；只改几条时不要选"),
    )

    def __init__(self, *args: Any, dated: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not dated:
            del self.fields["since"], self.fields["rest"]


@dataclass(frozen=True)
class Held:
    """A file between preview and writing: sealed into the form, for this person and this catalogue."""

    content: bytes
    name: str
    since: date
    rest: bool
    base: str  # of the catalogue when it was compared


def sheet_view(catalogue: Catalogue) -> View:
    """Return the view that hands the table out; `past=1` takes what no longer holds too."""

    @guarded(catalogue.right)
    @require_safe
    def page(request: ActorRequest) -> HttpResponse:
        rows = exchange.rows_of(catalogue, now(), past=bool(request.GET.get("past")))
        target = io.BytesIO()
        write_rows(target, exchange.table_of(catalogue), rows, language())
        return _download(target, str(catalogue.title))

    return page


def template_view(catalogue: Catalogue) -> View:
    """Return the view that hands out the empty table with notes and drop-down lists."""

    @guarded(catalogue.right)
    @require_safe
    def page(request: ActorRequest) -> HttpResponse:  # noqa: ARG001 - the same for everybody
        target = io.BytesIO()
        write_template(target, exchange.table_of(catalogue), language())
        return _download(target, _("%(title)s（模板）") % {"title": catalogue.title})

    return page


def import_view(catalogue: Catalogue) -> View:
    """Return the view that takes a table in: upload, preview, wrong rows as a file, writing."""

    @guarded(catalogue.right)
    @require_http_methods(["GET", "HEAD", "POST"])
    def page(request: ActorRequest) -> HttpResponse:
        at = now()
        step = request.POST.get("step", "")
        if request.method != "POST":
            return _upload(request, catalogue, UploadForm(dated=catalogue.dated, initial=_first(catalogue, at)))
        if step == "look":
            return _look(request, catalogue, at)
        held = _held(request, catalogue)
        if held is None:
            form = UploadForm(dated=catalogue.dated, initial=_first(catalogue, at))
            messages.error(request, _("预览过了两个小时，请再选一次文件。"))
            return _upload(request, catalogue, form)
        taking = Taking(held.since, held.rest, request.actor, at)
        if step == "errors":
            return _errors(catalogue, held, taking)
        return _apply(request, catalogue, held, taking)

    return page


def _first(catalogue: Catalogue, at: datetime) -> dict[str, Any]:
    return {"since": local_day(at) + timedelta(days=max(catalogue.soonest, 1))}


def _upload(request: ActorRequest, catalogue: Catalogue, form: Form) -> HttpResponse:
    context = {**_around(request, catalogue), "form": form}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    return render(request, "web/catalogue/import.html", context, status=status)


def _around(request: ActorRequest, catalogue: Catalogue) -> dict[str, Any]:
    office = link("console:office")
    first = [Crumb(_("管理"), office)] if office else []
    crumbs = [*first, Crumb(str(catalogue.title), reverse(catalogue.url())), Crumb(_("从表格更新"))]
    pages = ("sheet", "template", "import")
    urls = {"list": reverse(catalogue.url()), **{name: reverse(catalogue.url(name)) for name in pages}}
    return {**catalogue.frame(request), "catalogue": catalogue, "crumbs": crumbs, "urls": urls}


def _look(request: ActorRequest, catalogue: Catalogue, at: datetime) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES, dated=catalogue.dated, initial=_first(catalogue, at))
    if not form.is_valid():
        return _upload(request, catalogue, form)
    since, rest = form.cleaned_data.get("since") or local_day(at), form.cleaned_data.get("rest", False)
    taking = Taking(since, rest, request.actor, at)
    try:
        content, base = _content(form.cleaned_data["file"]), base_of(catalogue)
        _check_day(catalogue, since, at)
        plan = exchange.plan_of(catalogue, content, taking)
    except (Refused, FileRefused) as refused:
        form.add_error(refused.field if refused.field in form.fields else "file", str(refused.message))
        return _upload(request, catalogue, form)
    except (UnreadableSheet, MissingColumns) as error:
        form.add_error("file", str(error))
        return _upload(request, catalogue, form)
    held = Held(content, form.cleaned_data["file"].name, since, rest, base)
    return _preview(request, catalogue, plan, held)


def _check_day(catalogue: Catalogue, since: date, at: datetime) -> None:
    soonest = local_day(at) + timedelta(days=catalogue.soonest)
    if catalogue.dated and since < soonest:
        raise Refused("since", _("最早从 %(day)s 起。") % {"day": soonest})


def _content(upload: Any) -> bytes:
    """Return the bytes of an upload that may be read: a workbook without macros or bombs, or plain text."""
    if upload.size > LARGEST:
        raise FileRefused("file", _("这个文件太大（超过 0.6 MB）。这张表只有几百行，请只留这一张表再交。"))
    content: bytes = upload.read()
    if content.startswith(b"PK\x03\x04"):
        judge(ContentFile(content, upload.name), Document.Kind.SHEET, "file")
    return content


def base_of(catalogue: Catalogue) -> str:
    """Return what tells whether the catalogue is still the one a file was compared with."""
    return hashlib.sha256(repr(sorted((e.key, e.seen) for e in catalogue.entries())).encode()).hexdigest()[:16]


def _salt(request: ActorRequest, catalogue: Catalogue) -> str:
    return f"catalogue.{catalogue.app}.{catalogue.name}.{request.actor.user_id}"


def _seal(request: ActorRequest, catalogue: Catalogue, held: Held) -> str:
    parts = [base64.b64encode(held.content).decode(), held.name, held.since.isoformat(), held.rest, held.base]
    return signing.dumps(parts, salt=_salt(request, catalogue), compress=True)


def _held(request: ActorRequest, catalogue: Catalogue) -> Held | None:
    try:
        parts = signing.loads(request.POST.get("held", ""), salt=_salt(request, catalogue), max_age=LIFE)
    except signing.BadSignature:
        return None
    content, name, since, rest, base = parts
    return Held(base64.b64decode(content), name, date.fromisoformat(since), rest, base)


def _preview(request: ActorRequest, catalogue: Catalogue, plan: Plan, held: Held, *, problem: str = "") -> HttpResponse:
    fates = (exchange.NEW, exchange.CHANGED, exchange.ENDED, exchange.SAME, exchange.WRONG)
    context = {
        **_around(request, catalogue),
        "counts": {what: len(plan.of(what)) for what in fates},
        "rows": {what: plan.of(what)[:SHOWN] for what in fates} | {exchange.WRONG: _wrong(catalogue, plan)},
        "writes": len(plan.writes),
        "notes": [words_of(note) for note in plan.notes],
        "since": held.since,
        "file_name": held.name,
        "held": _seal(request, catalogue, held),
        "problem": problem,
    }
    return render(request, "web/catalogue/preview.html", context)


@dataclass(frozen=True)
class Wrong:
    """A row that cannot be taken: where, and what is wrong with which column."""

    number: int
    name: str
    faults: list[tuple[str, str]]


def _wrong(catalogue: Catalogue, plan: Plan) -> list[Wrong]:
    form = catalogue.form()
    return [
        Wrong(row.number, row.name, [(name_of(form, e.field) if e.field else "", e.message) for e in row.errors])
        for row in plan.of(exchange.WRONG)[:SHOWN]
    ]


def _errors(catalogue: Catalogue, held: Held, taking: Taking) -> HttpResponse:
    plan = exchange.plan_of(catalogue, held.content, taking)
    target, reading = io.BytesIO(), open_table(io.BytesIO(held.content), exchange.table_of(catalogue))
    write_errors(target, reading, plan.errors, language())
    return _download(target, _("%(title)s（错误行）") % {"title": catalogue.title})


def _apply(request: ActorRequest, catalogue: Catalogue, held: Held, taking: Taking) -> HttpResponse:
    """Write, if the catalogue is still the one the reader compared with; else show the comparison again."""
    base = base_of(catalogue)
    plan = exchange.plan_of(catalogue, held.content, taking)
    if base != held.base:
        words = _("预览之后有人改过这张表。下面是重新比较的结果，看过再更新。")
        again = Held(held.content, held.name, held.since, held.rest, base)
        return _preview(request, catalogue, plan, again, problem=words)
    written = exchange.apply(catalogue, plan, taking, held.name)
    messages.success(request, _("更新了 %(n)s 条。") % {"n": written})
    return redirect(catalogue.url())


def _download(target: io.BytesIO, name: str) -> HttpResponse:
    headers = {"Content-Disposition": attachment(name, "xlsx")}
    return HttpResponse(target.getvalue(), content_type=XLSX, headers=headers)
