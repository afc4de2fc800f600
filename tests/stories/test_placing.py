"""Correcting where it is, with script: the pin and the community go with the words they came with, and can come back."""

import pytest
from playwright.sync_api import Page, expect

from gongjian.testing.clock import MONDAY_MORNING


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())


def test_words_a_suggestion_and_the_map_move_one_place(page: Page, live_server):
    page.goto(f"{live_server.url}/report?topic=env-site-noise")
    page.get_by_role("button", name="下一步").click()
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
