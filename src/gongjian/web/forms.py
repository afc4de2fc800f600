"""The base of every form: text by its one rule, our words for errors, a summary that leads to the fields."""

import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import BaseValidator
from django.forms.utils import pretty_name
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from gongjian.text import clean

# Django's own texts end in English or in officialese; these name the field and say what to do.
WORDS: dict[str, Any] = {
    "required": _("还没填“{label}”。"),
    "invalid": _("“{label}”的格式不对，请核对。"),
    "invalid_choice": _("“{label}”里没有这一项，请从列出的里面选。"),
    "invalid_list": _("“{label}”里没有这一项，请从列出的里面选。"),
    "empty": _("“{label}”这个文件是空的。"),
    "invalid_image": _("“{label}”不是照片，或者已经损坏。"),
}
# Messages of validators carry numbers, which are filled in later.
LIMITS: dict[str, Any] = {
    "max_length": _("写得太长了，最多 %(limit_value)d 个字，现在有 %(show_value)d 个。"),
    "min_length": _("写得太短了，至少 %(limit_value)d 个字，现在有 %(show_value)d 个。"),
    "max_value": _("最大是 %(limit_value)s。"),
    "min_value": _("最小是 %(limit_value)s。"),
}


def fold(text: str) -> str:
    """Return the text with full-width letters, digits and signs as half-width ones (NFKC), edges trimmed."""
    return clean(unicodedata.normalize("NFKC", text)).strip()


class TooLongError(ValueError):
    """A posted text has more signs than may be kept: nothing is cut off, its writer shortens it."""

    def __init__(self, most: int, given: int) -> None:
        super().__init__(str(LIMITS["max_length"]) % {"limit_value": most, "show_value": given})


def words_of(request: HttpRequest, name: str, most: int | None = None) -> str:
    """Return one posted text by the rule of text: for a page that has no form for it.

    Raises TooLongError for more than `most` signs.
    """
    words = clean(request.POST.get(name, "")).strip()
    if most is not None and len(words) > most:
        raise TooLongError(most, len(words))
    return words


def fold_digits(text: str) -> str:
    """Return only digits of any width as ASCII digits, everything else as it stands."""
    return "".join(str(unicodedata.digit(one)) if one.isdigit() else one for one in text)


type Reading = Callable[[str], str]


class Form(forms.Form):
    """Use instead of django.forms.Form. Templates show `web/parts/errors.html` and `{% field %}`.

    What came in is read by the rule of text before any field sees it: its lengths are counted, and it is shown again,
    as it will be kept. Passwords stay as they were typed.
    """

    use_required_attribute = False
    default_renderer = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        _worded(type(self))
        super().__init__(*args, **kwargs)
        for text in self.fields.values():
            # A browser would cut what is pasted without a word, and counts some signs twice; the form tells the length.
            text.widget.attrs.pop("maxlength", None)
        if self.is_bound:
            own = {self.add_prefix(name): _reading(field) for name, field in self.fields.items()}
            self.data = read_text(self.data, own)

    @property
    def summary(self) -> list[tuple[str, str]]:
        """Return (anchor, words) of every error in the order of the fields; the anchor of a form error is empty."""
        found = [("", str(words)) for words in self.errors.get(NON_FIELD_ERRORS, [])]
        for name in self.fields:
            bound = self[name]
            anchor = bound.id_for_label or bound.auto_id
            found += [(anchor, str(words)) for words in bound.errors]
        return found


class FoldedField(forms.CharField):
    """One line of text whose full-width letters and digits are folded before it is checked."""

    def to_python(self, value: Any) -> Any:
        cleaned = super().to_python(value)
        return fold(cleaned) if isinstance(cleaned, str) else cleaned


class ManyFilesInput(forms.FileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Up to `most` files in one field; cleaned to a list, empty where none came."""

    widget = ManyFilesInput
    default_error_messages = {"too_many": _("最多 %(most)d 张照片，现在有 %(given)d 张。")}

    def __init__(self, *, most: int = 5, accept: str = "image/*", **kwargs: Any) -> None:
        super().__init__(widget=ManyFilesInput(attrs={"multiple": True, "accept": accept}), **kwargs)
        self.most = most

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if len(given) > self.most:
            numbers = {"most": self.most, "given": len(given)}
            raise ValidationError(self.error_messages["too_many"], code="too_many", params=numbers)
        if not given:
            super().clean(None, initial)
        return [super(PhotosField, self).clean(one, initial) for one in given]


def read_text(data: Any, own: Mapping[str, Reading] | None = None) -> Any:
    """Return posted values by the rule of text; `own` names fields with a reading of their own."""
    told = dict(data.lists()) if isinstance(data, MultiValueDict) else {name: [value] for name, value in data.items()}
    changed = {}
    for name, values in told.items():
        reading = (own or {}).get(name, clean)
        read = [reading(value) if isinstance(value, str) else value for value in values]
        if read != values:
            changed[name] = read
    if not changed:
        return data
    fresh = data.copy()
    for name, values in changed.items():
        if isinstance(fresh, MultiValueDict):
            fresh.setlist(name, values)
        else:
            fresh[name] = values[0]
    return fresh


def _reading(field: forms.Field) -> Reading:
    """Return how a field's values are read: a password as it was typed, others by the rule unless they say how."""
    if isinstance(field.widget, forms.PasswordInput):
        return str
    found: Reading = getattr(field, "as_posted", clean)
    return found


@cache
def _worded(kind: type[forms.Form]) -> None:
    """Put our words into the fields that every form of this kind copies."""
    for name, field in kind.base_fields.items():
        _say(field, field.label or pretty_name(name))


def _say(field: forms.Field, label: Any) -> None:
    """Put our words where the field still has Django's own."""
    own = {
        code: words
        for kind in reversed(type(field).__mro__)
        if kind.__module__.startswith("django.")
        for code, words in getattr(kind, "default_error_messages", {}).items()
    }
    for code, words in field.error_messages.items():
        if code in WORDS and words == own.get(code):
            field.error_messages[code] = format_lazy(WORDS[code], label=label)
    for validator in field.validators:
        if isinstance(validator, BaseValidator) and validator.code in LIMITS:
            validator.message = LIMITS[validator.code]
