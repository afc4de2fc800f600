"""Correcting where it is, with script: the pin and the community go with the words they came with, and can come back."""

import pytest
from playwright.sync_api import Page, expect

from gongjian.testing.clock import MONDAY_MORNING

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "locale": "zh-CN"}


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_selector("html[data-ready]", state="attached")


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())


def test_words_a_suggestion_and_the_map_move_one_place(page: Page, live_server):
    page.goto(f"{live_server.url}/report")
    page.get_by_label("说一句，是什么事").fill("工地夜里施工太吵")
    press(page, "下一步")
    page.get_by_text("建筑施工噪声").click()
    press(page, "下一步")
    field, gone = page.get_by_label("具体地点"), page.get_by_text("地点改了，原来的点已经清除", exact=False)

    def place() -> tuple[str, str, str]:
        values = [page.locator(f"input[name={name}]").input_value() for name in ("lon", "point_for")]
        return values[0], values[1], page.locator("input[name=community]:checked").input_value()

    field.fill("永安北一街")
    page.get_by_role("option").first.click()
    lon, words, community = place()
    assert (bool(lon), words, bool(community)) == (True, field.input_value(), True)

    field.press_sequentially("后门")
    expect(gone).to_be_visible()
    assert place() == ("", "", "")
    page.get_by_role("button", name="还是原来的点").click()
    expect(gone).to_be_hidden()
    assert place() == (lon, field.input_value(), community)

    expect(page.locator("[data-map-ready]")).to_be_visible()
    page.locator("[data-map-ready]").click(position={"x": 40, "y": 40})
    expect(page.locator("input[name=lon]")).not_to_have_value(lon)
    assert place()[1:] == (field.input_value(), "")
