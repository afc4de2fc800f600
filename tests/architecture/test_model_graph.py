"""Tables obey the floors too: string foreign keys pass the import contracts, not this."""

import pytest
from django.apps import apps
from django.contrib.postgres.fields import HStoreField
from django.db import models

from gongjian.casework.models import Case
from gongjian.sealing.fields import SealedTextField

# From the ground up; neighbours on one floor do not see each other.
FLOORS = [
    {"sealing"}, {"places", "workdays"}, {"audit"}, {"identity"}, {"documents"}, {"parties"}, {"notify"},
    {"web", "httpapi"}, {"casework", "figures"}, {"casefile"}, {"domains"}, {"portal", "console"}, {"testing"}, {"demo"},
    {"project"},
]  # fmt: skip
# Geometry, payloads of the interface, and variables of registered messages: all else has columns.
JSON_ALLOWED = {
    "places.Territory.land", "places.Territory.sea", "places.Community.outline", "places.GridCell.outline",
    "notify.Message.variables", "hotline.ImportBatch.notes", "httpapi.Answer.body",
}  # fmt: skip


def ours() -> list[type[models.Model]]:
    """Return the models of the house; a table that a test made for itself is none of them."""
    return [m for m in apps.get_models() if m.__module__.startswith("gongjian.") and ".tests." not in m.__module__]


def room(model: type[models.Model]) -> str:
    return model.__module__.split(".")[1]


def floor(model: type[models.Model]) -> int:
    return next(i for i, rooms in enumerate(FLOORS) if room(model) in rooms)


def edges() -> list[tuple[type[models.Model], models.Field, type[models.Model]]]:
    return [(m, f, f.related_model) for m in ours() for f in m._meta.concrete_fields if f.is_relation]


def test_no_foreign_key_points_upwards_or_to_a_neighbour():
    wrong = [
        f"{m._meta.label}.{f.name} -> {to._meta.label}"
        for m, f, to in edges()
        if to.__module__.startswith("gongjian.")
        and room(m) != room(to)
        and (floor(to) > floor(m) or floor(to) == floor(m))
    ]
    assert not wrong


def test_domains_do_not_point_at_each_other():
    wrong = [
        (m, to)
        for m, _, to in edges()
        if m.__module__.startswith("gongjian.domains.")
        and to.__module__.startswith("gongjian.domains.")
        and m.__module__.split(".")[2] != to.__module__.split(".")[2]
    ]
    assert not wrong


def test_json_columns_are_the_listed_ones():
    found = {
        f"{m._meta.label}.{f.name}"
        for m in ours()
        for f in m._meta.concrete_fields
        if isinstance(f, models.JSONField | HStoreField)
    }
    assert found <= JSON_ALLOWED, found - JSON_ALLOWED


def test_the_spine_stays_thin():
    columns = [f.name for f in Case._meta.concrete_fields if f.name != "id"]
    assert len(columns) <= 18


@pytest.mark.parametrize("model", ours(), ids=lambda m: m._meta.label)
def test_a_table_with_a_person_says_how_long_it_is_kept(model):
    sealed = [f.name for f in model._meta.concrete_fields if isinstance(f, SealedTextField)]
    persons = [
        f.name
        for f in model._meta.concrete_fields
        if f.is_relation and f.related_model._meta.label in {"parties.Contact", "parties.Person", "casework.CaseParty"}
    ]
    # An event points at the party who acted; its words have a retention class of their own.
    if (sealed or persons) and model._meta.label not in {"casework.CaseEvent", "identity.User"}:
        assert getattr(model, "retention", ""), sealed + persons


def test_nothing_is_tied_together_by_content_type():
    assert not [m for m in ours() for f in m._meta.get_fields() if type(f).__name__ == "GenericForeignKey"]


def test_no_table_keeps_a_score_a_label_or_a_watch_list():
    forbidden = {"score", "risk", "watch", "label", "profile", "suspect", "blacklist", "face", "plate"}
    wrong = [
        f"{m._meta.label}.{f.name}"
        for m in ours()
        for f in m._meta.concrete_fields
        if forbidden & set(f.name.split("_"))
    ]
    assert not wrong
