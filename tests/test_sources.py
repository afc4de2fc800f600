"""A source is a document, or says in words that something is the system's or the district's own choice."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps

from tests.architecture.test_house_rules import SRC

# What only whoever wrote the program understands: a parameter of which nothing is said, a paragraph of its design.
PRIVATE = ("参数", "服务规则 F", "systems/")


def sources(told: Any) -> Iterator[str]:
    """Yield whatever stands as the source of something."""
    if isinstance(told, dict):
        for name, value in told.items():
            if name == "source" and isinstance(value, str):
                yield value
            yield from sources(value)
    elif isinstance(told, list):
        for one in told:
            yield from sources(one)


def test_no_shipped_file_cites_a_private_word():
    files = [path for path in SRC.rglob("data/*.toml") if "tests" not in path.parts]
    said = [(path.name, one) for path in files for one in sources(tomllib.loads(path.read_text()))]
    assert len(said) > 30
    assert [(name, one) for name, one in said if not one or any(word in one for word in PRIVATE)] == []


@pytest.mark.django_db
def test_no_row_of_a_new_district_cites_one(district):
    models = [m for m in apps.get_models() if "source" in {f.attname for f in m._meta.concrete_fields}]
    assert len(models) > 5
    said = {one for model in models for one in model.objects.values_list("source", flat=True)}
    assert [one for one in said if any(word in one for word in PRIVATE)] == []
