"""Small parts drawn once: an icon, a badge or a moment is the same text for everybody who reads the same language.

A page of a hundred rows shows some dozen different badges; what is kept here is looked up, not drawn again. Words are
always escaped here, for safe and unsafe text are equal as keys.
"""

import html
import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

from django.template.defaultfilters import linebreaksbr
from django.templatetags.static import static
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from gongjian.web import words
from gongjian.web.parts import DueBadge, Entry, StateBadge
from gongjian.workdays.rules import local_moment

DUE_ICONS = {"ok": "clock", "soon": "hourglass", "late": "alert", "hold": "pause"}
STATE_ICONS = {"ok": "check-circle", "soon": "alert", "late": "bounce", "hold": "x", "info": "clock"}
NOTHING = SafeString("")
KEPT = 4_096  # drawn parts of one sort in a process
PLACE = re.compile(r"\{([a-z_]+)\}")


@cache
def asset(path: str) -> str:
    """Return the hashed address of a static file."""
    return static(path)


@lru_cache(KEPT)
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """Draw an icon of the sprite; size lg or xl; a lonely icon needs a label."""
    if not name:
        return NOTHING
    classes = f"icon icon--{size}" if size else "icon"
    drawn = format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', classes, asset("web/icons.svg"), name
    )
    return format_html('{}<span class="vh">{}</span>', drawn, escape(label)) if label else drawn


@lru_cache(KEPT)
def due_badge(due: DueBadge | None) -> SafeString:
    """Draw how long is left; nothing for None."""
    if not due:
        return NOTHING
    word, left = escape(due.word), escape(due.left)
    return format_html(
        '<span class="due" data-s="{}">{}<b>{}</b> {}</span>', due.state, icon(DUE_ICONS[due.state]), word, left
    )


@lru_cache(KEPT)
def state_badge(badge: StateBadge | None) -> SafeString:
    """Draw where a matter stands; a badge without a state is an outlined word."""
    if not badge:
        return NOTHING
    if not badge.state:
        return format_html('<span class="badge badge--line">{}{}</span>', icon(badge.icon), escape(badge.word))
    drawn = icon(badge.icon or STATE_ICONS[badge.state])
    return format_html('<span class="badge" data-s="{}">{}{}</span>', badge.state, drawn, escape(badge.word))


def moment(at: datetime, today: date, *, due: bool = False, english: bool | None = None) -> SafeString:
    """Draw a moment as words.day_words and the time of day; `due` shows the end of a day as 24:00.

    Whoever draws many says once whether they are read in English.
    """
    shown = at if due else at.replace(second=0, microsecond=0)  # what nobody sees would only fill the memory
    return _moment(shown, today, due, words.english() if english is None else english)


@lru_cache(KEPT)
def _moment(at: datetime, today: date, due: bool, english: bool) -> SafeString:
    day_shown, clock = words.shown_moment(at, due=due)
    left = words.day_words(day_shown, today)
    return format_html(
        '<time class="when" datetime="{}"><span class="nowrap">{}</span>{}<span class="nowrap">{}</span></time>',
        local_moment(at).isoformat(timespec="minutes"),
        f"{left}," if english else left,
        " " if english else SafeString("<wbr>"),
        clock,
    )


def entry_line(entry: Entry, today: date) -> SafeString:
    """Draw one line of a history: the dot, what happened, who and when, the words, a note, the files."""
    kind = f" data-{escape(entry.kind)}" if entry.kind else ""
    who = f'<span class="meta">{escape(entry.who)}</span>' if entry.who else ""
    at = moment(entry.at, today) if entry.at else ""
    text = f"<p>{linebreaksbr(entry.text)}</p>" if entry.text else ""
    note = f'<p class="meta">{escape(entry.note)}</p>' if entry.note else ""
    files = "".join(f'<a href="{escape(url)}">{icon("clip")} {escape(name)}</a>' for name, url in entry.files)
    files = f'<p class="line line--tight small">{files}</p>' if files else ""
    head = f'<div class="timeline__head"><b>{escape(entry.title)}</b>{who}{at}</div>'
    drawn = (
        f'<li{kind}><span class="timeline__dot">{icon(entry.dot)}</span><div class="entry">{head}{text}{note}{files}'
    )
    return mark_safe(f"{drawn}</div></li>")  # noqa: S308 - every value is escaped above


@lru_cache(KEPT)
def fact_line(parts: tuple[str, ...], english: bool) -> SafeString:
    """Draw the facts of a meta line, the empty ones left out: an ideographic space between them, in English a comma."""
    return format_html_join(", " if english else "\u3000", "{}", ((escape(part),) for part in parts if part))


@lru_cache(256)
def options(pairs: tuple[tuple[str, str], ...], chosen: str) -> SafeString:
    """Draw the options of a drop-down from (value, words)."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (value, SafeString(" selected") if chosen and value == chosen else NOTHING, escape(label))
            for value, label in pairs
        ),
    )


def rows(body: str, lines: Iterable[object]) -> SafeString:
    """Repeat a row for each line; `{title}` in it stands for the line's attribute, escaped unless it is drawn HTML."""
    pattern, values_of = _stencil(body)
    return mark_safe("".join([pattern % tuple(map(_shown, values_of(line))) for line in lines]))  # noqa: S308


@lru_cache(KEPT)
def _stencil(body: str) -> tuple[str, Any]:
    """Return the row as a pattern, and what reads the values of its places from a line."""
    names = PLACE.findall(body)
    if len(names) < 2:  # noqa: PLR2004 attrgetter gives a bare value for a single name
        raise ValueError("a row shows at least two values of its line")
    return PLACE.sub("%s", body.replace("%", "%%")), attrgetter(*names)


def _shown(value: Any) -> str:
    return value if type(value) is SafeString else html.escape(str(value))
