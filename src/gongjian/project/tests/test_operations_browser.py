"""The operator looks at the page on a phone and on a desk, in both languages, and discards a job.

`GONGJIAN_PICTURES=folder pytest ...` keeps pictures.
"""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from gongjian.identity.models import User
from gongjian.project.tests.test_operations import PAGE, fail_job, status_of
from gongjian.web.reader import LOOK_COOKIE

PICTURES = os.environ.get("GONGJIAN_PICTURES", "")
WIDTHS = (320, 360, 1280)
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(context: BrowserContext, district, live_server) -> Page:
    client = Client()
    client.force_login(User.objects.get(username="du.siyuan"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    made = context.new_page()
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    yield made
    assert not faults, faults


def test_the_operator_looks_and_discards(page, live_server):
    job = fail_job("clock.installation.backup", args='{"timestamp": 1}')
    fail_job(args='{"message_ids": [1, 2, 3]}')
    for language in ("zh-hans", "en"):
        for mode in ("", "elder"):
            page.context.add_cookies(
                [
                    {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url},
                    {"name": LOOK_COOKIE, "value": f"{mode or 'normal'}.1.normal.light.on", "url": live_server.url},
                ]
            )
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(f"{live_server.url}{PAGE}")
                assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
                if PICTURES and width != 320:
                    picture = f"operations-{language}-{mode or 'normal'}-{width}.png"
                    page.screenshot(path=Path(PICTURES) / picture, full_page=True)
            found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
            assert not found, [(v["id"], [n["html"] for n in v["nodes"]][:2]) for v in found]
    row = page.locator("tr", has_text=str(job))
    row.get_by_text("Discard", exact=True).click()
    row.get_by_label("Why").fill("the disk was changed")
    row.get_by_role("button", name="Discard this job").click()
    expect(page.get_by_text(f"Job {job} is discarded")).to_be_visible()
    assert status_of(job) is None
