"""The form of one row, in the browser and in a spreadsheet."""

import re
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from gongjian.web.forms import Form, fold

EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2099, 12, 31)
WIDE: Final = {w: w - 0xFEE0 for a, b in ("０９", "ＡＺ", "ａｚ") for w in range(ord(a), ord(b) + 1)} | {0x3000: 0x20}
LOOSE_DATE: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")


class DayField(forms.DateField):
    """A day as people write it: 2027-01-01, 2027/1/1, 2027年1月1日, in digits of any width."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_validators = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str):
            found = LOOSE_DATE.fullmatch(fold(value))
            value = "-".join(found.groups()) if found else fold(value)
        return super().to_python(value)


class WholeField(forms.IntegerField):
    """A whole number in digits of any width; the list says `empty_words` where there is none."""

    def __init__(self, *, empty_words: Any = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty_words = empty_words

    def to_python(self, value: Any) -> int | None:
        return super().to_python(fold(value) if isinstance(value, str) else value)


class TextField(forms.CharField):
    """One line of text; letters and digits of full width are folded, Chinese punctuation stays what it is."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).translate(WIDE).strip()


class BasisField(forms.CharField):
    """What prescribes a value; the list says `empty_words` where nothing does."""

    widget = forms.Textarea(attrs={"rows": 2})

    def __init__(self, *, empty_words: Any = "", **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.empty_words = empty_words


class LinesField(forms.CharField):
    """Several lines of text, as they were written."""

    widget = forms.Textarea(attrs={"rows": 5})


class CatalogueForm(Form):
    """The fields of one row; `identity` names those that cannot change once the row is there."""

    identity: tuple[str, ...] = ()
    match: tuple[str, ...] = ()  # by which a spreadsheet knows a row again; the identity where nothing is said
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.new = new
        if not new:
            for name in self.identity:
                self.fields[name].disabled = True

    @classmethod
    def matched(cls) -> tuple[str, ...]:
        """Return the fields by which a row of a spreadsheet is known again."""
        return cls.match or cls.identity

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the fields that are columns of the table, in their order."""
        return tuple(name for name in cls.base_fields if name not in {"seen", "since", "until"})


class DaysForm(CatalogueForm):
    """A row that holds from a day on, perhaps until another."""

    since = DayField(label=_("从哪天起"))
    until = DayField(label=_("到哪天为止"), required=False, help_text=_("这一天起不再用；不停用就空着"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", ValidationError(_("停用的日子要在生效的日子之后。")))
        return cleaned
