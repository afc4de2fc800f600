"""The installation's own words for notices: which texts there are, what may stand in them, and those in force.

Own words may insert what the shipped text of the same notice inserts, and ask what it asks (`{% if … %}`); nothing
else, so that nobody can put a program into a text message.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.template import Context, Node, NodeList, Template, TemplateSyntaxError, engines
from django.template.base import TextNode, VariableNode
from django.template.defaulttags import IfNode
from django.utils.translation import gettext as _

from gongjian.memory import Memory
from gongjian.notify.models import Channel, NoticeWording

LANGUAGES: Final = {"zh": "zh-hans", "en": "en"}
LOAD: Final = "{% load gongjian %}"
_LOADS: Final = re.compile(r"{%\s*load [\w ]+%}")
_TORN: Final = re.compile(r"{{|}}|{%|%}")
_FILE: Final = re.compile(r"(?P<name>\w+)\.(?P<channel>site|sms|email)\.(?P<suffix>zh|en)\.txt")


@dataclass(frozen=True, slots=True)
class Shipped:
    """One text as it came with the system."""

    template: str  # "hotline/dispatch_applicant"
    channel: str
    language: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a text may insert, and what it may ask."""

    inserts: frozenset[str]
    asks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Own:
    """Own words on certain days, ready to be rendered."""

    first: date | None
    last: date | None
    subject: Template
    body: Template


_memory = Memory[Mapping[tuple[str, str, str], tuple[Own, ...]]]()
forget = _memory.forget


@cache
def shipped() -> tuple[Shipped, ...]:
    """Return every text of our apps, by notice, channel and language."""
    return tuple(sorted(_found(), key=lambda one: (one.template, one.channel, one.language != "zh-hans")))


def _found() -> Iterator[Shipped]:
    for app in apps.get_app_configs():
        folder = Path(app.path) / "templates" / app.label / "notices"
        for path in folder.glob("*.txt"):
            told = _FILE.fullmatch(path.name)
            if told is not None and app.name.startswith("gongjian."):
                source = _LOADS.sub("", path.read_text(encoding="utf-8")).strip()
                subject, _line, body = source.partition("\n")
                if told["channel"] == Channel.SMS:
                    subject, body = "", " ".join(source.split())
                name = f"{app.label}/{told['name']}"
                yield Shipped(name, told["channel"], LANGUAGES[told["suffix"]], subject.strip(), body.strip())


def default_of(template: str, channel: str, language: str) -> Shipped | None:
    """Return the shipped text."""
    key = (template, channel, language)
    return next((one for one in shipped() if (one.template, one.channel, one.language) == key), None)


@cache
def allowed(template: str) -> Allowed:
    """Return what the texts of a notice insert and ask, over all its channels and languages."""
    inserts, asks = set[str](), set[str]()
    for one in shipped():
        if one.template == template:
            for node in _nodes(compiled(f"{one.subject}\n{one.body}").nodelist):
                if isinstance(node, VariableNode):
                    inserts.add(node.filter_expression.token)
                elif isinstance(node, IfNode):
                    asks |= {str(condition) for condition, _inner in node.conditions_nodelists if condition}
    return Allowed(frozenset(inserts), frozenset(asks))


def compiled(text: str) -> Template:
    """Return a text as a template with our tags; raises TemplateSyntaxError."""
    return engines["django"].from_string(LOAD + text).template  # type: ignore[attr-defined,no-any-return]


def _nodes(found: NodeList) -> Iterator[Node]:
    for node in found:
        yield node
        if isinstance(node, IfNode):
            for _condition, inner in node.conditions_nodelists:
                yield from _nodes(inner)


def fault(template: str, text: str) -> str:
    """Return what is wrong with a text in words, or nothing."""
    if _LOADS.search(text):
        return _("不要写 {% load … %}，系统自己会加。")
    try:
        nodes = list(_nodes(compiled(text).nodelist))[1:]
    except TemplateSyntaxError:
        return _("占位符没有写完整：每个 {{ 要有 }}，每个 {% if … %} 要有 {% endif %}。")
    known = allowed(template)
    for node in nodes:
        if isinstance(node, TextNode):
            if _TORN.search(node.s):
                return _("占位符没有写完整：每个 {{ 要有 }}，每个 {% if … %} 要有 {% endif %}。")
            continue
        if isinstance(node, VariableNode) and node.filter_expression.token in known.inserts:
            continue
        if isinstance(node, IfNode) and _asks(node) <= known.asks:
            continue
        said = f"{{{{ {node.filter_expression.token} }}}}" if isinstance(node, VariableNode) else "{% … %}"
        return _("这里不能用 %(said)s。只能用右边列出的占位符。") % {"said": said}
    return ""


def _asks(node: IfNode) -> set[str]:
    return {str(condition) for condition, _inner in node.conditions_nodelists if condition}


def own_words(template: str, channel: str, language: str, day: date) -> Own | None:
    """Return the own words in force; from memory, looked at again every five seconds."""
    for one in _memory.get(_read).get((template, channel, language), ()):
        if (one.first is None or one.first <= day) and (one.last is None or day < one.last):
            return one
    return None


def _read() -> Mapping[tuple[str, str, str], tuple[Own, ...]]:
    found: dict[tuple[str, str, str], tuple[Own, ...]] = {}
    for row in NoticeWording.objects.order_by("pk"):
        key = (row.template, row.channel, row.language)
        own = Own(row.valid.lower, row.valid.upper, compiled(row.subject), compiled(row.body))
        found[key] = (*found.get(key, ()), own)
    return found


# How long a text message is, and in how many pieces it travels. Source: 3GPP TS 23.038 and 23.040.
GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTRA: Final = frozenset("^{}\\[~]|€")
GSM_ONE, GSM_MANY, WIDE_ONE, WIDE_MANY = 160, 153, 70, 67


def segments(text: str) -> int:
    """Return in how many pieces a text message travels and is paid for; none for no text."""
    if set(text) <= GSM | GSM_EXTRA:
        length = sum(2 if sign in GSM_EXTRA else 1 for sign in text)
        one, many = GSM_ONE, GSM_MANY
    else:
        length, one, many = len(text.encode("utf-16-le")) // 2, WIDE_ONE, WIDE_MANY
    return 0 if not length else 1 if length <= one else -(-length // many)


def rendered(text: str, context: Mapping[str, Any]) -> str:
    """Return a text with its places filled, as it would be sent."""
    return str(compiled(text).render(Context(dict(context), autoescape=False))).strip()
