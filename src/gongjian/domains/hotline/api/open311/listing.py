"""How a program names the cases it wants: dates, states, services, numbers, pages."""

import re
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from gongjian.domains.hotline import rules
from gongjian.domains.hotline.api.open311.door import Ask, Refusal
from gongjian.domains.hotline.queries.open311 import Offer, Wanted, offer
from gongjian.workdays.rules import moment_on, written_day

LONGEST_SPAN: Final = timedelta(days=90)
USUAL_UPDATES: Final = timedelta(days=7)
MOST_ROWS: Final = 1_000
MOST_SKIPPED: Final = 100_000
YEARS: Final = (1990, 2100)
STATES: Final = {"open": False, "closed": True}
_NUMBER: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}", re.ASCII)
_CURSOR: Final = re.compile(r"(\d{1,17})-(\d{1,18})", re.ASCII)

type Span = tuple[datetime | None, datetime | None]


def number_of(text: str) -> str:
    """Return a case number as it stands in the table; an empty text for what can be none."""
    folded = rules.fold(text).upper()
    return folded if _NUMBER.fullmatch(folded) else ""


def wanted_cases(ask: Ask) -> Wanted:
    """Read the filters of the list. Raises Refusal naming the parameter."""
    after, skip, size = _page(ask)
    given = ask.params.listed("service_request_id")
    if given:
        if len(given) > MOST_ROWS:
            raise _bad("service_request_id", _("一次最多 %s 件。") % MOST_ROWS)
        return Wanted(numbers=tuple(map(number_of, given)), after=after, skip=skip, size=size)
    changed = _span(ask, "updated_after", "updated_before", LONGEST_SPAN, needed=False)
    opened = _span(ask, "start_date", "end_date", LONGEST_SPAN, needed=changed == (None, None))
    return Wanted(
        topics=_topics(ask, offer(ask.at)),
        since=opened[0],
        until=opened[1],
        updated_since=changed[0],
        updated_until=changed[1],
        closed=_closed(ask),
        after=after,
        skip=skip,
        size=size,
    )


def wanted_updates(ask: Ask) -> Wanted:
    """Read the filters of the updates: the last seven days without any."""
    after, skip, size = _page(ask)
    given = ask.params.listed("service_request_id")
    if len(given) > MOST_ROWS:
        raise _bad("service_request_id", _("一次最多 %s 件。") % MOST_ROWS)
    since, until = _span(ask, "start_date", "end_date", USUAL_UPDATES, needed=not given)
    numbers = tuple(map(number_of, given))
    return Wanted(numbers=numbers, since=since, until=until, after=after, skip=skip, size=size)


def next_page(ask: Ask, moment: datetime, pk: int) -> str:
    """Return the header that leads to the rows behind this one; following it costs the same on every page."""
    cursor = f"{(moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)}-{pk}"
    kept = {
        name: ask.params.given.getlist(name) for name in ask.params.given if name not in {"page", "after", "api_key"}
    }
    return (
        f'<{ask.request.build_absolute_uri(ask.request.path)}?{urlencode({**kept, "after": cursor}, True)}>; rel="next"'
    )


def _topics(ask: Ask, known: Offer) -> tuple[int, ...]:
    found, codes = [], known.codes()
    for code in ask.params.listed("service_code"):
        service = codes.get(code)
        if service is None:
            raise Refusal(HTTPStatus.NOT_FOUND, _("service_code：没有这个类别。"))
        found.append(service.topic.id)
    return tuple(found)


def _closed(ask: Ask) -> bool | None:
    wanted = {word.lower() for word in ask.params.listed("status")}
    if wanted - set(STATES):
        raise _bad("status", _("只能是 open 或 closed。"))
    return STATES[wanted.pop()] if len(wanted) == 1 else None


def _span(ask: Ask, first: str, last: str, usual: timedelta, *, needed: bool) -> Span:
    """Return both ends of a span of 90 days at most; where one is not given it follows from the other, or from now."""
    since, until = _moment(ask, first, time.min), _moment(ask, last, time.max)
    if since is None and until is None:
        return (ask.at - usual, None) if needed else (None, None)
    if since is None:
        return until - LONGEST_SPAN if until else None, until
    if until is None:
        return since, since + LONGEST_SPAN if ask.at - since > LONGEST_SPAN else None
    if until < since:
        raise _bad(last, _("要晚于 %s。") % first)
    if until - since > LONGEST_SPAN:
        raise _bad(last, _("一次最多查 90 天。分几次查。"))
    return since, until


def _moment(ask: Ask, name: str, part: time) -> datetime | None:
    """Return a moment; a day alone means its first or its last moment here."""
    text = rules.fold(ask.params.text(name))
    if not text:
        return None
    moment = _day(text, part) if len(text) == len("2026-11-23") else rules.moment_of(text)
    if moment is None or not YEARS[0] <= written_day(moment).year <= YEARS[1]:
        raise _bad(name, _("应为带时区的时间，例如 2026-11-23T09:00:00+08:00。"))
    return moment


def _day(text: str, part: time) -> datetime | None:
    try:
        return moment_on(date.fromisoformat(text), part)
    except ValueError:
        return None


def _page(ask: Ask) -> tuple[tuple[datetime, int] | None, int, int]:
    size = min(_count(ask, "page_size", MOST_ROWS), MOST_ROWS)
    cursor = ask.params.text("after")
    if cursor:
        found = _CURSOR.fullmatch(cursor)
        if not found:
            raise _bad("after", _("用上一页 Link 里的值，不要改动。"))
        moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(found[1]))
        return (moment, int(found[2])), 0, size
    skip = (_count(ask, "page", 1) - 1) * size
    if skip > MOST_SKIPPED:
        raise _bad("page", _("翻得太远了。用 Link 里的下一页，或缩小时间范围。"))
    return None, skip, size


def _count(ask: Ask, name: str, usual: int) -> int:
    text = rules.fold(ask.params.text(name))
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_SKIPPED)) and int(text) > 0):
        raise _bad(name, _("应为 1 以上的整数。"))
    return int(text)


def _bad(name: str, words: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, f"{name}: {words}")
