"""Addresses of Open311: the same below /open311/v2, and below /open311/test/v2 for trying things out."""

from typing import Final

from django.urls import URLPattern, path

from gongjian.domains.hotline.api.open311 import offering, reports, updates

FORMS: Final = ("xml", "json")


def _routes(place: str, *, trial: bool) -> list[URLPattern]:
    routes = []
    prefix = "test_" if trial else ""
    for form in FORMS:
        given = {"form": form, "trial": trial}
        named = (
            ("discovery", offering.discovery, "discovery"),
            ("services", offering.services, "services"),
            ("services/<str:code>", offering.definition, "definition"),
            ("tokens/<str:token>", offering.token, "token"),
            ("requests", reports.requests, "requests"),
            ("requests/<str:number>", reports.request, "request"),
            ("servicerequestupdates", updates.updates, "updates"),
        )
        routes += [
            path(f"{place}{end}.{form}", view, given, name=f"{prefix}{name}_{form}") for end, view, name in named
        ]
    for form in FORMS:  # spellings of programs that were written by memory
        given = {"form": form, "trial": trial}
        routes.append(path(f"{place}requests/{form}", reports.requests, given, name=f"{prefix}requests_in_{form}"))
        routes.append(
            path(f"{place}service/<str:code>.{form}", offering.definition, given, name=f"{prefix}service_{form}")
        )
    for form, end in (("json", "<path:rest>.json"), ("xml", "<path:rest>")):
        routes.append(
            path(f"{place}{end}", offering.nothing, {"form": form, "trial": trial}, name=f"{prefix}no_{form}")
        )
    return routes


app_name = "open311"
routes = [*_routes("v2/", trial=False), *_routes("test/v2/", trial=True)]
urlpatterns = routes
