"""The reader's own choices, and the sheet of parts."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from gongjian.identity.guard import guarded
from gongjian.places.queries import ground as ground_shapes
from gongjian.web import gallery
from gongjian.web.links import links
from gongjian.web.middleware import reader_of
from gongjian.web.parts import Filter, Option
from gongjian.web.reader import CHOICES, LOOK_COOKIE, Reader

YEAR = 365 * 24 * 3600
GROUND_SECONDS = 3600
ERRORS = ("400", "403", "404", "408", "413", "500", "503", "csrf", "offline")


@guarded(anonymous=True)
def choose(request: HttpRequest) -> HttpResponse:
    """Take over language or look from a plain link or a form, and return to the page it came from."""
    given = request.POST if request.method == "POST" else request.GET
    known = {name: str(given[name]) for name in ("language", *CHOICES) if name in given}
    reader = reader_of(request).choosing(known)
    return _remember(HttpResponseRedirect(_back(request, str(given.get("next", "")))), reader, known)


def _remember(response: HttpResponse, reader: Reader, known: dict[str, str]) -> HttpResponse:
    if known.keys() - {"language"}:
        _set(response, LOOK_COOKIE, reader.look)
    if "language" in known:
        _set(response, settings.LANGUAGE_COOKIE_NAME, reader.language)
    response.headers["Cache-Control"] = "no-store"
    return response


def _set(response: HttpResponse, name: str, value: str) -> None:
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=secure, httponly=True)


def _back(request: HttpRequest, wanted: str) -> str:
    hosts = {request.get_host()}
    for address in (wanted, request.headers.get("Referer", "")):
        if address and url_has_allowed_host_and_scheme(address, hosts, require_https=request.is_secure()):
            return address
    return "/"


@guarded(anonymous=True)
@require_safe
@cache_control(public=True, max_age=GROUND_SECONDS)
def ground(_request: HttpRequest) -> HttpResponse:
    """Return what a map is drawn on: sea, land and communities as one GeoJSON collection, names in both languages."""
    shapes = ground_shapes()
    features = [feature for feature in (shapes["sea"], shapes["land"]) if feature]
    features += shapes["communities"]["features"]
    return JsonResponse({"type": "FeatureCollection", "synthetic": shapes["synthetic"], "features": features})


@guarded(anonymous=True)
@require_safe
def look(request: HttpRequest) -> HttpResponse:
    """Show every choice of language and look on one page."""
    return render(request, "web/look.html", {"groups": _groups(reader_of(request))})


def _groups(reader: Reader) -> list[Filter]:
    offered = (
        ("language", _("语言"), (("zh-hans", "简体中文"), ("en", "English"))),
        ("mode", _("版式"), (("normal", _("标准版")), ("elder", _("长辈版：字大、一栏、先读给您听")))),
        (
            "text",
            _("长辈版字号"),
            (("1", pgettext("字号", "大")), ("2", pgettext("字号", "更大")), ("3", pgettext("字号", "最大"))),
        ),
        ("contrast", _("对比"), (("normal", pgettext("对比", "普通")), ("more", pgettext("对比", "高")))),
        ("theme", _("明暗"), (("light", _("日间")), ("dark", _("夜间")))),
        ("keys", _("单字母按键（工作人员）"), (("on", pgettext("开关", "打开")), ("off", pgettext("开关", "关闭")))),
    )
    return [
        Filter(name, label, [Option(value, words, str(getattr(reader, name)) == value) for value, words in options])
        for name, label, options in offered
    ]


def _shown_here() -> None:
    """Refuse the samples where real people work."""
    if not (settings.DEMONSTRATION or settings.TESTING):
        raise Http404


@guarded(anonymous=True)
@require_safe
def sheet(request: HttpRequest) -> HttpResponse:
    """Show every part in every state, in the public frame."""
    _shown_here()
    return render(request, "web/sheet.html", gallery.sheet())


@guarded(anonymous=True)
@require_safe
def staff_sheet(request: HttpRequest) -> HttpResponse:
    """Show the staff frame with a desk of rows, keys and figures."""
    _shown_here()
    # The frame with everything it may hold, whatever this installation has and this reader may open.
    frame = {
        "desk": gallery.desk(),
        "unread": 120,
        "may_search": True,
        "links": links() | {"search": request.path, "inbox": request.path},
    }
    return render(request, "web/staff_sheet.html", gallery.sheet() | frame)


@guarded(anonymous=True)
@require_safe
def error_sheet(request: HttpRequest, name: str) -> HttpResponse:
    """Show one of the pages for what went wrong."""
    _shown_here()
    if name not in ERRORS:
        raise Http404
    return render(request, f"{name}.html", {"reference": "E-7Q2KM"})
