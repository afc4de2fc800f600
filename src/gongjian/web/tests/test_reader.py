"""How somebody reads is taken from two cookies and given back to every page."""

import pytest
from django.test import Client

from gongjian.web.reader import Reader, read_look

pytestmark = [pytest.mark.urls("gongjian.web.tests.urls"), pytest.mark.django_db]


def test_a_first_visitor_reads_chinese_in_the_normal_look_and_is_offered_large_text(client: Client):
    page = client.get("/look/")

    assert page.headers["Content-Language"] == "zh-Hans"
    assert '<html lang="zh-Hans">' in page.content.decode()
    assert "换成长辈版" in page.content.decode()


def test_choosing_large_text_comes_back_to_the_same_page_and_lasts(client: Client):
    answer = client.get("/look/choose/", {"mode": "elder", "text": "2", "next": "/look/?a=1"})
    page = client.get("/look/").content.decode()

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/look/?a=1"
    assert 'data-mode="elder" data-text="2"' in page
    assert "换成长辈版" not in page
    assert "标准版" in page


def test_choosing_works_as_a_form_too(client: Client):
    answer = client.post("/look/choose/", {"language": "en", "theme": "dark", "next": "/look/"})
    page = client.get("/look/").content.decode()

    assert answer.headers["Location"] == "/look/"
    assert '<html lang="en" data-theme="dark">' in page
    assert "Text size and display" in page


def test_the_language_of_the_browser_counts_until_one_is_chosen(client: Client):
    english = client.get("/look/", headers={"Accept-Language": "en-GB,en;q=0.9"})
    client.get("/look/choose/", {"language": "zh-hans"})
    chinese = client.get("/look/", headers={"Accept-Language": "en-GB,en;q=0.9"})

    assert english.headers["Content-Language"] == "en"
    assert chinese.headers["Content-Language"] == "zh-Hans"


def test_every_answer_says_on_what_it_depends(client: Client):
    vary = client.get("/look/").headers["Vary"]

    assert {"Cookie", "Accept-Language"} <= {part.strip() for part in vary.split(",")}


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)", "\\\\example.org"]
)
def test_it_never_leads_to_another_site(client: Client, elsewhere: str):
    answer = client.get("/look/choose/", {"mode": "elder", "next": elsewhere})

    assert answer.headers["Location"] == "/"


def test_without_next_it_returns_to_where_the_link_stood(client: Client):
    answer = client.get("/look/choose/", {"mode": "elder"}, headers={"Referer": "http://testserver/parts/"})

    assert answer.headers["Location"] == "http://testserver/parts/"


@pytest.mark.parametrize("cookie", ["", "elder", "nonsense.9.x.y.z", "....", "elder.1.normal.light.on.more", "<b>.1"])
def test_a_strange_cookie_is_read_as_far_as_it_makes_sense(cookie: str):
    reader = read_look(cookie, "fr")

    assert reader.language == "zh-hans"
    assert reader.mode == ("elder" if cookie.startswith("elder") else "normal")
    assert (reader.text, reader.contrast, reader.theme, reader.keys) == (1, "normal", "light", "on")


def test_a_choice_that_does_not_exist_changes_nothing():
    assert Reader().choosing({"mode": "loud", "text": "4", "offered": "no", "language": "xx"}) == Reader(offered=True)


def test_the_cookie_brings_back_what_was_chosen():
    chosen = Reader(mode="elder", text=3, contrast="more", theme="dark", keys="off", offered=True)

    assert read_look(chosen.look, "zh-hans") == chosen
