"""Evidence of an answer: files that go to the reviewer with it, and to the resident where the writer says so."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from gongjian.casework.errors import RefusedError
from gongjian.casework.models import Case
from gongjian.documents.actions import Refused
from gongjian.documents.downloads import file_response
from gongjian.documents.limits import ACCEPT, limits_words, takes_files
from gongjian.documents.models import Document
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions.evidence import MOST, add_evidence, change_evidence, drop_evidence
from gongjian.domains.hotline.pages.casefile import size_words
from gongjian.domains.hotline.pages.common import case_or_404, case_url, frame
from gongjian.domains.hotline.queries.evidence import gathered, one_gathered
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.web.parts import Crumb
from gongjian.web.words import labelled
from gongjian.workdays.clock import now


@guarded(HotlineRight.CASE_SUBMIT)
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files()
def evidence(request: ActorRequest, number: str) -> HttpResponse:
    """Show what was gathered; a POST adds files, or changes or drops one."""
    case = case_or_404(request.actor, number)
    wrong: list[str] = []
    if request.method == "POST":
        act = request.POST.get("act", "add")
        if act != "add":
            _change(request, case, act)
            return redirect("hotline:evidence", number)
        wrong = _add(request, case)
        if not wrong:
            messages.success(request, _("附上了，提交答复时一起交。"))
            return redirect("hotline:evidence", number)
    found = gathered(case_id=case.pk, user_id=request.actor.user_id or 0)
    context = {
        **frame(request.actor, "inbox"),
        "case": case,
        "lines": [
            {
                "id": one.pk,
                "name": one.document.title,
                "note": f"{one.document.get_kind_display()}　{size_words(one.document.size)}",
                "public": one.public,
                "image": one.document.is_image,
            }
            for one in found
        ],
        "room": MOST - len(found),
        "limits": limits_words(Document.Kind.ATTACHMENT, MOST),
        "accept": ACCEPT[Document.Kind.ATTACHMENT],
        "wrong": wrong,
        "back": case_url(number),
        "crumbs": [Crumb(number, case_url(number)), Crumb(_("办理证据"))],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "hotline/evidence.html", context, status=status)


def _add(request: ActorRequest, case: Case) -> list[str]:
    """Keep the files that are good; return a line for each that is not."""
    uploads: Sequence[UploadedFile[Any]] = request.FILES.getlist("files")
    if not uploads:
        return [_("还没有选文件。")]
    at, public, wrong = now(), request.POST.get("public") == "1", []
    for upload in uploads:
        try:
            add_evidence(case=case, upload=upload, public=public, actor=request.actor, at=at)
        except (Refused, RefusedError) as error:
            wrong.append(labelled((upload.name or "")[-40:], str(error.message)))
    return wrong


def _change(request: ActorRequest, case: Case, act: str) -> None:
    given = request.POST.get("file", "")
    pk = int(given) if given.isascii() and given.isdigit() and len(given) < 18 else 0  # noqa: PLR2004 bigint
    if act == "drop":
        done, words = drop_evidence(case=case, pk=pk, actor=request.actor), _("删掉了。")
    elif act in {"show", "hide"}:
        done = change_evidence(case=case, pk=pk, public=act == "show", actor=request.actor)
        words = _("答复通过后居民看得到。") if act == "show" else _("只有内部看得到。")
    else:
        raise Http404(act)
    if not done:
        raise Http404(pk)
    messages.success(request, words)


@guarded(HotlineRight.CASE_SUBMIT)
@require_GET
def evidence_file(request: ActorRequest, number: str, pk: int) -> HttpResponseBase:
    """Hand out a gathered file to whoever gathered it."""
    case = case_or_404(request.actor, number)
    found = one_gathered(pk=pk, case_id=case.pk, user_id=request.actor.user_id or 0)
    if found is None:
        raise Http404(pk)
    return file_response(found.document, inline=True, thumb="thumb" in request.GET)


routes: list[URLPattern] = [
    path("desk/cases/<slug:number>/evidence/", evidence, name="evidence"),
    path("desk/cases/<slug:number>/evidence/<int:pk>/", evidence_file, name="evidence_file"),
]
