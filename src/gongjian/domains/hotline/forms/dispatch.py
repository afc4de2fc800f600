"""What the dispatcher types: another unit with its reason, a better title, a refusal with the right channel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gongjian.domains.hotline.forms.placing import NOWHERE, Place, gone_words, settle, show_without_point
from gongjian.domains.hotline.forms.staff import LONGEST_LINE, VersionForm
from gongjian.places.rules import point_in
from gongjian.web.forms import FoldedField, fold

LONGEST_ANSWER: Final = 2_000
LONGEST_SOURCE: Final = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing of a long list: its id, the names and spellings it is found by."""

    value: int
    label: str
    hint: str
    keys: str  # pinyin and initials, parted by spaces

    def fits(self, typed: str) -> bool:
        """Whether this is what was typed: a name, or its pinyin."""
        return typed in {self.label, self.hint} or typed.lower() in {self.label.lower(), *self.keys.split()}


class ChosenField(FoldedField):
    """A name out of a long list, typed or taken; cleans to its id, None where nothing was typed."""

    def __init__(self, *, unknown: Any, **kwargs: Any) -> None:
        super().__init__(max_length=80, **kwargs)
        self.choices: tuple[Choice, ...] = ()
        self.codes: Mapping[str, int] = {}  # what links name, also things that are chosen no more
        self.unknown = unknown

    def clean(self, value: Any) -> int | None:
        typed = fold(super().clean(value) or "")
        if not typed:
            return None
        if typed in self.codes:
            return self.codes[typed]
        found = {choice.value for choice in self.choices if choice.fits(typed)}
        if len(found) != 1:
            raise ValidationError(self.unknown)
        return found.pop()


class ChoosingForm(VersionForm):
    """A form whose `ChosenField`s look into one list."""

    def __init__(self, *args: Any, choices: Iterable[Choice] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = tuple(choices)
        for field in self.fields.values():
            if isinstance(field, ChosenField):
                field.choices = known


def _unit(label: Any, *, required: bool) -> ChosenField:
    return ChosenField(label=label, required=required, unknown=_("没有这个单位。从列表里选，或者写全名。"))


class AcceptForm(VersionForm):
    """The offer as it was seen: somebody else may have changed it meanwhile."""

    unit = forms.IntegerField(widget=forms.HiddenInput)


class DispatchForm(ChoosingForm):
    """Another unit than the proposed one."""

    unit = _unit(_("主办单位"), required=True)
    assist = _unit(_("协办单位"), required=False)
    second_assist = _unit(_("另一个协办单位"), required=False)
    reason = forms.CharField(
        label=_("为什么派给它"),
        required=False,
        max_length=LONGEST_LINE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("不按目录派，要写一句；单位看得到。"),
    )

    @property
    def assist_ids(self) -> list[int]:
        """Return the units that help, in the order they were named."""
        return [unit for name in ("assist", "second_assist") if (unit := self.cleaned_data[name]) is not None]


class RetitleForm(ChoosingForm):
    title = FoldedField(label=_("标题"), max_length=80)
    topic = ChosenField(label=_("类别"), required=False, unknown=_("没有这个类别，请从列表里选。"))
    address = FoldedField(label=_("地点"), required=False, max_length=120)
    place = forms.CharField(required=False, widget=forms.HiddenInput)  # "lon,lat" of the address
    point_for = forms.CharField(required=False, widget=forms.HiddenInput)  # the words it was taken for
    community = forms.TypedChoiceField(label=_("社区"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, communities: Iterable[tuple[str, Any]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["community"].choices = [("", _("社区不清楚")), *communities]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The place that was chosen last holds; what contradicts it goes and is said."""
        cleaned = super().clean() or {}
        given = Place(cleaned.get("address") or "", point_in(cleaned.get("place") or ""), cleaned.get("community"))
        cleaned["spot"], against = settle(given, NOWHERE, self.data.get("point_for"))
        if against:
            self.data = show_without_point(self.data, str(cleaned["spot"].community or ""))
            self.add_error(against, gone_words(against))
        return cleaned


class RefuseForm(VersionForm):
    """Not ours to take: a reason from the closed list; its channel is told to the resident."""

    reason = forms.ChoiceField(label=_("不予受理的理由"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("给居民的话"),
        required=False,
        max_length=LONGEST_LINE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("不写，就用理由后面的那句。"),
    )

    def __init__(self, *args: Any, reasons: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["reason"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = list(reasons)


class AnswerForm(VersionForm):
    """Answered on the spot: what the resident reads, and where it stands."""

    text = forms.CharField(label=_("答复"), max_length=LONGEST_ANSWER, widget=forms.Textarea(attrs={"rows": 4}))
    source = FoldedField(label=_("依据"), max_length=LONGEST_SOURCE, help_text=_("文件名、条款或网页名。"))
