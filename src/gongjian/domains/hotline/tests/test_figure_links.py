"""Every figure with a link counts exactly what its link shows, on every page of every role that sees figures.

The data is made so that a wrong name cannot pass: ids of units, topics and communities differ from one another and from
all codes, or meet, so that an id taken for that of another table finds something else.
"""

import re
from datetime import timedelta
from html import unescape
from itertools import count as count_from
from typing import Final
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import reverse

from gongjian.casework.models import Case, Topic
from gongjian.casework.queries import COUNT_CAP
from gongjian.domains.hotline.queries import forget as forget_catalogue
from gongjian.domains.hotline.queries.figures import forget
from gongjian.domains.hotline.sweeps import count_figures
from gongjian.domains.hotline.tests.staff_pages import AT, CLERK, HANDLER, HEAD, LEADER, REVIEWER, SUPERVISOR, at_desk
from gongjian.identity.models import Unit
from gongjian.identity.queries import units
from gongjian.identity.reference import forget as forget_units
from gongjian.places.queries import communities
from gongjian.testing.cases import CALLBACK, DISPATCHER, make_request
from gongjian.web.parts import Tab
from gongjian.workdays.rules import local_day

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
TICKS = count_from(1)
ANCHOR: Final = re.compile(r'<a\b[^>]*?href="([^"#][^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
# Where an anchor says its figure: a tile, a tab, a bar, a hexagon, or a cell of a table that is nothing else.
FIGURE: Final = re.compile(r'(?:class="(?:stat__value|count[^"]*|v|big)"[^>]*>|^)([\d,]+\+?)(?:<|$)')
DAYS_AGO: Final = (1, 1, 2, 3, 4, 6, 7, 8, 12, 15, 22, 24, 25, 29, 31, 35, 60, 80)
SPANS: Final = ("week", "month", "quarter")
PAGES: Final = {
    "figures": (LEADER, SUPERVISOR, HEAD),
    "supervise": (SUPERVISOR,),
    "inbox": (CLERK, HANDLER, HEAD),
    "board": (DISPATCHER,),
    "search": (LEADER, REVIEWER, CALLBACK),
}


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.replace(microsecond=next(TICKS)).isoformat())
    yield
    forget_all()


def forget_all() -> None:
    forget()
    forget_catalogue()
    forget_units()


@pytest.fixture(params=["codes of their own", "codes that are ids of others"])
def matters(request):
    """Three months of matters, over the border of months, of two topics and none, some helped by other units."""
    places = communities()
    for n, days in enumerate(DAYS_AGO):
        topic = ("env-site-noise", "env-site-noise", "street-lights", "")[n % 4]
        state = ("dispatched", "received", "submitted", "closed", "in_progress")[n % 5] if topic else "received"
        for _ in range(1 + 5 * (n % 2)):
            make_request(
                at=AT - timedelta(days=days, hours=n % 3), state=state, topic=topic, community_id=places[5 * (n % 2)].id
            )
    if request.param == "codes that are ids of others":
        borrow(Unit, *sorted({one for one in Case.objects.values_list("holder_unit", flat=True) if one}))
        borrow(Topic, *sorted({one for one in Case.objects.values_list("topic", flat=True) if one}))
    forget_all()


def borrow(model, first, second, *_rest) -> None:
    """Let one thing go by a code that reads like the id of another of its table."""
    model.objects.filter(pk=second).update(code=str(first))


def walk() -> list[tuple[str, str, str, str]]:
    """Return every figure with a link of every page: who saw it, where it leads, what it says and what the list says."""
    count_figures(first=local_day(AT) - timedelta(days=200), last=local_day(AT), at=AT)
    forget_all()
    found, lists = [], {reverse(f"hotline:{name}") for name in ("search", "inbox", "board", "supervise")}
    for page, people in PAGES.items():
        for who in people:
            client, address = at_desk(who), reverse(f"hotline:{page}")
            seen = {}
            for query in queries(page, who):
                shown = client.get(address, query)
                assert shown.status_code == 200, (who, shown.request["QUERY_STRING"])
                for link, figure in figures_of(shown):
                    seen[urljoin(address, link), figure] = None
            for link, figure in seen:
                assert urlsplit(link).path in lists, link
                found.append((who, link, figure, told(client.get(link))))
    return found


def queries(page: str, who: str) -> list[dict[str, str]]:
    if page == "supervise":
        return [{"tab": tab} for tab in ("late", "soon", "units")]
    if page != "figures":
        return [{}]
    held = [] if who == HEAD else sorted({one for one in Case.objects.values_list("holder_unit", flat=True) if one})
    whose = [{}, *({"unit": units().by_id[one].code} for one in held)]
    return [unit | {"period": span, "all": "1"} for unit in whose for span in SPANS]


def figures_of(response) -> list[tuple[str, str]]:
    """Return where each figure of a page leads, and the figure."""
    anchors = (
        (unescape(url), FIGURE.search(inside.strip())) for url, inside in ANCHOR.findall(response.content.decode())
    )
    found = [(url, figure[1]) for url, figure in anchors if figure]
    rise = response.context.get("rise")
    return [*found, (rise.url, str(rise.n))] if rise and rise.url else found


def told(response) -> str:
    """Return how many a list says it holds; a list that cannot be opened says so."""
    if response.status_code != 200:
        return f"{response.status_code}"
    tabs = response.context.get("tabs")
    return next(tab.told for tab in tabs if tab.current) if tabs else str(response.context["count"])


def test_every_figure_counts_what_its_link_shows(matters):
    found = walk()
    wrong = [one for one in found if one[2] != one[3] and not (one[3].endswith("+") and number(one[2]) > COUNT_CAP)]
    assert wrong == []
    leads_to = {urlsplit(link).path.rstrip("/").rpartition("/")[2] for _who, link, *_rest in found}
    assert leads_to == {"search", "inbox", "board", "supervise"}
    searched = [link for who, link, *_rest in found if who == LEADER and "search" in link]
    assert {name for link in searched for name in ("topic=", "community=", "unit=", "since=", "late=") if name in link} >= {
        "topic=", "community=", "unit=", "since=", "late=",
    }  # fmt: skip


def test_figures_of_nothing_lead_to_empty_lists():
    assert {(figure, shown) for _who, _link, figure, shown in walk()} <= {("0", "0")}


def test_a_count_is_exact_up_to_the_most_that_is_counted():
    told = [Tab("", "", count=n, most=COUNT_CAP).told for n in (0, 383, COUNT_CAP, COUNT_CAP + 1)]
    assert told == ["0", "383", "1,000", "1,000+"]
    assert Tab("", "").told == ""


def number(figure: str) -> int:
    return int(figure.rstrip("+").replace(",", ""))
