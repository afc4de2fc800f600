"""The addresses of a catalogue."""

from django.urls import URLPattern, path

from gongjian.web.catalogues.sheets import import_view, sheet_view, template_view
from gongjian.web.catalogues.spec import Catalogue
from gongjian.web.catalogues.views import edit_view, list_view, new_view


def routes(catalogue: Catalogue) -> list[URLPattern]:
    """Return list, row, new row, and the spreadsheet out and in."""
    base, name = catalogue.path, catalogue.name
    found = [
        path(base, list_view(catalogue), name=name),
        path(f"{base}table.xlsx", sheet_view(catalogue), name=f"{name}_sheet"),
        path(f"{base}template.xlsx", template_view(catalogue), name=f"{name}_template"),
        path(f"{base}import/", import_view(catalogue), name=f"{name}_import"),
        path(f"{base}<int:key>/", edit_view(catalogue), name=f"{name}_edit"),
    ]
    if catalogue.adds:
        found.insert(1, path(f"{base}new/", new_view(catalogue), name=f"{name}_new"))
    return found
