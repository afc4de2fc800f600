"""What somebody looks for; it stands in the address, so that a search can be kept and sent on."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from gongjian.domains.hotline.forms.dispatch import Choice, ChosenField
from gongjian.web.forms import Form
from gongjian.web.searching import SearchField


class Known(NamedTuple):
    """A long list as a search knows it: what may be chosen by its names; everything by its code, as links name it."""

    choices: Iterable[Choice]
    codes: Mapping[str, int]


NOTHING: Final = Known((), {})


class DayField(forms.DateField):
    """A day, first or last of a span; it may stay open."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            input_formats=["%Y-%m-%d"],
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            error_messages={"invalid": _("写成 2026-11-30 这样的日期，或者留空。")},
            **kwargs,
        )


class SearchForm(Form):
    q = SearchField(label=_("件号或词"), required=False, max_length=80)
    topic = ChosenField(label=_("类别"), required=False, unknown=_("没有这个类别，请从列表里选。"))
    unit = ChosenField(label=_("单位"), required=False, unknown=_("没有这个单位。从列表里选，或者写全名。"))

    since = DayField(label=_("来的时间，从"))
    until = DayField(label=_("到"))

    def __init__(self, *args: Any, topics: Known = NOTHING, units: Known = NOTHING, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, known in (("topic", topics), ("unit", units)):
            field = self.fields[name]
            if isinstance(field, ChosenField):
                field.choices, field.codes = tuple(known.choices), known.codes

    def clean(self) -> dict[str, Any]:
        """A span that ends before it begins would find nothing without a word."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("结束的那天早于开始的那天，改其中一个。"))
        return cleaned
