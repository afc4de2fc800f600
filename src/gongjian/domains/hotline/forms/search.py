"""What somebody looks for; it stands in the address, so that a search can be kept and sent on."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from gongjian.domains.hotline.forms.dispatch import Choice, ChosenField
from gongjian.web.forms import Form
from gongjian.web.searching import SearchField


class SearchForm(Form):
    q = SearchField(label=_("件号或词"), required=False, max_length=80)
    topic = ChosenField(label=_("类别"), required=False, unknown=_("没有这个类别，请从列表里选。"))
    unit = ChosenField(label=_("单位"), required=False, unknown=_("没有这个单位。从列表里选，或者写全名。"))

    def __init__(self, *args: Any, topics: Iterable[Choice] = (), units: Iterable[Choice] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, known in (("topic", topics), ("unit", units)):
            field = self.fields[name]
            if isinstance(field, ChosenField):
                field.choices = tuple(known)
