"""The catalogues of the hotline, as administrators keep them: topics, rules, words, reasons, hours, notices."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from gongjian.audit.dated import Table, fingerprint
from gongjian.casework import limits
from gongjian.casework.limits import NoTermError
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.access import CatalogueRight
from gongjian.domains.hotline.actions import reference_tables as tables
from gongjian.domains.hotline.actions.reference_notices import notice_values, write_notice
from gongjian.domains.hotline.actions.reference_tables import keeper
from gongjian.domains.hotline.actions.reference_topics import spelled, write_topic
from gongjian.domains.hotline.forms import reference as forms
from gongjian.domains.hotline.pages.common import frame, named
from gongjian.domains.hotline.pages.terms import term_words
from gongjian.domains.hotline.queries import reference
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.listing import listed
from gongjian.web.catalogues import Catalogue, Entry, Fact, Link
from gongjian.web.catalogues import routes as routes_of
from gongjian.web.templatetags.gongjian import plain_due
from gongjian.web.words import language
from gongjian.workdays.clock import now
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import local_day, moment_on

MORNING: Final = time(9)


def _around(request: ActorRequest) -> dict[str, Any]:
    return frame(request.actor, "office")


def _common(name: str) -> dict[str, Any]:
    return {
        "app": "hotline",
        "name": name,
        "path": f"office/{name.replace('_', '-')}/",
        "right": CatalogueRight.CATALOGUE_MANAGE,
        "frame": _around,
        "forget": queries.forget,
    }


def _kept(name: str, table: Table) -> dict[str, Any]:
    kept = keeper(table)
    return {
        **_common(name),
        "kind": table.kind,
        "action": table.action,
        "write": kept.write,
        "withdraw": kept.withdraw,
        "soonest": table.soonest,
    }


def _rule_facts(values: Mapping[str, Any], first: date | None, at: datetime) -> list[Fact]:
    """Return who gets it and by when it would be answered, sent on the first morning at nine."""
    unit = units().by_code.get(values.get("lead_unit", ""))
    day = max(first or local_day(at), local_day(at))
    found = []
    if unit is not None:
        words = {"": "", reference.ASSIST: _("，所在街道协办"), reference.LEAD: _("协办，所在街道主办")}
        found.append(Fact(_("派给"), unit.name(language()) + words[values.get("street") or ""]))
    key = values.get("limit_key", "")
    key = "hotline.answer.complaint" if key == "hotline.answer" else key
    moment = moment_on(day, MORNING)
    try:
        term = limits.book().term(key=key, urgency=0, day=day).term
        due = limits.book().due(key=key, urgency=0, at=moment, calendar=calendar())
    except NoTermError:
        return [*found, Fact(_("答复时限"), _("这一天还没有这一类的时限"), "late")]
    label = _("%(day)s 9:00 派出的普通投诉") % {"day": day.isoformat()}
    more = _("（放假安排未公布，暂定）") if due.provisional else ""
    return [
        *found,
        Fact(label, _("%(term)s，%(due)s前答复") % {"term": term_words(term), "due": plain_due(due.at)} + more),
    ]


def _topic_facts(values: Mapping[str, Any], _first: date | None, at: datetime) -> list[Fact]:
    found = [Fact(_("拼音"), spelled(values.get("name_zh") or ""))]
    topic = next((t for t in queries.catalogue(at).topics.values() if t.code == values.get("code")), None)
    if topic is None:
        return found
    n = reference.open_cases(topic.id)
    if n:
        words = ngettext("%(n)s 件在办的仍归这一类", "%(n)s 件在办的仍归这一类", n)
        found.append(Fact(_("在办的件"), words % {"n": n}))
    if topic.rule_id is not None:
        unit = units().by_id.get(topic.lead_unit_id or 0)
        found.append(Fact(_("现在派给"), f"{named(unit)} {topic.catalogue} {topic.clause}"))
    elif topic.parent_id is not None:
        found.append(Fact(_("现在派给"), _("没有派件规则，派件员要自己选单位"), "soon"))
    said = queries.catalogue(at).everyday.get(topic.code, ())
    return [*found, *([Fact(_("老百姓怎么说"), listed(said))] if said else [])]


def _word_facts(values: Mapping[str, Any], _first: date | None, at: datetime) -> list[Fact]:
    word = str(values.get("word") or "").lower()
    others = [known for known, _service in queries.catalogue(at).emergency if word and word != known and known in word]
    if not others:
        return []
    return [Fact(_("已经管到"), _("“%(word)s”已经在词表里，写它的地方都会算") % {"word": others[0]}, "soon")]


def _notice_entries() -> list[Entry]:
    at = now()
    return [
        Entry(
            row.pk,
            str(row.pk),
            {**notice_values(row), "starts_at": row.starts_at, "ends_at": row.ends_at},
            fingerprint(row),
            closed=row.ends_at is not None and row.ends_at <= at,
            warning="" if row.title_en and row.body_en else _("英文还没写"),
        )
        for row in reference.notice_rows()
    ]


def _notice_facts(values: Mapping[str, Any], _first: date | None, at: datetime) -> list[Fact]:
    starts, ends = values.get("starts_at"), values.get("ends_at")
    place = _("每个居民页面最上面") if values.get("banner") else _("首页“通知公告”")
    if ends is not None and ends <= at:
        shown = _("已经撤下")
    elif starts is not None and starts > at:
        shown = _("到时间自动出现")
    else:
        shown = _("现在就看得到")
    texts = [
        f"{values.get('title_zh', '')}\n{values.get('body_zh', '')}",
        f"{values.get('title_en', '')}\n{values.get('body_en', '')}",
    ]
    if not texts[1].strip():
        texts[1] = _("还没写：英文页上是中文，注明英文稍后补上")
    return [
        Fact(_("出现在"), _("%(place)s，%(shown)s") % {"place": place, "shown": shown}),
        Fact("中文", texts[0]),
        Fact("English", texts[1]),
    ]


def _topic_entries() -> list[Entry]:
    return reference.topic_entries(now())


TOPICS: Final = Catalogue(
    **_common("topics"),
    title=pgettext_lazy("目录", "类别"),
    sentence=gettext_lazy("两级：大类和类别。停用和并入只管新来的件。"),
    one=gettext_lazy("类别"),
    form=forms.TopicForm,
    shown=("name_zh", "name_en", "parent", "code", "order", "into"),
    kind="topic",
    action="hotline.topic",
    read=_topic_entries,
    write=write_topic,
    facts=_topic_facts,
    links=(
        Link(gettext_lazy("派件规则"), "hotline:rules", "transfer"),
        Link(gettext_lazy("俗称"), "hotline:everyday_words", "speak"),
    ),
)
RULES: Final = Catalogue(
    **_kept("rules", tables.RULES),
    title=gettext_lazy("派件规则"),
    sentence=gettext_lazy("每一类归谁办、依据哪一条、几天答复。改动从哪天起由您定，原来的一版一版留着。"),
    one=gettext_lazy("派件规则"),
    form=forms.RuleForm,
    shown=("topic", "lead_unit", "street", "limit_key", "catalogue", "clause"),
    read=reference.rule_entries,
    facts=_rule_facts,
    links=(Link(gettext_lazy("试一试派给谁"), "hotline:rules_try", "search"),),
    hint=gettext_lazy("改了内容就是新的一版，从您写的那天起用；到那天以前照旧。已经派出的件不变。"),
)
EMERGENCY_WORDS: Final = Catalogue(
    **_kept("emergency_words", tables.WORDS),
    title=gettext_lazy("紧急词"),
    sentence=gettext_lazy("写了这些词的诉求当急件办，页面马上提示打 110、119 或 120。"),
    one=gettext_lazy("紧急词"),
    form=forms.EmergencyWordForm,
    shown=("word", "service"),
    read=reference.word_entries,
    facts=_word_facts,
)
EVERYDAY_WORDS: Final = Catalogue(
    **_kept("everyday_words", tables.EVERYDAY),
    title=gettext_lazy("俗称"),
    sentence=gettext_lazy("老百姓平常怎么说，就能找到哪一类。"),
    one=gettext_lazy("俗称"),
    form=forms.EverydayWordForm,
    shown=("word", "topic"),
    read=reference.everyday_entries,
)
REJECT_REASONS: Final = Catalogue(
    **_kept("reject_reasons", tables.REASONS),
    title=gettext_lazy("不予受理的理由"),
    sentence=gettext_lazy("只能从这里选。每一条都要说清该找谁。"),
    one=gettext_lazy("理由"),
    form=forms.RejectReasonForm,
    shown=("reason_zh", "channel_zh", "source", "order"),
    read=reference.reason_entries,
)
HOURS: Final = Catalogue(
    **_kept("service_hours", tables.HOURS),
    title=gettext_lazy("服务时间"),
    sentence=gettext_lazy("首页“今天谁在”照这张表。"),
    one=gettext_lazy("服务时间"),
    form=forms.HoursForm,
    shown=("words_zh", "weekdays", "opens", "closes"),
    read=reference.hours_entries,
)
NOTICES: Final = Catalogue(
    **_common("notices_kept"),
    title=gettext_lazy("公告和横幅"),
    sentence=gettext_lazy("首页的通知公告；放假、台风、停机时用横幅，到时间自己出现、自己撤下。"),
    one=gettext_lazy("公告"),
    form=forms.NoticeForm,
    shown=("title_zh", "banner", "starts_at", "ends_at"),
    kind="notice",
    action="hotline.notice",
    read=_notice_entries,
    write=write_notice,
    facts=_notice_facts,
)
ALL: Final = (TOPICS, RULES, EMERGENCY_WORDS, EVERYDAY_WORDS, REJECT_REASONS, HOURS, NOTICES)
routes: list[URLPattern] = [one for catalogue in ALL for one in routes_of(catalogue)]
