"""To which countries and regions text messages go, as administrators keep them: each from a day on, with its basis."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from gongjian.audit.dated import Table, fingerprint
from gongjian.console.access import ConsoleRight
from gongjian.parties.models import SmsCountry
from gongjian.parties.texting import forget
from gongjian.web.catalogues import DaysForm, Entry, Keeper, TextField

_CODE: Final = re.compile(r"(?:\+|00)?([1-9]\d{0,2})", re.ASCII)


class SmsCountryForm(DaysForm):
    """One country or region."""

    identity = ("code",)
    code = TextField(
        label=gettext_lazy("国家或地区代码"), max_length=6, help_text=gettext_lazy("带加号，比如 +86、+852、+853")
    )
    source = forms.CharField(
        label=gettext_lazy("依据"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("和短信公司的合同，或者谁决定的"),
    )  # fmt: skip

    def clean_code(self) -> str:
        """Return the code with its plus; one that no country has is refused."""
        found = _CODE.fullmatch(self.cleaned_data["code"].replace(" ", ""))
        if found is None or int(found[1]) not in COUNTRY_CODE_TO_REGION_CODE:
            raise ValidationError(gettext_lazy("没有这个代码。写加号和 1 到 3 位数字，比如 +852。"))
        return f"+{found[1]}"


def country_values(row: SmsCountry) -> dict[str, Any]:
    """Return a country as its form shows it."""
    return {"code": row.code, "source": row.source}


def country_name(row: Any) -> str:
    """Return what the record calls a country."""
    return str(row.code)


def country_entries() -> list[Entry]:
    """Return every row, past and future ones too."""
    rows = SmsCountry.objects.order_by("code", "-valid")
    return [Entry(r.pk, r.code, country_values(r), fingerprint(r), r.valid.lower, r.valid.upper) for r in rows]


TABLE: Final = Table(
    model=SmsCountry,
    identity=("code",),
    values=("source",),
    action="parties.sms_country",
    kind="sms_country",
    name=country_name,
    tell=country_values,
)
KEEPER: Final = Keeper(TABLE, ConsoleRight.WORDING_MANAGE, forget)
