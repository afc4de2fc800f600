"""What administrators type about units."""

from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from gongjian.console.words import UNIT_KINDS
from gongjian.identity.queries import units
from gongjian.places.models import Subdistrict
from gongjian.web.forms import FoldedField, Form
from gongjian.web.words import english

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

REASON = 200
type Choices = list[tuple[Any, str]]


class Offered(NamedTuple):
    """The topics and communities of the open matters at hand, each with their number."""

    topics: Choices
    communities: Choices


def whole(value: Any) -> int | None:
    """Return the number of a chosen line, None for the empty one."""
    return int(value) if value else None


def unit_choices(language: str, *, but: int | None = None, empty: str | None = "") -> Choices:
    """Return the units in use by their short names."""
    known = [(unit.id, unit.short(language)) for unit in units().active if unit.id != but]
    return known if empty is None else [("", empty), *known]


def many(label: "_StrPromise") -> forms.TypedMultipleChoiceField:
    """Return a field of ticks; none ticked means all."""
    return forms.TypedMultipleChoiceField(label=label, coerce=int, required=False, widget=forms.CheckboxSelectMultiple)


class ReasonForm(Form):
    reason = FoldedField(label=_("为什么"), max_length=REASON)


class UnitForm(Form):
    """A unit's names and place."""

    name_zh = FoldedField(label=_("全称"), max_length=60)
    short_zh = FoldedField(label=_("简称"), max_length=20)
    name_en = FoldedField(label=_("英文全称"), max_length=120, required=False)
    short_en = FoldedField(label=_("英文简称"), max_length=60, required=False)
    kind = forms.ChoiceField(label=_("性质"), choices=list(UNIT_KINDS.items()))
    parent = forms.TypedChoiceField(label=_("上级"), coerce=whole, empty_value=None, required=False)
    subdistrict = forms.TypedChoiceField(label=_("管哪个街道"), coerce=whole, empty_value=None, required=False)

    def __init__(self, *args: Any, language: str, unit_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        streets = Subdistrict.objects.order_by("code").values_list("id", "name_en" if english() else "name_zh")
        self.fields["parent"].choices = unit_choices(language, but=unit_id, empty="—")  # type: ignore[attr-defined]
        self.fields["subdistrict"].choices = [("", "—"), *streets]  # type: ignore[attr-defined]

    def columns(self) -> dict[str, Any]:
        """Return what was typed under the names the actions use."""
        typed = {name: self.cleaned_data[name] for name in ("name_zh", "short_zh", "name_en", "short_en", "kind")}
        return typed | {"parent_id": self.cleaned_data["parent"], "subdistrict_id": self.cleaned_data["subdistrict"]}


class NewUnitForm(UnitForm):
    """A new unit: its code is chosen once."""

    code = FoldedField(label=_("代码"), max_length=40)
    field_order = ("name_zh", "short_zh", "code")

    def columns(self) -> dict[str, Any]:
        """Return what was typed under the names the actions use."""
        return {**super().columns(), "code": self.cleaned_data["code"]}


class EditUnitForm(UnitForm):
    reason = FoldedField(label=_("为什么改"), max_length=REASON, required=False)


class CloseForm(ReasonForm):
    """Where the matters and people of a closed unit go; nowhere is a choice too."""

    into = forms.TypedChoiceField(label=_("并入哪个单位"), coerce=whole, empty_value=None, required=False)
    field_order = ("into", "reason")

    def __init__(self, *args: Any, language: str, unit_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nowhere = str(_("不并入，只撤销"))
        self.fields["into"].choices = unit_choices(language, but=unit_id, empty=nowhere)  # type: ignore[attr-defined]


class SplitForm(NewUnitForm):
    """A new unit made of a part of another: its names, which open matters, which people."""

    topics = many(_("类别"))
    communities = many(_("社区"))
    people = many(_("一起过去的人"))
    reason = FoldedField(label=_("为什么"), max_length=REASON)

    def __init__(self, *args: Any, offered: Offered, staff: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = offered.topics  # type: ignore[attr-defined]
        self.fields["communities"].choices = offered.communities  # type: ignore[attr-defined]
        self.fields["people"].choices = staff  # type: ignore[attr-defined]
