"""What administrators type about topics for other programs."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gongjian.domains.hotline.models import ServiceAttribute
from gongjian.domains.hotline.queries.reference import topic_choices
from gongjian.web.catalogues import CatalogueForm, DaysForm, TextField, WholeField
from gongjian.web.catalogues.forms import LinesField

CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


class ServiceForm(CatalogueForm):
    """How one topic is offered."""

    identity = ("topic",)
    topic = forms.ChoiceField(label=_("类别"))
    offered = forms.BooleanField(
        label=_("对外开放"), required=False, help_text=_("不选就是保密类别：别的程序看不到这一类，也看不到它的件")
    )
    looked_at_first = forms.BooleanField(
        label=_("先核看再公开"), required=False, help_text=_("对方程序先拿到凭据；热线受理以后件才公开")
    )
    description_zh = TextField(label=_("说明"), max_length=200, required=False, help_text=_("空着就用派件理由"))
    description_en = TextField(label=_("说明（英文）"), max_length=300, required=False)
    keywords = TextField(label=_("关键词"), max_length=200, required=False, help_text=_("用逗号分开；俗称会自动加上"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [("", ""), *topic_choices()]  # type: ignore[attr-defined]


class QuestionForm(DaysForm):
    """One question of a topic."""

    identity = ("topic", "code")
    topic = forms.ChoiceField(label=_("类别"))
    code = TextField(label=_("代码"), max_length=40, help_text=_("字母开头，如 FAULT；建好以后不变，程序靠它认"))
    datatype = forms.ChoiceField(label=_("怎么回答"), choices=ServiceAttribute.Datatype.choices)
    required = forms.BooleanField(label=_("必答"), required=False)
    variable = forms.BooleanField(
        label=_("要填写"), required=False, initial=True, help_text=_("不选就只是一段给人看的说明")
    )
    order = WholeField(label=_("次序"), min_value=1, max_value=1_000)
    ask_zh = TextField(label=_("问题"), max_length=200)
    ask_en = TextField(label=_("问题（英文）"), max_length=300)
    hint_zh = TextField(label=_("怎么填"), max_length=200, required=False)
    hint_en = TextField(label=_("怎么填（英文）"), max_length=300, required=False)
    options = LinesField(
        label=_("选项"), max_length=4_000, required=False, help_text=_("每行一个：代码 = 中文 | English")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [("", ""), *topic_choices()]  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not CODE.fullmatch(code):
            raise ValidationError(_("用字母开头，只有字母、数字、短横和下划线。"))
        return code

    def clean_options(self) -> str:
        """Return the lines without what Windows adds to their ends."""
        text: str = self.cleaned_data["options"]
        return "\n".join(line.strip() for line in text.splitlines() if line.strip())
