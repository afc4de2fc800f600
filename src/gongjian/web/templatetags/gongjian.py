"""The tags of the house: icons, badges, times, fields, keys. `{% load gongjian %}`."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote_plus, urlencode

from django import template
from django.forms import BoundField
from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from gongjian.web import drawing, words
from gongjian.web.banner import banners
from gongjian.web.links import link, where
from gongjian.web.modules import module_addresses
from gongjian.web.parts import DueBadge, Entry, StateBadge, Trend
from gongjian.web.phrases import phrases as browser_phrases
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day, local_minute, local_moment

register = template.Library()
MOST_KEPT = 500  # texts of one {% kept %} in a process


class KeptNode(Node):
    """Holds what its body gave, by language and by the values it depends on."""

    def __init__(self, nodelist: NodeList, depends: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.depends = depends
        self.held: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        """Return the body, drawn the first time only."""
        place = (get_language(), *(_fixed(one.resolve(context)) for one in self.depends))
        found = self.held.get(place)
        if found is None:
            if len(self.held) >= MOST_KEPT:
                self.held.clear()
            found = self.held[place] = self.nodelist.render(context)
        return found


def _fixed(value: Any) -> Any:
    """Return a value that can be looked up by."""
    if isinstance(value, dict):
        return tuple(value.items())
    return tuple(value) if isinstance(value, list) else value


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """`{% kept reader actor.name %}…{% endkept %}`: a part that depends on the language and these values alone.

    It is drawn once for each of them in a process. Never put a token, a nonce, a block or anything of one person into
    it that is not named.
    """
    depends = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodelist, depends)


@register.simple_block_tag
def rows(content: str, lines: Iterable[object]) -> SafeString:
    """`{% rows lines %}<tr><td>{number}</td><td>{title}</td></tr>{% endrows %}`: one row for each line.

    The body is drawn once; `{title}` stands for the line's attribute, escaped unless it is drawn HTML already.
    """
    return drawing.rows(content, lines)


@register.simple_tag
def static(path: str) -> str:
    """As Django's own tag, which looks the hashed name up anew each time: found once for each process."""
    return drawing.asset(path)


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """`{% icon "phone" %}`; size lg or xl; a lonely icon needs a label."""
    return drawing.icon(name, size, label)


@register.simple_tag
def due_badge(due: DueBadge | None) -> SafeString:
    """`{% due_badge row.due %}`: how long. Nothing for None."""
    return drawing.due_badge(due or None)


@register.simple_tag
def state_badge(badge: StateBadge | None) -> SafeString:
    """`{% state_badge row.state %}`: where. A badge without a state is an outlined word."""
    return drawing.state_badge(badge or None)


@register.simple_tag
def entry_line(entry: Entry) -> SafeString:
    """`{% entry_line entry %}`: one line of a history."""
    return drawing.entry_line(entry, local_day(now()))


@register.simple_tag
def badge(value: DueBadge | StateBadge | None) -> SafeString:
    """Show whichever badge it is."""
    return due_badge(value) if isinstance(value, DueBadge) else state_badge(value)


@register.simple_tag
def trend(change: Trend | None) -> SafeString:
    """`{% trend stat.trend %}`: arrow and words; the colour says good or bad, not up or down."""
    if not change:
        return mark_safe("")
    names = {"up": "up", "down": "down", "flat": "minus"}
    state = format_html(' data-s="{}"', change.state) if change.state else ""
    return format_html('<span class="trend"{}>{}{}</span>', state, icon(names[change.direction]), change.words)


@register.simple_tag
def key(name: str) -> SafeString:
    """`{% key "Ctrl+Enter" %}`: what the hand does; Shift+F1 becomes ⇧F1."""
    return _key(name)


@cache
def _key(name: str) -> SafeString:
    shown = name.replace("Shift+F", "⇧F").replace("+", " ")
    return format_html('<kbd class="key">{}</kbd>', shown)


@register.simple_tag
def when(at: datetime | None, *, due: bool = False) -> SafeString:
    """`{% when at %}`: 11月25日（周三）18:00. `due=True` shows the end of a day as 24:00."""
    if at is None:
        return mark_safe("")
    return drawing.moment(at, local_day(now()), due=due)


@register.filter
def label(name: object) -> str:
    """Return what stands before words and says what they are: 情况：, in English Details and a colon with its gap."""
    return words.labelled(str(name), "")


@register.filter
def plain_due(at: datetime | str | None) -> str:
    """Return a deadline as plain text, for messages: 11月25日（周三）24:00; nothing for a clock that has stopped."""
    return _plain(at, due=True)


@register.filter
def plain_moment(at: datetime | str | None) -> str:
    """Return a moment as plain text, for messages: 11月25日（周三）00:00."""
    return _plain(at, due=False)


def _plain(at: datetime | str | None, *, due: bool) -> str:
    if at is None or isinstance(at, str):
        return ""
    day_shown, clock = words.shown_moment(at, due=due)
    left = words.day_words(day_shown, local_day(now()))
    return f"{left}, {clock}" if words.english() else f"{left}{clock}"


@register.simple_tag
def day(value: date | datetime | None, *, weekday: bool = True) -> SafeString:
    """`{% day value %}`: 11月25日（周三）; `weekday=False` leaves the weekday out."""
    if value is None:
        return mark_safe("")
    shown = local_day(value) if isinstance(value, datetime) else value
    today = local_day(now())
    return format_html(
        '<time datetime="{}">{}</time>', shown.isoformat(), words.day_words(shown, today, with_weekday=weekday)
    )


@register.simple_tag
def ago(at: datetime | None) -> SafeString:
    """`{% ago at %}`: 3 分钟前, with the full moment as title."""
    if at is None:
        return mark_safe("")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local_moment(at).isoformat(timespec="minutes"),
        local_minute(at),
        words.ago_words(at, now()),
    )


@register.inclusion_tag("web/parts/banner.html")
def banner() -> dict[str, Any]:
    """`{% banner %}`: what an administrator put above every resident's page, while it holds."""
    return {"banners": banners(now(), words.language())}


@register.simple_tag
def present() -> datetime:
    """Return the present moment: `{% present as printed_at %}`."""
    return now()


@register.simple_tag(takes_context=True)
def choose_url(context: Context, **choices: str) -> str:
    """`{% choose_url language="en" %}`: a plain link that changes the look and comes back here."""
    address = _choosing(tuple(choices.items()), where())
    return f"{address}&next={_here(context.get('request'))}" if address else "#"


@lru_cache(maxsize=256)
def _choosing(choices: tuple[tuple[str, str], ...], _where: tuple[str, str]) -> str:
    address = link("web:choose")
    return f"{address}?{urlencode(choices)}" if address else ""


def _here(request: Any) -> str:
    """Return the address of this page as a value of a query; read once for each request."""
    if request is None:
        return "%2F"
    found = getattr(request, "gj_here", None)
    if found is None:
        found = request.gj_here = quote_plus(request.get_full_path())
    return str(found)


@register.inclusion_tag("web/parts/field.html")
def field(
    bound: BoundField,
    *,
    kind: str = "",
    label: str = "",
    hide_label: bool = False,
    optional: bool = True,
    hint: str = "",
    **attrs: Any,
) -> dict[str, Any]:
    """`{% field form.phone %}`: label, hint, error, widget.

    `kind` overrides what the widget suggests: input, choices, segments, check, upload. Further keywords become
    attributes of the input, underscores as hyphens: `{% field form.topic data_combobox=url %}`.
    """
    extra = {name.replace("_", "-"): value for name, value in attrs.items()}
    kind = kind or _kind(bound)
    if kind == "input":
        extra["class"] = f"input {extra.get('class', '')}".strip()
    if hint and not bound.help_text:
        extra["aria-describedby"] = f"{bound.auto_id}_helptext"
    return {
        "field": bound,
        "kind": kind,
        "label": label or bound.label,
        "hide_label": hide_label,
        "hint": hint or bound.help_text,
        "optional": optional and not bound.field.required and kind != "check",
        "widget": bound.as_widget(attrs=extra),
        "photos_max": getattr(bound.field, "most", 1),
    }


def _kind(bound: BoundField) -> str:
    kinds = {
        "checkbox": "check",
        "radioselect": "choices",
        "checkboxselectmultiple": "choices",
        "file": "upload",
        "clearablefile": "upload",
        "manyfiles": "upload",
    }
    return kinds.get(bound.widget_type, "input")


@register.simple_tag(takes_context=True)
def import_map(context: Context) -> SafeString:
    """The map from module names (web/keys) to hashed addresses, with the page's nonce."""
    nonce = escape(str(context.get("csp_nonce", "")))
    return mark_safe(f'<script type="importmap" nonce="{nonce}">{_modules()}</script>')  # noqa: S308 - escaped above


@cache
def _modules() -> SafeString:
    return _json({"imports": module_addresses()})


@register.simple_tag
def phrases() -> SafeString:
    """The words of the browser's modules, as one JSON element."""
    return _phrases(get_language() or "")


@cache
def _phrases(_language: str) -> SafeString:
    return format_html('<script id="gj-phrases" type="application/json">{}</script>', _json(browser_phrases()))


def _json(value: Any) -> SafeString:
    """Return JSON that may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return mark_safe(text)  # noqa: S308 - every sign that HTML reads is escaped above


@register.simple_block_tag
def notice(content: str, s: str = "", icon_name: str = "") -> SafeString:
    """`{% notice s="soon" %}…{% endnotice %}`: a message on the page, with icon."""
    names = {"ok": "check-circle", "soon": "alert", "late": "alert", "hold": "pause"}
    state = format_html(' data-s="{}"', s) if s else ""
    return format_html(
        '<div class="notice"{}>{}<div class="grow">{}</div></div>',
        state,
        icon(icon_name or names.get(s, "info")),
        content,
    )


@register.simple_block_tag
def dialog(content: str, dialog_id: str, title: str) -> SafeString:
    """`{% dialog "return" _("退回？") %}…{% enddialog %}`, opened by data-dialog="return" on a button."""
    return format_html(
        '<dialog class="dialog stack stack--3" id="{0}" aria-labelledby="{0}-t"><h2 id="{0}-t">{1}</h2>{2}</dialog>',
        dialog_id,
        title,
        content,
    )


@register.filter
def facts(parts: list[str] | tuple[str, ...]) -> SafeString:
    """Join the facts of a meta line by an ideographic space, in English by a comma."""
    return format_html_join(", " if words.english() else "\u3000", "{}", ((part,) for part in parts if part))
