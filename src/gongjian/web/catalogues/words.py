"""Values of a row in words."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gongjian.listing import listed
from gongjian.web.catalogues.forms import BasisField, CatalogueForm, WholeField
from gongjian.workdays.rules import local_minute

Labels = Mapping[str, Mapping[str, str]]


def labels_of(form: CatalogueForm) -> dict[str, dict[str, str]]:
    """Return the names of all choices of a form by field and value."""
    return {name: dict(_flat(field.choices)) for name, field in form.fields.items() if hasattr(field, "choices")}


def left_words(form: CatalogueForm) -> dict[str, str]:
    """Return what the list says, by field, of a value that is left empty."""
    return {name: str(f.empty_words) for name, f in form.fields.items() if isinstance(f, BasisField | WholeField)}


def _flat(choices: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for value, label in choices:
        found += _flat(label) if isinstance(label, list | tuple) else [(str(value), str(label))]
    return found


def told(labels: Labels, name: str, value: Any) -> str:
    """Return a value as a reader of the list sees it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("是") if value else pgettext("是否", "否")
    if isinstance(value, list | tuple | set):
        return listed(told(labels, name, one) for one in value)
    if name in labels:
        return labels[name].get(str(value), str(value))
    return _moment_told(value) if isinstance(value, date | time) else str(value)


def _moment_told(value: date | time) -> str:
    if isinstance(value, time):
        return value.isoformat("minutes")
    if not isinstance(value, datetime):
        return value.isoformat()
    return local_minute(value) if value.tzinfo else value.isoformat(" ", "minutes")


def name_of(form: CatalogueForm, name: str) -> str:
    """Return the label of a field; of one the form does not have, its code."""
    field: forms.Field | None = form.fields.get(name)
    return name if field is None else str(field.label)
