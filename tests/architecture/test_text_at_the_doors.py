"""No field of a form, of a schema or of a page forgets the one rule of text."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.urls import get_resolver
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from gongjian.httpapi.fields import Sought, Words
from gongjian.project.api import api
from gongjian.web.forms import Form, read_text

SRC = Path(__file__).parents[2] / "src" / "gongjian"
BREAKS = 100  # lines of a long text
BY_THE_RULE = {one.func for kind in (Words, Sought) for one in kind.__metadata__ if isinstance(one, BeforeValidator)}
# Compared with what we gave out ourselves and never kept.
PROOFS = {"receipt", "if_match", "cursor"}
# What a page reads of a request without a form: values of machines, looked up or compared, and two questions to the
# desk that are answered and not kept.
MACHINE = {
    "act", "assignment", "back", "case", "deputy", "done", "draft_key", "email", "end", "ends", "file", "held", "key",
    "language", "link", "message", "offer", "owner", "phone", "public", "resolved", "rights", "seen", "starts", "step",
    "token", "topic", "user", "version", "next", "drop", "waiting", "DRAFT", "NEAR", "SEEN", "WANTED", "PARAMETER",
}  # fmt: skip


def kinds(base: type[forms.BaseForm] = forms.BaseForm) -> Iterator[type[forms.BaseForm]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def our_forms() -> list[type[forms.BaseForm]]:
    assert get_resolver().url_patterns  # imports every page, and with it every form
    found = {kind for kind in kinds() if kind.__module__.startswith("gongjian.") and ".tests." not in kind.__module__}
    return sorted(found, key=lambda kind: f"{kind.__module__}.{kind.__name__}")


def long_fields() -> list[tuple[str, forms.CharField]]:
    return [
        (f"{kind.__name__}.{name}", field)
        for kind in our_forms()
        for name, field in kind.base_fields.items()
        if isinstance(field, forms.CharField) and isinstance(field.widget, forms.Textarea) and field.max_length
    ]


def test_every_form_reads_what_came_in_by_the_rule():
    assert len(our_forms()) > 60
    assert not [kind for kind in our_forms() if not issubclass(kind, Form)]


def test_a_line_break_counts_once_in_every_long_field():
    fields = long_fields()
    assert len(fields) > 30
    for name, field in fields:
        most = field.max_length or 0
        breaks = min(BREAKS, most // 3)
        full = "长" * (most - breaks - 1) + "\r\n" * breaks + "尾"
        assert len(field.clean(read_text({"words": full})["words"])) == most, name
        with pytest.raises(ValidationError):
            field.clean(read_text({"words": full + "多"})["words"])


def test_passwords_stay_as_they_were_typed():
    class Kept(Form):
        old = forms.CharField(strip=False, widget=forms.PasswordInput)
        name = forms.CharField(strip=False)

    typed = " e\u0301\x07 "
    assert Kept({"old": typed, "name": typed}).data == {"old": typed, "name": " é "}


def leaves(annotation: Any, metadata: tuple[Any, ...], name: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield every text inside a type, with what is said of it."""
    if hasattr(annotation, "__metadata__"):
        yield from leaves(get_args(annotation)[0], (*metadata, *annotation.__metadata__), name)
    elif annotation is str:
        yield name, metadata
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for inner, field in annotation.model_fields.items():
            yield from leaves(field.annotation, tuple(field.metadata), inner)
    elif get_origin(annotation) in {list, tuple, dict, set, Union, UnionType}:
        for part in get_args(annotation):
            yield from leaves(part, metadata, name)
    else:
        assert get_origin(annotation) in {None, Literal}, annotation


def told(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for one in metadata:
        yield from told(tuple(one.metadata)) if isinstance(one, FieldInfo) else (one,)


def test_every_text_of_a_schema_goes_by_the_rule():
    models = [
        model
        for _prefix, router in api._routers
        for view in router.path_operations.values()
        for operation in view.operations
        for model in operation.models
    ]
    found = [leaf for model in models for leaf in leaves(model, (), "")]
    assert len(found) >= 40
    wrong = [
        name
        for name, metadata in found
        if name not in PROOFS
        and not any(
            (isinstance(one, BeforeValidator) and one.func in BY_THE_RULE) or getattr(one, "pattern", None)
            for one in told(metadata)
        )
    ]
    assert not wrong


def posted_names(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every name that code asks `request.POST` for."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            where, said = node.func.value, node.args[:1]
        elif isinstance(node, ast.Subscript):
            where, said = node.value, [node.slice]
        else:
            continue
        if isinstance(where, ast.Attribute) and where.attr == "POST":
            for one in said:
                yield node.lineno, str(one.value) if isinstance(one, ast.Constant) else ast.unparse(one)


def test_pages_ask_for_words_by_the_rule():
    code = [path for path in SRC.rglob("*.py") if not {"tests", "migrations"} & set(path.parts)]
    wrong = [
        f"{path.relative_to(SRC)}:{line} {name}"
        for path in code
        for line, name in posted_names(path)
        if name not in MACHINE and path.name != "forms.py"
    ]
    assert not wrong, "read words by gongjian.web.forms.words_of, or by a form"
