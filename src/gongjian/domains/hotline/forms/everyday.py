"""What people keep at their desks."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gongjian.domains.hotline.forms.dispatch import ChosenField
from gongjian.web.forms import FoldedField, Form


class FilterForm(Form):
    name = FoldedField(label=_("名字"), max_length=30, help_text=_("下次好认，比如“永安超时”。"))
    shared = forms.BooleanField(label=_("本单位的人都能用"), required=False)
    opens = forms.BooleanField(label=_("打开这一页就用它"), required=False)


class WordingForm(Form):
    name = FoldedField(label=_("名字"), max_length=40, help_text=_("写回复的人凭它找，比如“噪声：已停工”。"))
    unit = forms.TypedChoiceField(
        label=_("给谁用"), coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    topic = ChosenField(label=_("类别"), required=False, unknown=_("没有这个类别，请从列表里选。"))
    text_zh = forms.CharField(
        label=_("中文"), widget=forms.Textarea(attrs={"rows": 9}),
        help_text=_("可以留空：{称呼}、{件号}、{单位}、{日期}、{类别}、{标题}，用的时候自动填上。"),
    )  # fmt: skip
    text_en = forms.CharField(label=_("英文"), required=False, widget=forms.Textarea(attrs={"rows": 6}))
    valid_from = forms.DateField(
        label=_("从哪天起用"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("写成 2026-12-01 这样。")},
    )

    def __init__(self, *args: Any, units: Sequence[tuple[str, str]] = (), topics: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice, topic = self.fields["unit"], self.fields["topic"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = list(units)
        if isinstance(topic, ChosenField):
            topic.choices = tuple(topics)


class RestrictForm(Form):
    reason = forms.CharField(
        label=_("为什么"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("写发生了什么、什么时候、几次，不写对人的评价。当事人看得到。"),
    )  # fmt: skip
    basis = forms.CharField(
        label=_("依据什么规定"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("哪个办法的哪一条。当事人看得到。"),
    )  # fmt: skip
    days = FoldedField(
        label=_("限制几天"), max_length=3, help_text=_("最多 90 天，到期自己结束。"),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip

    def clean_days(self) -> int:
        """Return the number of days; full-width digits are folded by the field."""
        days = self.cleaned_data["days"]
        if not days.isascii() or not days.isdigit():
            raise forms.ValidationError(_("写一个数字，比如 30。"))
        return int(days)


class ReleaseForm(Form):
    why = forms.CharField(label=_("为什么提前结束"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
