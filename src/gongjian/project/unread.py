"""The answer to a request whose body was not read: a page for people, the same words for a page's own program."""

from typing import Final
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gongjian.documents.rules import FILES_MOST, MB
from gongjian.httpapi.bodies import RETRY_S, STATUS, Fault
from gongjian.project.busy import PROGRAMS
from gongjian.project.errorframe import around

TEMPLATES: Final = {Fault.TOO_LARGE: "413.html", Fault.TOO_SLOW: "408.html", Fault.CROWDED: "503.html"}


def told_by_themselves(path: str) -> bool:
    """Tell whether an address words its refusals itself, as a problem or in the format of Open311."""
    return path.startswith(PROGRAMS)


def unread(request: HttpRequest, fault: Fault) -> HttpResponse:
    """Say why nothing was taken, what stays, and what would do."""
    status = STATUS[fault]
    if "application/json" in request.headers.get("Accept", ""):
        response: HttpResponse = JsonResponse({"words": words(fault), "errors": []}, status=status)
    else:
        context = {
            **around(request, ask=fault is not Fault.CROWDED),
            "back": back_of(request),
            "most": FILES_MOST // MB,
        }
        response = render(request, TEMPLATES.get(fault, "400.html"), context, status=status)
    response["Cache-Control"] = "no-store"
    if fault is Fault.CROWDED:
        response["Retry-After"] = str(RETRY_S)
    return response


def words(fault: Fault) -> str:
    """Return one sentence."""
    if fault is Fault.TOO_LARGE:
        return _("这一次交的太大，没有收下。照片少选几张再交。")
    return _("没有传完，什么都没有提交。再试一次。")


def back_of(request: HttpRequest) -> str:
    """Return the page of ours that the request came from, or an empty text."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    return came_from.path if came_from.netloc == request.get_host() else ""
