"""How long data is kept, for administrators."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gongjian.audit.models import RetentionClass
from gongjian.audit.retention import forget
from gongjian.console import retention
from gongjian.console.access import ConsoleRight
from gongjian.console.frame import frame
from gongjian.identity.requests import ActorRequest
from gongjian.listing import listed
from gongjian.web.catalogues import Catalogue, Fact
from gongjian.web.catalogues import routes as routes_of
from gongjian.web.words import language


def _around(request: ActorRequest) -> dict[str, Any]:
    return frame(request, "office")


def _facts(values: Mapping[str, Any], _first: date | None, at: datetime) -> list[Fact]:
    row = RetentionClass.objects.filter(code=values.get("code", "")).first()
    if row is None:
        return []
    about = row.about_zh if language().startswith("zh") else row.about_en
    found = [Fact(_("是什么"), about), Fact(_("到期怎么办"), row.get_action_display())]
    if row.action != RetentionClass.Action.KEEP:
        bounds = {"least": row.least, "most": row.most, "unit": row.get_unit_display()}
        found.append(Fact(_("可以定"), _("%(least)s 到 %(most)s %(unit)s") % bounds))
    if row.code in retention.DUE:
        n = retention.DUE[row.code](at)
        words = ngettext("照现在存的期限，下一次清 %(n)s 条", "照现在存的期限，下一次清 %(n)s 条", n) % {"n": n}
        found.append(Fact(_("下一次清除"), words, "soon" if n else ""))
    tables = retention.tables_of(row.code)
    return [*found, Fact(_("在哪些表里"), listed(tables))] if tables else found


RETENTION: Final = Catalogue(
    app="console",
    name="retention",
    path="office/retention/",
    right=ConsoleRight.RETENTION_MANAGE,
    title=gettext_lazy("保存期限"),
    sentence=gettext_lazy("每一类资料留多久、到期怎么办。每晚按它清除，清了多少有记录。"),
    one=gettext_lazy("保存期限"),
    form=retention.RetentionForm,
    shown=("code", "amount", "unit", "source"),
    kind="retention_class",
    action="audit.retention",
    read=retention.retention_entries,
    write=retention.write_retention,
    facts=_facts,
    frame=_around,
    forget=forget,
    adds=False,
    hint=gettext_lazy("缩短以后，多出来的当晚就清除，找不回来。先看右边“下一次清除”有多少。"),
)
routes: list[URLPattern] = routes_of(RETENTION)
