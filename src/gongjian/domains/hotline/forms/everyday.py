"""What people keep at their desks."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gongjian.web.forms import FoldedField, Form


class FilterForm(Form):
    name = FoldedField(label=_("名字"), max_length=30, help_text=_("下次好认，比如“永安超时”。"))
    shared = forms.BooleanField(label=_("本单位的人都能用"), required=False)
    opens = forms.BooleanField(label=_("打开这一页就用它"), required=False)
