"""Units and people out of and into spreadsheets, and first passwords by links that are printed once."""

import base64
import binascii
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from gongjian.console import staffsheets
from gongjian.console.frame import frame, language_of, posted
from gongjian.console.staffsheets import MOST_BYTES, PEOPLE, TITLES, UNITS, Sheet
from gongjian.documents.tables import MissingColumns, Plan, RowError, UnreadableSheet, WrongCell, words_of
from gongjian.identity import actions
from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded
from gongjian.identity.models import User
from gongjian.identity.refusals import Refused
from gongjian.identity.requests import ActorRequest
from gongjian.web.forms import Form
from gongjian.web.paging import BadCursor, Keyset, Page
from gongjian.web.parts import Crumb
from gongjian.workdays.clock import now

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HOLD: Final = 2 * 3600  # seconds a previewed file waits for its confirmation
SALT: Final = "gongjian.console.staffsheets"
ORDER: Final = Keyset("username")
PAGE: Final = 100
WRONG_SHOWN: Final = 50


class UploadForm(Form):
    file = forms.FileField(label=gettext_lazy("表格文件"))

    def clean_file(self) -> bytes:
        """Return what the file holds."""
        given = self.cleaned_data["file"]
        if given.size > MOST_BYTES:
            raise forms.ValidationError(_("这个文件太大。只留这一张表再交。"))
        return bytes(given.read())


@guarded(IdentityRight.UNITS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def units_sheet(request: ActorRequest) -> HttpResponse:
    """Compare a file of units with what is there, then write it."""
    return _sheet(request, UNITS)


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def people_sheet(request: ActorRequest) -> HttpResponse:
    """Compare a file of people with what is there, then write it; passwords never stand in it."""
    return _sheet(request, PEOPLE)


@guarded(IdentityRight.UNITS_MANAGE)
@require_safe
def units_file(request: ActorRequest) -> HttpResponse:
    """Give the units as a spreadsheet, or the empty one."""
    return _file(request, UNITS)


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_safe
def people_file(request: ActorRequest) -> HttpResponse:
    """Give the people as a spreadsheet, or the empty one."""
    return _file(request, PEOPLE)


def _file(request: ActorRequest, sheet: Sheet) -> HttpResponse:
    empty = "template" in request.GET
    content = staffsheets.file_of(sheet, language_of(request), now(), template=empty)
    return _xlsx(content, f"{sheet.name}{'-template' if empty else ''}.xlsx")


def _xlsx(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=XLSX, headers=headers)


def _sheet(request: ActorRequest, sheet: Sheet) -> HttpResponse:
    at, held = now(), request.POST.get("held", "")
    content = _opened(held) if held else None
    if held and content is None:
        messages.error(request, _("预览过了两个小时，请再选一次文件。"))
        return redirect(f"console:{sheet.name}_sheet")
    form = UploadForm(posted(request) if not held else None, request.FILES or None)
    if content is None and form.is_valid():
        content = form.cleaned_data["file"]
    plan = _planned(form, sheet, content) if content is not None else None
    if plan is not None and content is not None and "errors" in request.POST:
        return _xlsx(
            staffsheets.wrong_file(sheet, content, plan.wrong, language_of(request)), f"{sheet.name}-errors.xlsx"
        )
    fault = ""
    if plan is not None and content is not None and "sure" in request.POST:
        try:
            done = staffsheets.take_in(sheet, content, actor=request.actor, at=at)
        except Refused as refused:
            fault = str(refused)
        else:
            words = _("写好了：新增 {new}，改动 {changed}。").format(new=len(done.new), changed=len(done.changed))
            messages.success(request, words)
            return redirect("console:people_links" if sheet is PEOPLE and done.new else f"console:{sheet.name}")
    return _page(request, sheet, form, plan, content, fault)


def _planned(form: UploadForm, sheet: Sheet, content: bytes) -> Plan | None:
    try:
        return staffsheets.plan_of(sheet, content, now())
    except (UnreadableSheet, MissingColumns, WrongCell) as error:
        form.add_error("file", str(error)) if form.is_bound else None
        return None


def _page(
    request: ActorRequest, sheet: Sheet, form: UploadForm, plan: Plan | None, content: bytes | None, fault: str
) -> HttpResponse:
    context: dict[str, Any] = {
        **frame(request, sheet.name),
        "form": form,
        "plan": plan,
        "fault": fault,
        "title": TITLES[sheet.name],
        "held": _closed(content) if plan is not None and content is not None else "",
        "file_url": reverse(f"console:{sheet.name}_file"),
        "wrong": _told(request, sheet, plan.wrong[:WRONG_SHOWN]) if plan else [],
        "notes": [words_of(note) for note in plan.notes] if plan else [],
        "wrong_rows": len(staffsheets.errors_by_row(plan.wrong)) if plan else 0,
        "sample": [list(row.values()) for row in (plan.new + plan.changed)[:20]] if plan else [],
        "crumbs": [Crumb(pgettext("栏目", "管理"), reverse("console:office")), Crumb(str(TITLES[sheet.name]))],
    }
    wrong = bool(fault) or (form.is_bound and bool(form.errors))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "console/staff_sheet.html", context, status=status)


def _told(request: ActorRequest, sheet: Sheet, wrong: Sequence[RowError]) -> list[tuple[int, str, str]]:
    """Return row, title of the column and reason of what is wrong."""
    columns, language = sheet.table().by_key, language_of(request)
    return [(e.row, columns[e.field].title(language) if e.field in columns else "", e.message) for e in wrong]


def _closed(content: bytes) -> str:
    return signing.dumps(base64.b64encode(content).decode(), salt=SALT, compress=True)


def _opened(held: str) -> bytes | None:
    """Return the file that was looked at, or None for one held too long or changed."""
    try:
        return base64.b64decode(signing.loads(held, salt=SALT, max_age=HOLD))
    except (signing.BadSignature, binascii.Error):
        return None


@guarded(IdentityRight.PEOPLE_MANAGE)
@never_cache
@sensitive_variables("links")
@require_http_methods(["GET", "HEAD", "POST"])
def people_links(request: ActorRequest) -> HttpResponse:
    """List who has no password yet; hand out their links, to be printed once, one slip for each person."""
    waiting = User.objects.filter(
        kind=User.Kind.STAFF, is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX
    ).defer("phone")
    if request.method == "POST":
        chosen = [int(number) for number in request.POST.getlist("user") if number.isdecimal()][:PAGE]
        at = now()
        links = []
        for user in waiting.filter(pk__in=chosen).order_by("username"):
            uid, token = actions.password_link(user=user, actor=request.actor, at=at)
            links.append((user, request.build_absolute_uri(reverse("console:password_set", args=[uid, token]))))
        if links:
            return render(request, "console/people_slips.html", {**frame(request, "people"), "links": links})
        messages.error(request, _("先勾选要发链接的人。"))
    try:
        page: Page[User] = ORDER.page(waiting, size=PAGE, cursor=request.GET.get("after", ""))
    except BadCursor:
        page = ORDER.page(waiting, size=PAGE)
    crumbs = [Crumb(_("人员"), reverse("console:people")), Crumb(_("首次登录链接"))]
    context = {**frame(request, "people"), "page": page, "more_url": f"?after={page.next}", "crumbs": crumbs}
    return render(request, "console/people_links.html", context)
