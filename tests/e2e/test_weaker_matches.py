"""The fold of weaker matches in a real Chromium: it opens, grows, and its images are chosen and looked at like all."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import PARTS

pytestmark = pytest.mark.e2e

SEARCH = "/search?dataset=tiles&q=a+cat"
PAGE_SIZE = 60
SLOW = 30_000

expect.set_options(timeout=SLOW)


@pytest.fixture
def relevant(page: Page, parts: str) -> int:
    """The page of results with its fold closed; gives how many images stand above the line."""
    page.goto(SEARCH)
    count = above(page).count()
    assert 0 < count < PAGE_SIZE
    expect(weaker(page)).to_have_count(PAGE_SIZE - count)
    expect(weaker(page).first).to_be_hidden()
    return count


def above(page: Page) -> Locator:
    return page.locator("[data-group] [data-grid]:not([data-weaker] *) > li")  # not those like one in the lightbox


def weaker(page: Page) -> Locator:
    return page.locator("[data-group] [data-weaker] [data-grid] > li")


def unfold(page: Page) -> None:
    page.locator("[data-weaker] > summary").click()
    expect(weaker(page).first).to_be_visible()


def grow(page: Page) -> None:
    """Scrolls until every image of the dataset is there."""
    everything = page.locator("[data-group] [data-grid] > li")
    while (before := everything.count()) < PARTS:
        page.mouse.wheel(0, 20_000)
        page.wait_for_function(
            "(count) => document.querySelectorAll('[data-group] [data-grid] > li').length > count", arg=before
        )
    expect(everything).to_have_count(PARTS)


def test_what_is_folded_is_not_loaded_and_does_not_grow(page: Page, relevant: int) -> None:
    page.mouse.wheel(0, 20_000)
    page.wait_for_load_state("networkidle")
    expect(weaker(page)).to_have_count(PAGE_SIZE - relevant)
    loaded = page.locator("[data-weaker] img").evaluate_all("(images) => images.filter((one) => one.complete).length")
    assert loaded == 0


def test_unfolded_matches_show_and_grow_below_the_line(page: Page, relevant: int) -> None:
    unfold(page)
    expect(weaker(page).first.locator("img")).to_have_js_property("complete", True)
    grow(page)
    expect(above(page)).to_have_count(relevant)
    ids = page.locator("[data-group] [data-grid] > li").evaluate_all(
        "(items) => items.map((item) => item.dataset.image)"
    )
    assert len(set(ids)) == PARTS
    ranks = page.locator("[data-group] .score").evaluate_all(
        "(scores) => scores.map((one) => Number(one.dataset.rank))"
    )
    assert ranks == list(range(1, PARTS + 1))
    expect(page.locator("[data-shown]")).to_have_text(str(PARTS))


def test_the_link_to_more_images_unfolds_where_they_go(page: Page, relevant: int) -> None:
    page.get_by_role("link", name="More images").click()
    expect(weaker(page).nth(PAGE_SIZE - relevant)).to_be_visible()


def test_only_images_that_are_shown_are_chosen(page: Page, relevant: int) -> None:
    count = page.locator("[data-selection-count]")
    page.get_by_role("button", name="Select", exact=True).click()
    page.get_by_role("button", name="All shown").click()
    expect(count).to_have_text(f"{relevant} selected")
    unfold(page)
    grow(page)
    page.get_by_role("button", name="All shown").click()
    expect(count).to_have_text(f"{PARTS} selected")


def test_a_range_is_chosen_across_the_line(page: Page, relevant: int) -> None:
    unfold(page)
    page.get_by_role("button", name="Select", exact=True).click()
    above(page).first.locator(".pick input").click()
    weaker(page).nth(1).locator(".pick input").click(modifiers=["Shift"])
    expect(page.locator("[data-selection-count]")).to_have_text(f"{relevant + 2} selected")


def test_the_lightbox_goes_on_across_the_line_where_matches_are_unfolded(page: Page, relevant: int) -> None:
    box, place = page.locator("[data-lightbox]"), page.locator("[data-lightbox-place]")
    above(page).last.locator(".cell").click()
    expect(place).to_have_text(f"{relevant} of {relevant}")
    expect(box.locator("[data-lightbox-do=next]")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    unfold(page)
    above(page).last.locator(".cell").click()
    page.keyboard.press("ArrowRight")
    expect(place).to_contain_text(f"{relevant + 1} of ")
    expect(box.locator("[data-rank]")).to_have_text(str(relevant + 1))
    reached = weaker(page).first
    assert page.url.endswith(f"image={reached.get_attribute('data-image')}")
    page.keyboard.press("Escape")
    expect(reached.locator(".cell")).to_be_focused()


def test_the_address_of_a_folded_image_opens_it_and_leads_to_its_place(page: Page, relevant: int) -> None:
    image = weaker(page).nth(3).get_attribute("data-image")
    page.goto(f"{SEARCH}&image={image}")
    expect(page.locator("[data-lightbox-panel] h2.path")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(f"li[data-image='{image}'] .cell")).to_be_focused()


def test_back_comes_to_the_place_among_unfolded_matches(page: Page, relevant: int) -> None:
    unfold(page)
    grow(page)
    link = weaker(page).nth(100).locator(".cell")
    link.scroll_into_view_if_needed()
    link.focus()
    place = page.evaluate("scrollY")
    assert place > 2000
    page.reload()
    expect(page.locator("[data-group] [data-grid] > li")).to_have_count(PARTS)
    page.wait_for_function("(place) => Math.abs(scrollY - place) < 2", arg=place)
    expect(link).to_be_focused()
