"""The words of notices, for administrators."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from gongjian.console import wording
from gongjian.console.access import ConsoleRight
from gongjian.console.frame import frame
from gongjian.identity.requests import ActorRequest
from gongjian.notify import ownwords
from gongjian.notify.models import Channel
from gongjian.web.catalogues import Catalogue, Entry, Fact
from gongjian.web.catalogues import routes as routes_of
from gongjian.workdays.clock import now


def _around(request: ActorRequest) -> dict[str, Any]:
    return frame(request, "office")


def _entries() -> list[Entry]:
    return wording.wording_entries(now())


def _facts(values: Mapping[str, Any], _first: date | None, at: datetime) -> list[Fact]:
    """Return the text as somebody would get it, how long it is, and what may stand in it."""
    template, language = str(values.get("template", "")), str(values.get("language", "zh-hans"))
    sample = wording.sample(template, language, at)
    with override(language):
        body = ownwords.rendered(str(values.get("body", "")), sample)
        subject = ownwords.rendered(str(values.get("subject", "")), sample)
    found = [Fact(_("标题"), subject)] if subject else []
    if values.get("channel") == Channel.SMS:
        body = " ".join(body.split())
        pieces = ownwords.segments(body)
        told = ngettext("%(length)s 字，按 %(n)s 条短信发", "%(length)s 字，按 %(n)s 条短信发", pieces)
        words = told % {"length": len(body), "n": pieces}
        found += [Fact(_("收到的样子"), body), Fact(_("长度"), words, "soon" if pieces > 1 else "")]
    else:
        found.append(Fact(_("收到的样子"), body))
    known = ownwords.allowed(template)
    places = "\n".join(f"{{{{ {token} }}}}" for token in sorted(known.inserts))
    return [*found, Fact(_("可以用的占位符"), places)]


WORDINGS: Final = Catalogue(
    app="console",
    name="wordings",
    path="office/wordings/",
    right=ConsoleRight.WORDING_MANAGE,
    title=gettext_lazy("通知文字"),
    sentence=gettext_lazy("短信、邮件、站内信怎么写。没有改过的是系统自带的；改了从您写的那天起用。"),
    one=gettext_lazy("通知文字"),
    form=wording.WordingForm,
    shown=("template", "channel", "language", "body"),
    kind=wording.TABLE.kind,
    action=wording.TABLE.action,
    read=_entries,
    write=wording.write_wording,
    withdraw=wording.KEEPER.withdraw,
    restore=wording.restore_wording,
    facts=_facts,
    frame=_around,
    forget=ownwords.forget,
    adds=False,
    hint=gettext_lazy("双括号里的会换成真的内容；只能用右边列出的。"),
)
routes: list[URLPattern] = routes_of(WORDINGS)
