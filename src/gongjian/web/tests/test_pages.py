"""Frames, error pages and the sheet of parts."""

import re

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string
from django.test import Client, RequestFactory, override_settings

from gongjian.web import gallery
from gongjian.web.parts import NavItem

pytestmark = [pytest.mark.urls("gongjian.web.tests.urls"), pytest.mark.django_db]


@pytest.mark.parametrize("path", ["/parts/", "/parts/staff/", "/look/"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_hold_no_inline_style_script_or_handler(client: Client, path: str, language: str):
    client.cookies["gj_lang"] = language
    page = client.get(path)
    html = page.content.decode()

    assert page.status_code == 200
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|hx-on", html)
    for script in re.findall(r"<script\b[^>]*>", html):
        assert "nonce=" in script or 'type="application/json"' in script


@pytest.mark.parametrize("path", ["/parts/", "/parts/staff/", "/parts/404/"])
def test_english_pages_show_no_chinese(client: Client, path: str):
    client.cookies["gj_lang"] = "en"
    html = client.get(path).content.decode()
    html = re.sub(r"<script.*?</script>|<textarea.*?</textarea>", "", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", "", html).replace("中文", "")

    assert re.findall(r"[\u4e00-\u9fff]+", text) == []


def test_the_number_to_call_ends_the_bar_of_both_frames(client: Client):
    for path in ("/parts/", "/parts/staff/"):
        bar = client.get(path).content.decode().split("</header>")[0]
        assert re.findall(r'<a [^>]*href="([^"]*)"', bar)[-1] == "tel:12349"


def test_the_strip_says_that_nothing_is_real_only_where_it_is_so(client: Client):
    assert "人物和案件都是虚构的" in client.get("/look/").content.decode()
    with override_settings(DEMONSTRATION=False):
        assert "人物和案件都是虚构的" not in client.get("/look/").content.decode()


@override_settings(DEMONSTRATION=False, TESTING=False)
def test_samples_are_absent_where_real_people_work(client: Client):
    for path in ("/parts/", "/parts/staff/", "/parts/500/"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["400", "403", "404", "500", "503", "csrf", "offline"])
def test_an_error_page_says_what_happened_what_to_do_and_whom_to_call(client: Client, name: str):
    html = client.get(f"/parts/{name}/").content.decode()

    assert "E-7Q2KM" in html
    assert html.count('href="tel:12349"') == 2
    assert "<h1>" in html


def test_an_error_page_survives_without_any_context():
    html = render_to_string("500.html")

    assert "我们这边出错了" in html
    assert "<script" not in html


def test_an_unknown_sample_is_not_found(client: Client):
    assert client.get("/parts/base/").status_code == 404


def test_the_staff_frame_shows_navigation_with_counts_and_where_one_is(rf: RequestFactory):
    desk = [
        NavItem("派件台", "/d/", "transfer", 14, current=True, key="g d"),
        NavItem("督办", "/s/", count=2, late=True),
    ]
    html = render_to_string("web/staff.html", {"desk": desk, "unread": 7}, rf.get("/"))

    assert '<a href="/d/" aria-current="page" data-key="g d"' in html
    assert '<span class="count count--late">2</span>' in html
    assert 'data-density="staff"' in html


def test_messages_of_the_last_act_stand_on_the_next_page():
    message = Message(constants.SUCCESS, "已派往盐田街道办")
    html = render_to_string("web/parts/messages.html", {"messages": [message]})

    assert 'data-s="ok"' in html
    assert "已派往盐田街道办" in html


def test_a_page_with_errors_says_so_in_its_title(client: Client, rf: RequestFactory):
    fresh, wrong = gallery.sample_forms()

    assert "<title>错误：" in render_to_string("web/base.html", {"form": wrong}, rf.get("/"))
    assert "<title>盐田共建" in render_to_string("web/base.html", {"form": fresh}, rf.get("/"))


def test_every_module_of_the_import_map_exists(client: Client):
    html = client.get("/look/").content.decode()

    modules = dict(re.findall(r'"(web/\w+)":"([^"]+)"', html))
    assert {"web/keys", "web/map", "web/photos"} <= set(modules)
    for address in modules.values():
        assert address.startswith("/static/web/js/")


def test_the_ground_of_the_maps_names_every_community(client: Client, district):
    answer = client.get("/ground.json")
    shapes = answer.json()

    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    kinds = [feature["properties"]["kind"] for feature in shapes["features"]]
    assert kinds.count("community") == 23
    assert kinds.count("land") == 1
    assert shapes["synthetic"] is True


def test_the_sheet_shows_every_icon(client: Client):
    html = client.get("/parts/").content.decode()

    assert len(gallery.ICONS) == 69
    assert all(f"#i-{name}" in html for name in gallery.ICONS)
