"""Where text messages go, for administrators."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from gongjian.console import texting
from gongjian.console.access import ConsoleRight
from gongjian.console.frame import frame
from gongjian.identity.requests import ActorRequest
from gongjian.listing import listed
from gongjian.parties.texting import forget
from gongjian.web.catalogues import Catalogue, Fact
from gongjian.web.catalogues import routes as routes_of


def _around(request: ActorRequest) -> dict[str, Any]:
    return frame(request, "office")


def _facts(values: Mapping[str, Any], _first: date | None, _at: datetime) -> list[Fact]:
    """Return which regions share the code: one line of a list may open many."""
    digits = str(values.get("code", "")).removeprefix("+")
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(digits), ()) if digits.isdecimal() else ()
    return [Fact(_("这个代码有"), listed(regions), "soon" if len(regions) > 1 else "")] if regions else []


SMS_COUNTRIES: Final = Catalogue(
    app="console",
    name="sms_countries",
    path="office/sms-countries/",
    right=ConsoleRight.WORDING_MANAGE,
    title=gettext_lazy("短信发往哪里"),
    sentence=gettext_lazy("只有写在这里的国家和地区的手机号收得到短信。别的号码照样可以留，通知改用邮件。"),
    one=gettext_lazy("国家或地区"),
    form=texting.SmsCountryForm,
    shown=("code", "source"),
    kind=texting.TABLE.kind,
    action=texting.TABLE.action,
    read=texting.country_entries,
    write=texting.KEEPER.write,
    withdraw=texting.KEEPER.withdraw,
    facts=_facts,
    frame=_around,
    forget=forget,
    hint=gettext_lazy("每开通一个地方，都可能有人拿那里的收费号码刷验证码。只写真的用得着的。"),
)
routes: list[URLPattern] = routes_of(SMS_COUNTRIES)
