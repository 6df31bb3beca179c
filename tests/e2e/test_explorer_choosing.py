"""What people choose on the map in a real Chromium, by lasso, rectangle, key and legend; and names of clusters."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHOTOGRAPHS
from tests.e2e.map_page import (
    PLACES,
    bare,
    lit_pixels,
    middle,
    open_map,
    place_of,
    wait_until_ready,
)
from tests.e2e.site import Site
from tests.e2e.test_browser import sign_in

pytestmark = pytest.mark.e2e

expect.set_options(timeout=30_000)


def drag(page: Page, corners: list[tuple[float, float]]) -> None:
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=6)
    page.mouse.up()


def around(page: Page, index: int, reach: float) -> list[tuple[float, float]]:
    """Corners of a square around a point, in the window."""
    x, y = place_of(page, index)
    return [(x - reach, y - reach), (x + reach, y - reach), (x + reach, y + reach), (x - reach, y + reach)]


@pytest.mark.parametrize("tool", ["lasso", "rectangle", "shift"])
def test_what_is_drawn_is_selected_and_listed_beside_the_map(page: Page, parts: str, tool: str) -> None:
    open_map(page, parts)
    corners = around(page, 0, 60)
    expected = within(page, corners[0], corners[2])
    if tool == "shift":
        page.keyboard.down("Shift")
    else:
        page.locator(f"[data-map-do={tool}]").click()
    drag(page, [corners[0], corners[2]] if tool == "rectangle" else [*corners, corners[0]])
    panel = page.locator("[data-map-panel]")
    expect(panel.locator("[data-panel-count]")).to_have_text(str(expected))
    expect(panel.locator("[data-grid] > li")).to_have_count(expected)
    page.wait_for_url(re.compile(r"[?&]lasso="))
    page.reload()
    expect(panel.locator("[data-panel-count]")).to_have_text(str(expected))
    page.locator("[data-map-do=clear]").click()
    expect(panel).to_be_hidden()


def test_what_is_drawn_may_begin_over_a_name_and_a_click_on_one_stays_a_click(page: Page, parts: str) -> None:
    open_map(page, parts)
    panel = page.locator("[data-map-panel]")
    x, y = middle(page.locator(".map-caption").first.bounding_box())
    page.keyboard.down("Shift")
    drag(page, [(x, y), (x + 160, y), (x + 160, y + 160), (x, y + 160), (x, y)])
    page.wait_for_url(re.compile(r"[?&]lasso="))
    expect(panel).to_be_visible()
    page.keyboard.up("Shift")
    page.locator("[data-map-do=clear]").click()
    expect(panel).to_be_hidden()
    page.keyboard.down("Shift")
    page.mouse.click(x, y)
    page.wait_for_url(re.compile(r"[?&]x="))  # it flies to the cluster
    expect(panel).to_be_hidden()


def within(page: Page, first: tuple[float, float], last: tuple[float, float]) -> int:
    """How many points stand between two corners of the window."""
    box = page.locator("[data-map-surface]").bounding_box()
    assert box is not None
    (left, top), (right, bottom) = ((x - box["x"], y - box["y"]) for x, y in (first, last))
    return sum(left < x < right and top < y < bottom for x, y in page.evaluate(PLACES))


def test_a_key_lists_what_is_seen_and_another_clears_it(page: Page) -> None:
    open_map(page)
    page.locator("[data-map-surface]").focus()
    page.keyboard.press("v")
    panel = page.locator("[data-map-panel]")
    expect(panel.locator("[data-grid] > li")).to_have_count(len(PHOTOGRAPHS))
    expect(panel.locator("[data-grid] .cell").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-lightbox]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-lightbox]")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_selection_becomes_a_collection_and_is_searched_within(page: Page, site: Site) -> None:
    sign_in(page, site)
    open_map(page)
    page.locator("[data-map-surface]").focus()
    page.keyboard.press("v")
    panel = page.locator("[data-map-panel]")
    expect(panel.locator("[data-panel-count]")).to_have_text(str(len(PHOTOGRAPHS)))
    panel.locator("[data-panel-collect] button").click()
    page.get_by_label("Name of a new collection").fill("From the map")
    page.get_by_role("button", name="Create and add").click()
    expect(page.locator(".collect-said a")).to_have_text("Open it")
    page.get_by_role("button", name="Close", exact=True).click()
    page.fill("#panel-q", "a cat")
    page.press("#panel-q", "Enter")
    page.wait_for_url("**/search?*selection=*")
    expect(page.locator("main [data-grid] img").first).to_have_attribute("alt", "chelsea.png")


def test_a_selection_is_tagged_and_the_tag_colours_the_map(page: Page, site: Site, parts: str) -> None:
    sign_in(page, site)
    open_map(page, parts)
    corners = around(page, 0, 60)
    expected = within(page, corners[0], corners[2])
    page.locator("[data-map-do=rectangle]").click()
    drag(page, [corners[0], corners[2]])
    panel = page.locator("[data-map-panel]")
    expect(panel.locator("[data-panel-count]")).to_have_text(str(expected))
    panel.locator("#panel-tag").fill("Of the shore")
    panel.locator("#panel-tag").press("Enter")
    expect(panel.locator("[data-panel-said]")).to_contain_text("Of the shore")
    page.reload()
    wait_until_ready(page)
    page.select_option("[data-colour]", "tag:Of the shore")
    rows = page.locator("[data-legend-rows] li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Of the shore")
    expect(rows.first).to_contain_text(str(expected))
    page.wait_for_url(re.compile(r"tag(:|%3A)Of"))


def test_the_legend_hides_what_a_colour_stands_for_and_the_address_keeps_it(page: Page, parts: str) -> None:
    open_map(page, parts)
    page.select_option("[data-colour]", "cluster")
    bare(page)
    everything = lit_pixels(page)
    first = page.locator("[data-legend-rows] button[aria-pressed]").first
    first.click()
    expect(first).to_have_attribute("aria-pressed", "false")
    page.wait_for_url(re.compile(r"[?&]hide=0"))
    fewer = lit_pixels(page)
    assert 0 < fewer < everything
    page.reload()
    wait_until_ready(page)
    expect(first).to_have_attribute("aria-pressed", "false")
    first.click(modifiers=["Shift"])
    expect(page.locator("[data-legend-rows] button[aria-pressed=true]")).to_have_count(1)


def test_who_manages_names_a_cluster_and_no_name_gives_its_words_back(page: Page, site: Site, parts: str) -> None:
    sign_in(page, site)
    open_map(page, parts)
    page.select_option("[data-colour]", "cluster")
    row = page.locator("[data-legend-rows] li").first
    caption = page.locator(".map-caption", has_text="Stones of the shore")
    words = row.locator("span").first.inner_text()

    def name(text: str) -> None:
        row.hover()
        row.locator(".legend-rename").click()
        page.locator("[data-legend-rows] input").fill(text)
        page.keyboard.press("Enter")

    name("Stones of the shore")
    expect(row).to_contain_text("Stones of the shore")
    expect(caption).to_have_count(1)
    page.reload()
    wait_until_ready(page)
    expect(row).to_contain_text("Stones of the shore")
    name("")
    expect(row).to_contain_text(words)
    expect(caption).to_have_count(0)
