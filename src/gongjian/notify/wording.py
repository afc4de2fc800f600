"""The words of a message: templates `<app>/notices/<name>.<channel>.<zh|en>.txt`.

The first line of a site or e-mail text is its subject. A channel without a Chinese template is not used; English
falls back to Chinese. Templates are plain text: nothing is escaped, whoever shows a body as HTML escapes it there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import translation

from gongjian.notify.models import Channel

SUFFIXES = {"zh-hans": "zh", "en": "en"}
SUBJECT_LENGTH = 200
VARIABLE_TYPES = (str, int, float)


@dataclass(frozen=True, slots=True)
class Words:
    channel: str
    language: str
    subject: str
    body: str


def language_of(code: str) -> str:
    """Return the language we write in for somebody who asked for `code`."""
    return "en" if code.lower().startswith("en") else "zh-hans"


def words_of(template: str, context: Mapping[str, Any], link: str) -> Iterator[Words]:
    """Yield the text of a template for each channel and language; raises TemplateDoesNotExist if there is none.

    `link` is a path on the site; text messages and e-mails get the full address as `{{ link }}`.
    """
    found = False
    for channel in Channel.values:
        for language, suffix in SUFFIXES.items():
            name = _template_name(template, channel, suffix)
            if name:
                found = True
                yield _render(name, channel, language, {**context, "link": full_link(link)})
    if not found:
        raise TemplateDoesNotExist(template)


def variables_of(context: Mapping[str, Any]) -> dict[str, str]:
    """Return the plain values of a context as text, for operators that send registered texts."""
    return {name: str(value) for name, value in context.items() if isinstance(value, VARIABLE_TYPES)}


def full_link(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}" if path else ""


def _render(name: str, channel: str, language: str, context: Mapping[str, Any]) -> Words:
    with translation.override(language):
        text = _engine_template(name).render(Context({**context, "language": language}, autoescape=False)).strip()
    if channel == Channel.SMS:
        return Words(channel, language, "", " ".join(text.split()))
    subject, _, body = text.partition("\n")
    return Words(channel, language, subject.strip()[:SUBJECT_LENGTH], body.strip())


def _engine_template(name: str) -> Any:
    return get_template(name).template  # type: ignore[attr-defined]


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
