"""The addresses of a catalogue."""

from django.urls import URLPattern, path

from gongjian.web.catalogues import sheets, views
from gongjian.web.catalogues.spec import Catalogue


def routes(catalogue: Catalogue) -> list[URLPattern]:
    """Return list, row, new row, and the spreadsheet out and in."""
    base, name = catalogue.path, catalogue.name
    found = [
        path(base, views.list_view(catalogue), name=name),
        path(f"{base}table.xlsx", sheets.sheet_view(catalogue), name=f"{name}_sheet"),
        path(f"{base}template.xlsx", sheets.template_view(catalogue), name=f"{name}_template"),
        path(f"{base}import/", sheets.import_view(catalogue), name=f"{name}_import"),
        path(f"{base}<int:key>/", views.edit_view(catalogue), name=f"{name}_edit"),
    ]
    if catalogue.adds:
        found.insert(1, path(f"{base}new/", views.new_view(catalogue), name=f"{name}_new"))
    return found
