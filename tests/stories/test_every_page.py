"""Every page that opens without knowing a row, in a browser: no barrier, no sideways scroll, no complaint of its own.

Each page is seen twice: in Chinese at a desk, and in English, elder mode, on a phone. On the phone every step of text is
tried in both languages: text keeps four signs to a line, and whatever is hit is large enough (`fit.js`).
"""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from gongjian.identity.guard import Guard
from gongjian.identity.models import RoleRight, User
from gongjian.testing.cases import make_request
from gongjian.testing.cast import CAST, NEIGHBOURS
from gongjian.testing.clock import MONDAY_MORNING
from tests.architecture.test_routes import guard_of, ours
from tests.stories import listening

ADMINISTRATOR = "du.siyuan"
BACKEND = "gongjian.identity.backends.AssignmentBackend"
PARTS = 8  # that several workers share the pages
HARMLESS = re.compile(
    r"\[DOM\]|inline style|violates the following Content Security Policy directive: .style-src|blocked by Playwright"
)
# These end what the walk stands on, or answer with something that is no page.
NOT_WALKED = re.compile(r"sign_out|:stay$|sessions_end|metrics|healthz|readyz|service_worker|manifest")
VALUE = re.compile(r"<(?:(\w+):)?(\w+)>")
LOOKS = (
    ("zh-hans", "", 1280, (1280,)),
    ("en", "elder.1.normal.light.on", 360, (360, 320)),
)
PHONE = 360
STEPS = ("1", "2", "3")
FIT = Path(__file__).with_name("fit.js").read_text()

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def reader_of(guard: Guard, rights: dict[str, frozenset[str]]) -> str | None:
    """Return who opens a page: nobody signed in, a neighbour, an administrator, or the first whose right it asks for."""
    if guard.anonymous:
        return ""
    if guard.resident:
        return NEIGHBOURS[0].username
    if guard.right is None:
        return ADMINISTRATOR
    return next((username for username, held in rights.items() if guard.right in held), None)


def address_of(path: str, number: str) -> str:
    """Return the address of a page, or nothing where it names a row other than a case."""
    named = {name for _, name in VALUE.findall(path)}
    if named - {"number"}:
        return ""
    return "/" + VALUE.sub(number, path)


def walk(number: str) -> list[tuple[str, str, str]]:
    """Return (name, address, who opens it) of every page, sorted by name."""
    granted = RoleRight.objects.values_list("role__code", "right")
    rights = {m.username: frozenset(right for role, right in granted if role == m.role) for m in CAST}
    found = []
    for path, name, entry in ours():
        guard, address = guard_of(entry), address_of(path, number)
        if guard is None or not address or NOT_WALKED.search(name):
            continue
        who = reader_of(guard, rights)
        if who is not None:
            found.append((name, address, who))
    return sorted(found)


def session_for(username: str) -> str:
    client = Client()
    client.force_login(User.objects.get(username=username), backend=BACKEND)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def opens(address: str, session: str) -> bool:
    client = Client()
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
    response = client.get(address)
    response.getvalue()  # a file is closed when it has been read
    return response.status_code == 200 and response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_has_a_barrier_or_scrolls_sideways(district, context: BrowserContext, live_server, monkeypatch, part):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    number = make_request(state="in_progress").number
    page = context.new_page()
    said = listening.listen(page, [], ("error", "warning"))
    sessions = {"": ""}
    wrong, seen = [], 0
    for name, address, who in walk(number)[part::PARTS]:
        sessions.setdefault(who, session_for(who) if who else "")
        if not opens(address, sessions[who]):
            continue
        seen += 1
        for look in LOOKS:
            wrong += [
                f"{name} {look[0]} {fault}" for fault in faults(page, live_server.url, address, sessions[who], look)
            ]
        wrong += [f"{name} says {words}" for words in listening.faults(said) if not HARMLESS.search(words)]
        said.clear()
    assert not wrong, "\n".join(wrong)
    assert seen > 3


def faults(page: Page, base: str, address: str, session: str, look: tuple[str, str, int, tuple[int, ...]]) -> list[str]:
    """Return what axe finds, and the widths at which the page scrolls sideways."""
    language, shape, width, widths = look
    page.context.clear_cookies()
    cookies = {"gj_lang": language, "gj_look": shape, settings.SESSION_COOKIE_NAME: session}
    page.context.add_cookies([{"name": k, "value": v, "url": base} for k, v in cookies.items() if v])
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(base + address)
    page.wait_for_selector("html[data-ready]", state="attached")
    found = Axe().run(page, options={"preload": False}).response["violations"]
    told = [f"{one['id']}: {[node['html'][:140] for node in one['nodes']][:2]}" for one in found]
    page.set_viewport_size({"width": PHONE, "height": 800})
    told += page.evaluate(FIT, STEPS)
    for wide in widths:
        page.set_viewport_size({"width": wide, "height": 800})
        content, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        if content > room:
            told.append(f"scrolls sideways at {wide}: {content}")
    return told
