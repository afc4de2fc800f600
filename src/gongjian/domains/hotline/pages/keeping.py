"""What stands above every list of staff: saved filters, the list as a spreadsheet, and for whom one stands in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from gongjian.domains.hotline.access import DeskRight
from gongjian.domains.hotline.pages.common import chinese
from gongjian.domains.hotline.queries.everyday import Absent, Beside
from gongjian.identity.actor import Actor
from gongjian.identity.requests import ActorRequest
from gongjian.web.links import link
from gongjian.web.words import day_words
from gongjian.workdays.rules import local_day

ALL: Final = "all=1"  # a list without any condition, not even the one it opens with


@dataclass(frozen=True, slots=True)
class Chip:
    """A saved filter, or one of the desks somebody stands in for."""

    name: str
    url: str
    current: bool
    note: str = ""  # that it is lent


@dataclass(frozen=True, slots=True)
class Bar:
    """What the part `hotline/keep.html` draws."""

    page: str
    query: str
    chips: tuple[Chip, ...]
    desks: tuple[Chip, ...]
    stands_in: tuple[str, ...]
    save_url: str
    manage_url: str
    csv_url: str
    xlsx_url: str
    links: tuple[Chip, ...] = ()  # pages behind this desk


def opening(request: ActorRequest, found: Beside, page: str) -> HttpResponse | None:
    """Return the way to the filter its owner wants this page to open with; None where the address asks for a list."""
    if request.method != "GET" or request.GET or not found.opening:
        return None
    return redirect(f"{reverse(f'hotline:{page}')}?{found.opening}")


# Pages behind a desk: where the way to them stands, the right that opens them, their name.
BEHIND: Final = (
    ("supervise", DeskRight.CALLER_RESTRICT, "hotline:callers"),
    ("inbox", DeskRight.TEMPLATE_UNIT, "hotline:wordings"),
    ("search", DeskRight.TEMPLATE_SHARE, "hotline:wordings"),
    ("search", "console:notices:mend", "console:undelivered"),
)


def _behind(page: str, actor: Actor) -> tuple[Chip, ...]:
    words = {
        "hotline:callers": _("来电限制"),
        "hotline:wordings": _("答复模板"),
        "console:undelivered": _("没有送达的通知"),
    }
    return tuple(
        Chip(words[name], link(name), current=False)
        for place, right, name in BEHIND
        if place == page and actor.can(right)
    )


def bar(
    page: str, found: Beside, query: str, *, actor: Actor, at: datetime, chosen: str = "", takes: bool = True
) -> Bar:
    """Return the bar of a list that is shown with this query; `chosen` is whose desk it is narrowed to."""
    here = reverse(f"hotline:{page}")
    out = reverse("hotline:take_list", args=[page])
    chips = tuple(
        Chip(one.name, f"{here}?{one.query or ALL}", one.query == query, "" if one.own else _("单位的"))
        for one in found.filters
    )
    return Bar(
        page=page,
        query=query,
        chips=chips,
        desks=_desks(here, found, chosen) if page == "inbox" else (),
        stands_in=tuple(stand_in_words(one, at) for one in found.absent),
        save_url=f"{reverse('hotline:save_filter', args=[page])}?{query}",
        manage_url=reverse("hotline:filters"),
        csv_url=f"{out}?{_joined(query, 'as=csv')}" if takes else "",
        xlsx_url=f"{out}?{_joined(query, 'as=xlsx')}" if takes else "",
        links=_behind(page, actor),
    )


def _desks(here: str, found: Beside, chosen: str) -> tuple[Chip, ...]:
    """Return the ways between one's own desk and those of the absent; none for somebody who stands in for nobody."""
    if not found.absent:
        return ()
    own = [Chip(_("全部"), f"{here}?{ALL}", not chosen), Chip(_("我自己的"), f"{here}?for=me", chosen == "me")]
    others = [
        Chip(_("代 %(name)s") % {"name": name_of(one)}, f"{here}?{urlencode({'for': one.id})}", chosen == str(one.id))
        for one in found.absent
    ]
    return (*own, *others)


def name_of(one: Absent) -> str:
    return one.name if chinese() else one.name_en


def stand_in_words(one: Absent, at: datetime) -> str:
    """Return 代 何建平（至 11月30日）: for whom somebody acts, and the last day of it."""
    # An end at midnight is the end of the day before.
    day = local_day(one.ends - one.ends.resolution)
    words = day_words(day, local_day(at), with_weekday=False)
    return _("代 %(name)s（至 %(day)s）") % {"name": name_of(one), "day": words}


def _joined(*parts: str) -> str:
    return "&".join(part for part in parts if part)
