"""A search without a letter or a digit finds nothing and says so, wherever there is a field to search in."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import Case
from gongjian.casework.queries import Search, found, search
from gongjian.domains.hotline.pages.search import KEYS
from gongjian.domains.hotline.tests.staff_pages import SUPERVISOR, at_desk
from gongjian.testing.cases import DISPATCHER, make_request
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.testing.programs import DISTRICT_RIGHTS, Program, make_key
from tests.architecture.test_routes import guard_of, ours

pytestmark = pytest.mark.django_db
VAIN = ["！！！", "%", "_", "🔥", "   ", "\u3000", "\u200b", "\x00", "|", "，。？!", "\u0301"]
SAID, SAID_EN = "没有可查的字", "no letter or digit"
ADMINISTRATOR, AUDITOR = "du.siyuan", "pan.ruilin"
FIELD = re.compile(r'<input[^>]* name="(q|who|object)"')


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    for state in ("received", "to_dispatch", "dispatched"):
        make_request(state=state)


def pages() -> Iterator[tuple[str, str, str]]:
    """Yield (who, address, name of the field) of every page that has one to search in."""
    known = ("", SUPERVISOR, ADMINISTRATOR, AUDITOR, DISPATCHER)
    clients = {who: at_desk(who) if who else Client() for who in known}
    for path, name, entry in ours():
        # The home page has the field of the public search.
        if not path or "<" in path or guard_of(entry) is None or name.endswith("sign_out") or path.startswith("parts/"):
            continue
        for who, client in clients.items():
            answer = client.get(f"/{path}")
            page = answer.getvalue().decode(errors="replace") if answer.status_code == 200 else ""
            if fields := set(FIELD.findall(page)):
                yield from ((who, f"/{path}", field) for field in sorted(fields))
                break


def shown(answer) -> str:
    """Return the rows of a page's table; nothing where it shows none."""
    table = re.search(r"<tbody>(.*?)</tbody>", answer.content.decode(), re.DOTALL)
    return table[1].strip() if table else ""


def test_every_page_with_a_search_says_that_there_was_nothing_to_look_for():
    found = list(pages())
    assert len(found) > 15
    assert {"/search", "/desk/search/", "/desk/board/", "/office/people/", "/office/audit/"} <= {
        one[1] for one in found
    }
    for who, address, field in found:
        client, english = (
            (at_desk(who), at_desk(who, "en")) if who else (Client(), Client(headers={"accept-language": "en"}))
        )
        for words in VAIN:
            answer = client.get(address, {field: words})
            assert answer.status_code in {200, 422}, (address, words)
            assert SAID in answer.content.decode(), (address, words)
            assert not shown(answer) or address == "/search", (address, words)
        assert SAID_EN in english.get(address, {field: "%"}).content.decode(), address
        whole = client.get(address, {field: ""})
        assert SAID not in whole.content.decode(), address


@pytest.mark.parametrize("words", VAIN)
def test_no_search_without_words_takes_the_district_out(words):
    client, said = at_desk(SUPERVISOR), reverse("hotline:search")
    for address in (reverse("hotline:export"), reverse("hotline:take_list", args=["search"])):
        answer = client.get(address, {"q": words})
        assert answer.status_code == 302
        assert answer.url.startswith(f"{said}?q=")
        assert SAID in client.get(answer.url).content.decode()
    board = at_desk(DISPATCHER).get(reverse("hotline:take_list", args=["board"]), {"q": words})
    assert len(b"".join(board.streaming_content).splitlines()) == 1
    table = at_desk(AUDITOR).get(reverse("console:audit_table"), {"who": words})
    assert len(b"".join(table.streaming_content).splitlines()) == 1
    assert AuditEntry.objects.exists()


@pytest.mark.parametrize("words", VAIN)
def test_a_kept_filter_without_words_finds_nothing_either(words):
    client = at_desk(SUPERVISOR)
    client.post(reverse("hotline:save_filter", args=["search"], query={"q": words}), {"name": "x"})
    kept = re.search(r'href="(/desk/search/\?q=[^"]*)"', client.get(reverse("hotline:filters")).content.decode())
    answer = client.get(kept[1].replace("&amp;", "&"))
    assert SAID in answer.content.decode()
    assert not shown(answer)


@pytest.mark.parametrize("words", VAIN)
def test_the_engine_the_interface_and_the_suggestions_find_nothing(words):
    assert search(Search(text=words, kinds=KEYS)) == []
    assert not found(Search(text=words, kinds=KEYS)).exists()
    assert len(search(Search(kinds=KEYS))) == Case.objects.count() == 3
    make_key("a key of the district", rights=DISTRICT_RIGHTS)
    answer = Program("a key of the district").get(f"/hotline/cases?{urlencode({'q': words})}")
    assert answer.status_code == (422 if words == "\x00" else 200)
    assert not answer.json().get("items")
    assert Client().get(reverse("hotline:report_addresses"), {"q": words}).json() == []
