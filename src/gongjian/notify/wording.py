"""The words of a message: templates `<app>/notices/<name>.<channel>.<zh|en>.txt`.

The first line of a site or e-mail text is its subject. A channel without a Chinese template is not used; English
falls back to Chinese. Templates are plain text: nothing is escaped, whoever shows a body as HTML escapes it there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.template import Context, Template, TemplateDoesNotExist
from django.template.base import VariableNode
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from gongjian.notify.kinds import kind_of
from gongjian.notify.models import Channel
from gongjian.notify.ownwords import Own, own_words
from gongjian.workdays.rules import local_day

SUFFIXES = {"zh-hans": "zh", "en": "en"}
SUBJECT_LENGTH = 200
UNCONFIRMED = "notify/unconfirmed"


@dataclass(frozen=True, slots=True)
class Words:
    channel: str
    language: str
    subject: str
    body: str
    variables: Mapping[str, str] = field(default_factory=dict)
    confirmed: bool | None = None  # only for addresses that are, or are not; None for both


def language_of(code: str) -> str:
    """Return the language we write in for somebody who asked for `code`."""
    return "en" if code.lower().startswith("en") else "zh-hans"


def words_of(template: str, context: Mapping[str, Any], link: str, at: datetime | None = None) -> Iterator[Words]:
    """Yield the text of a template for each channel and language; raises TemplateDoesNotExist if there is none.

    `link` is a path on the site; text messages and e-mails get the full address as `{{ link }}`. Own words of the
    installation stand in for the shipped ones on their days; without `at` the shipped ones are taken.
    """
    day = None if at is None else local_day(at)
    found = False
    for channel in Channel.values:
        for language, suffix in SUFFIXES.items():
            name = _template_name(template, channel, suffix)
            if name:
                found = True
                own = None if day is None else own_words(template, channel, language, day)
                yield _render(name, own, channel, language, {**context, "link": full_link(link)})
    if not found:
        raise TemplateDoesNotExist(template)


def plain_words_of(template: str, context: Mapping[str, Any], links: Mapping[str, str]) -> Iterator[Words]:
    """Yield what an address may read that nobody has confirmed: which case, what happened to it, and links.

    Whatever the notice is and whatever stands in its context: no title, nobody's words, not those of staff either.
    """
    known = kind_of(template)
    for channel in (Channel.SMS, Channel.EMAIL):
        for language, suffix in SUFFIXES.items():
            if not _template_name(template, channel, suffix):
                continue
            with translation.override(language):
                what = str(known.label if known is not None else _("有新的进展"))
            facts = {"number": str(context.get("number", "")), "what": what, "hotline": settings.HOTLINE_NUMBER}
            facts |= {name: full_link(path) for name, path in links.items()}
            yield _render(_template_name(UNCONFIRMED, channel, suffix), None, channel, language, facts)


def full_link(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}" if path else ""


def _render(name: str, own: Own | None, channel: str, language: str, context: Mapping[str, Any]) -> Words:
    template = own.body if own is not None else get_template(name).template  # type: ignore[attr-defined]
    with translation.override(language):
        values = Context({**context, "language": language}, autoescape=False)
        if own is not None and channel != Channel.SMS:
            subject = " ".join(own.subject.render(values).split())[:SUBJECT_LENGTH]
            return Words(channel, language, subject, own.body.render(values).strip())
        text = template.render(values).strip()
        if channel == Channel.SMS:
            return Words(channel, language, "", " ".join(text.split()), _variables(template, values))
    subject, _, body = text.partition("\n")
    return Words(channel, language, " ".join(subject.split())[:SUBJECT_LENGTH], body.strip())


def _variables(template: Template, values: Context) -> dict[str, str]:
    """Return what the template itself inserts: an operator that sends registered texts gets that and nothing else."""
    with values.bind_template(template):
        nodes: list[Any] = template.nodelist.get_nodes_by_type(VariableNode)
        return {node.filter_expression.token: str(node.render(values)) for node in nodes}


@cache
def _template_name(template: str, channel: str, suffix: str) -> str:
    """Return the file that exists, with Chinese for a missing English; "" if the channel has no text."""
    app, _, name = template.partition("/")
    for candidate in dict.fromkeys((suffix, "zh")):
        path = f"{app}/notices/{name}.{channel}.{candidate}.txt"
        try:
            get_template(path)
        except TemplateDoesNotExist:
            continue
        return path
    return ""
