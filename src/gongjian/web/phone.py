"""The phone without a signal: what the service worker keeps, how it is put together, and who is signed in."""

import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.sealing.index import blind_index
from gongjian.web.drawing import asset
from gongjian.web.links import link, where
from gongjian.web.modules import module_addresses
from gongjian.web.site import site

HERE: Final = Path(__file__).parent / "static" / "web"
# Pages that stand in without a signal, by the beginning of an address; the first that fits. They hold nobody's data.
SHELLS: Final = (
    ("hotline:field", "hotline:field_shell"),
    ("hotline:report", "hotline:report_phone"),
    ("web:unsent", "web:unsent"),
    ("portal:home", "web:offline"),
)
OTHERS: Final = (
    "django_htmx/htmx-2.min.js",
    "js_lib_leaflet/leaflet.css",
    "js_lib_leaflet/leaflet.js",
)
KEPT: Final = ("css/*.css", "icons/*.png", "*.svg")
SIZES: Final = (192, 512)
_IMPORT = re.compile(r"^import .*$\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def owner_tag(actor: Actor) -> str:
    """Return what a phone notes instead of a name, so that nothing is ever sent as somebody else; "" for nobody."""
    return blind_index(str(actor.user_id), "phone-queue").hex() if actor.user_id else ""


@guarded(anonymous=True)
@never_cache
@require_safe
def hello(request: ActorRequest) -> HttpResponse:
    """Tell a phone that the server is there, who is signed in, and the token its next sending needs."""
    return JsonResponse({"csrf": get_token(request), "owner": owner_tag(request.actor)})


@guarded(anonymous=True)
@require_safe
@cache_control(no_cache=True)
def service_worker(_request: HttpRequest) -> HttpResponse:
    """Give the service worker; served from the root, so that it stands before every page."""
    response = HttpResponse(worker_text(where()), content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    return response


@guarded(anonymous=True)
@require_safe
@cache_control(no_cache=True, private=True)
def offline(request: HttpRequest) -> HttpResponse:
    """Show what can be done without a signal; the worker keeps this page."""
    return render(request, "web/offline_page.html")


@guarded(anonymous=True)
@require_safe
@cache_control(no_cache=True, private=True)
def unsent(request: HttpRequest) -> HttpResponse:
    """Show what this phone has to send or has sent: the page holds nothing, the phone fills it in."""
    return render(request, "web/unsent.html")


@guarded(anonymous=True)
@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """Give what a phone needs for its home screen; it asks without cookies, so the language is in the query."""
    english = request.GET.get("lang") == "en"
    names = site("en" if english else "zh-hans")
    words = ("Report a problem", "Track a case", "Field list") if english else ("反映问题", "查进度", "现场")
    pages = ("hotline:report_phone", "hotline:track", "hotline:field")
    told: dict[str, Any] = {
        "id": "/",
        "name": names.long,
        "short_name": names.short,
        "description": names.tagline,
        "lang": "en" if english else "zh-Hans",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#F4F6F5",
        "theme_color": "#0A3A52",
        "icons": [_icon(size, purpose) for purpose in ("any", "maskable") for size in SIZES],
        "shortcuts": [{"name": n, "url": url} for n, name in zip(words, pages, strict=True) if (url := link(name))],
    }
    return HttpResponse(json.dumps(told, ensure_ascii=False), content_type="application/manifest+json")


def _icon(size: int, purpose: str) -> dict[str, str]:
    name = f"app-{size}.png" if purpose == "any" else f"mask-{size}.png"
    return {"src": asset(f"web/icons/{name}"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


@cache
def worker_text(_where: tuple[str, str]) -> str:
    """Return the worker's source: what to keep, then the modules it shares with the pages, then its own part.

    A worker cannot use the import map, so the modules are joined here without their imports and exports. The version
    changes with every byte of what is kept: a browser then fetches all of it anew and offers the update.
    """
    parts = [(HERE / "js" / "pocket.js"), (HERE / "js" / "courier.js"), (HERE / "worker" / "sw.js")]
    code = "\n".join(_EXPORT.sub("", _IMPORT.sub("", part.read_text("utf-8"))) for part in parts)
    kept = _kept()
    routes = [(link(begins), link(shell)) for begins, shell in SHELLS if link(begins) and link(shell)]
    facts: dict[str, Any] = {
        "assets": sorted(kept),
        "shells": [shell for _begins, shell in routes],
        "routes": routes,
        "ground": [link("web:ground")],
        "signOut": link("console:sign_out"),
    }
    digest = sha256(json.dumps([code, kept, facts], sort_keys=True).encode()).hexdigest()
    return f"const GJ = {json.dumps(facts | {'version': digest[:16]}, ensure_ascii=False)};\n{code}"


def _kept() -> dict[str, str]:
    """Return the address of every static file a page may need, with the digest of its content."""
    files = {name: asset(name) for name in OTHERS}
    for config in apps.get_app_configs():
        if config.name.startswith("gongjian."):
            root = Path(config.path) / "static"
            found = (path for pattern in KEPT for path in sorted((root / config.label).glob(pattern)))
            files |= {name: asset(name) for name in (path.relative_to(root).as_posix() for path in found)}
    files |= {f"{name.replace('/', '/js/', 1)}.js": url for name, url in module_addresses().items()}
    return {url: _digest(name) for name, url in files.items()}


def _digest(name: str) -> str:
    found = finders.find(name)
    return sha256(Path(str(found)).read_bytes()).hexdigest() if found else ""
