"""What administrators keep for other programs: topics on offer and their questions, each a table with its sheet."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongjian.domains.hotline import rules
from gongjian.domains.hotline.access import CatalogueRight
from gongjian.domains.hotline.actions.open311_tables import KEEPER, QUESTIONS, write_question, write_service
from gongjian.domains.hotline.forms.open311 import QuestionForm, ServiceForm
from gongjian.domains.hotline.pages.common import frame
from gongjian.domains.hotline.queries.open311 import forget_offer
from gongjian.domains.hotline.queries.open311_tables import question_entries, service_entries
from gongjian.identity.requests import ActorRequest
from gongjian.listing import listed
from gongjian.web.catalogues import Catalogue, Fact, Link
from gongjian.web.catalogues import routes as routes_of
from gongjian.web.words import language


def _around(request: ActorRequest) -> dict[str, Any]:
    return frame(request.actor, "office")


def _service_facts(values: Mapping[str, Any], _first: date | None, _at: datetime) -> list[Fact]:
    if not values.get("offered"):
        return [Fact(_("别的程序"), _("看不到这一类，也看不到它的件"), "late")]
    if values.get("looked_at_first"):
        return [Fact(_("别的程序"), _("先拿到凭据；热线受理以后件才公开"), "soon")]
    return [Fact(_("别的程序"), _("可以登记，登记后马上能查到"), "ok")]


def _question_facts(values: Mapping[str, Any], _first: date | None, _at: datetime) -> list[Fact]:
    try:
        options = rules.options_of(values.get("options") or "")
    except ValueError:
        return []
    place = 2 if language() == "en" else 1
    return [Fact(_("选项"), listed(option[place] for option in options))] if options else []


SERVICES: Final = Catalogue(
    app="hotline",
    name="open_services",
    path="office/open-services/",
    title=gettext_lazy("对外开放的类别"),
    sentence=gettext_lazy("别的程序通过 Open311 能看到、能登记哪些类别。"),
    one=gettext_lazy("类别"),
    right=CatalogueRight.CATALOGUE_MANAGE,
    form=ServiceForm,
    shown=("topic", "offered", "looked_at_first", "description_zh", "keywords"),
    kind="open_service",
    action="hotline.open_service",
    read=service_entries,
    write=write_service,
    facts=_service_facts,
    frame=_around,
    adds=False,
    links=(Link(gettext_lazy("类别附加问题"), "hotline:questions", "help"),),
    forget=forget_offer,
)
QUESTION_TABLE: Final = Catalogue(
    app="hotline",
    name="questions",
    path="office/questions/",
    title=gettext_lazy("类别附加问题"),
    sentence=gettext_lazy("登记这一类时要问什么，居民、话务员和别的程序都一样问。答案和件放在一起，承办单位看得到。"),
    one=gettext_lazy("问题"),
    right=CatalogueRight.CATALOGUE_MANAGE,
    form=QuestionForm,
    shown=("ask_zh", "topic", "code", "datatype", "required", "order"),
    kind=QUESTIONS.kind,
    action=QUESTIONS.action,
    read=question_entries,
    write=write_question,
    withdraw=KEEPER.withdraw,
    facts=_question_facts,
    frame=_around,
    links=(Link(gettext_lazy("对外开放的类别"), "hotline:open_services", "list"),),
    hint=gettext_lazy("改了内容就是新的一版，从您写的那天起用；已经收到的答案不变。"),
    forget=forget_offer,
)
routes: list[URLPattern] = [*routes_of(SERVICES), *routes_of(QUESTION_TABLE)]
