"""Forms about programs: their keys and where they are told what happens."""

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from gongjian.casework.kinds import By, kinds
from gongjian.console.forms import LAST_DAY
from gongjian.httpapi.actions.keys import LONGEST_OVERLAP, MOST_PER_MINUTE
from gongjian.httpapi.grants import grants
from gongjian.identity.models import ApiKey
from gongjian.identity.queries import units
from gongjian.web.forms import FoldedField, Form
from gongjian.web.words import bracketed

USUAL_PER_MINUTE = 120
USUAL_OVERLAP = 7


class KeyForm(Form):
    program = FoldedField(label=_("程序账号"), max_length=64)
    name = FoldedField(label=_("给谁、做什么用"), max_length=60)
    rights = forms.MultipleChoiceField(label=_("权限"), widget=forms.CheckboxSelectMultiple)
    unit = forms.TypedChoiceField(label=_("单位"), coerce=int, empty_value=None, required=False)
    per_minute = forms.IntegerField(
        label=_("每分钟最多几次"), min_value=1, max_value=MOST_PER_MINUTE, initial=USUAL_PER_MINUTE
    )
    expires = forms.DateField(
        label=_("用到哪天"),
        required=False,
        validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: object, language: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rights"].choices = [(right, grant.words) for right, grant in grants().items()]  # type: ignore[attr-defined]
        known = [(unit.id, unit.short(language)) for unit in units().active]
        self.fields["unit"].choices = [("", _("不限单位")), *known]  # type: ignore[attr-defined]


class RotateForm(Form):
    overlap = forms.IntegerField(
        label=_("旧密钥再用几天"), min_value=0, max_value=LONGEST_OVERLAP.days, initial=USUAL_OVERLAP
    )


class WebhookForm(Form):
    key = forms.TypedChoiceField(label=_("密钥"), coerce=int)
    name = FoldedField(label=_("名字"), max_length=60)
    url = forms.CharField(label=_("网址"), max_length=500, widget=forms.URLInput)
    kinds = forms.MultipleChoiceField(label=_("哪几种事项"), required=False, widget=forms.CheckboxSelectMultiple)
    moves = forms.MultipleChoiceField(label=_("哪几步"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: object, keys: list[ApiKey] | None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if keys is None:
            del self.fields["key"]
        else:
            shown = [(key.pk, bracketed(key.name, f"{key.prefix}…")) for key in keys]
            self.fields["key"].choices = [("", ""), *shown]  # type: ignore[attr-defined]
        known = kinds()
        self.fields["kinds"].choices = [(kind.key, kind.label) for kind in known]  # type: ignore[attr-defined]
        moves = {move.name: move.label for kind in known for move in kind.moves if move.by != frozenset({By.SYSTEM})}
        moves |= {move.name: move.label for kind in known for move in kind.moves if move.name not in moves}
        self.fields["moves"].choices = list(moves.items())  # type: ignore[attr-defined]


class ReplayForm(Form):
    from_event = forms.IntegerField(label=_("从哪个事件编号起"), min_value=1, max_value=2**63 - 1)
