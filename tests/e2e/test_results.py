"""The page of results in a real Chromium: rows, placeholders, keys, selection, lightbox, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PARTS, PHOTOGRAPHS, open_page, wait_for_keys
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

# With all matches in one list: where the relevance line lies is not what is looked at here.
SEARCH = "/search?dataset=photographs&min_relevance=-1&q=a+cat"
MANY = "/search?dataset=tiles&min_relevance=-1&q=a+cat"
# Kept before the page runs: entries that came earlier than the observer are told to it too.
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((entry) => entry.value)))
  .observe({ type: "layout-shift", buffered: true });
"""

AT_REST = "Promise.all(document.getAnimations().map((animation) => animation.finished)).then(() => true)"


@pytest.fixture
def touched(browser: Browser, site: Site) -> Iterator[Page]:
    """A telephone."""
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    context, page, problems = open_page(browser, site, **options)
    yield page
    context.close()
    assert problems == []


def boxes(page: Page) -> list[dict[str, float]]:
    """Where the images of the first grid stand."""
    found: list[dict[str, float]] = page.evaluate(
        "[...document.querySelectorAll('main [data-grid] > li')].map((item) => item.getBoundingClientRect().toJSON())"
    )
    return found


def focused(page: Page) -> str | None:
    """The address of the image that has the focus."""
    address: str | None = page.evaluate("document.activeElement.getAttribute('href')")
    return address


@pytest.mark.parametrize("width", [1440, 768, 390, 320])
@pytest.mark.parametrize("scripts", [True, False])
def test_rows_are_full_and_equally_high_with_and_without_scripts(
    browser: Browser, site: Site, parts: str, width: int, scripts: bool
) -> None:
    options = {"viewport": {"width": width, "height": 900}, "java_script_enabled": scripts}
    context, page, _ = open_page(browser, site, **options)
    page.goto(MANY)
    rows: dict[int, list[Any]] = {}
    for item in page.locator("main [data-grid] > li").all():
        box = item.bounding_box()
        assert box is not None
        rows.setdefault(round(box["y"]), []).append(box)
    context.close()
    *full, _ = [rows[top] for top in sorted(rows)]
    assert len(full) > 3
    for row in full:
        heights = [box["height"] for box in row]
        assert max(heights) - min(heights) < 1
        assert abs(row[-1]["x"] + row[-1]["width"] - (width - 4)) < 1
        assert abs(row[0]["x"] - 4) < 1


@pytest.mark.parametrize("path", [SEARCH, MANY, "/datasets/tiles/", "/image/1/"])
def test_nothing_moves_while_a_page_loads_and_grows(browser: Browser, site: Site, parts: str, path: str) -> None:
    context, page, _ = open_page(browser, site, viewport={"width": 1440, "height": 900})
    page.add_init_script(WATCH)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    for _ in range(8):
        page.mouse.wheel(0, 900)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifts") == []
    context.close()


def test_placeholders_stand_until_the_images_arrive(page: Page) -> None:
    page.route("**/thumbnail", lambda route: None)  # they never arrive
    page.goto(SEARCH, wait_until="commit")
    canvases = page.locator("[data-grid] canvas.placeholder")
    expect(canvases).to_have_count(len(PHOTOGRAPHS))
    colours = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-grid] > li")].map((item) => {
            const canvas = item.querySelector("canvas");
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const mean = [0, 1, 2].map((channel) => data.filter((_, i) => i % 4 === channel)
              .reduce((sum, value) => sum + value, 0) / (data.length / 4));
            return [item.querySelector("img").alt, mean];
        }))"""
    )
    assert colours["hubble_deep_field.jpg"] == pytest.approx([28, 24, 21], abs=25)
    red, green, blue = colours["retina.jpg"]
    assert red > green > blue


def test_placeholders_go_when_the_images_have_arrived(page: Page) -> None:
    page.goto(SEARCH)
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-grid] canvas.placeholder")).to_have_count(0)


def test_keys_move_by_where_images_stand_and_tab_stops_once(page: Page, parts: str) -> None:
    page.goto(MANY)
    wait_for_keys(page)
    stops = page.evaluate("[...document.querySelectorAll('[data-grid] .cell')].filter((a) => a.tabIndex === 0).length")
    assert stops == 1
    page.locator("[data-grid] .cell").first.focus()
    page.keyboard.press("ArrowRight")
    places = boxes(page)
    links = [link.get_attribute("href") for link in page.locator("[data-grid] .cell").all()]
    assert focused(page) == links[1]
    page.keyboard.press("ArrowDown")
    reached = places[links.index(focused(page))]
    assert reached["top"] > places[1]["top"]
    assert reached["left"] < places[1]["right"]
    assert reached["right"] > places[1]["left"]
    page.keyboard.press("Home")
    assert focused(page) == links[0]
    page.keyboard.press("s")
    page.wait_for_url("**like=*")


def test_images_are_chosen_by_keys_and_boxes_and_let_go_by_escape(page: Page, parts: str) -> None:
    page.goto(MANY)
    wait_for_keys(page)
    count = page.locator("[data-selection-count]")
    page.locator("[data-grid] .cell").first.focus()
    page.keyboard.press("x")
    expect(count).to_have_text("1 selected")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    expect(count).to_have_text("3 selected")
    page.locator(".pick input").nth(20).click(modifiers=["Shift"])
    assert page.locator("li.is-chosen").count() > 10
    page.locator("[data-grid] .cell").nth(25).click()
    expect(page.locator("li.is-chosen").last).to_have_attribute(
        "data-image", page.locator("[data-grid] > li").nth(25).get_attribute("data-image") or ""
    )
    page.keyboard.press("Escape")
    expect(page.locator("[data-selection]")).to_be_hidden()
    expect(page.locator("li.is-chosen")).to_have_count(0)
    page.get_by_role("button", name="Select", exact=True).click()
    page.get_by_role("button", name="All shown").click()
    expect(page.locator("li.is-chosen")).to_have_count(page.locator("[data-grid] > li").count())


def test_more_and_less_like_an_image_add_to_the_question(page: Page) -> None:
    page.goto(f"{SEARCH}&orientation=landscape")
    item = page.locator("[data-grid] > li").first
    image = item.get_attribute("data-image")
    item.hover()
    expect(item.locator("[data-refine='+']")).to_have_attribute(
        "href", f"/search?dataset=photographs&min_relevance=-1&q=a+cat+%2B+image%3A{image}&orientation=landscape"
    )
    expect(item.locator("[data-refine='-']")).to_have_attribute(
        "href", f"/search?dataset=photographs&min_relevance=-1&q=a+cat+-+image%3A{image}&orientation=landscape"
    )


def test_the_lightbox_has_an_address_and_gives_the_focus_back(page: Page) -> None:
    page.goto(SEARCH)
    links = page.locator("[data-grid] .cell")
    first, second = links.nth(0).get_attribute("href"), links.nth(1).get_attribute("href")
    links.first.click()
    box = page.locator("[data-lightbox]")
    expect(box).to_be_visible()
    expect(box.locator("h2.path")).to_have_text("chelsea.png")
    expect(box.locator("[data-rank]")).to_have_text("1")
    expect(box.locator("[data-lightbox-picture]")).to_have_js_property("naturalWidth", 451)
    assert f"image={str(first).strip('/').split('/')[1]}" in page.url
    page.keyboard.press("ArrowRight")
    expect(box.locator("[data-lightbox-place]")).to_have_text(f"2 of {len(PHOTOGRAPHS)}")
    address = page.url
    for _ in range(12):  # Tab stays inside
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    assert "image=" not in page.url
    assert focused(page) == second
    page.goto(address)
    expect(box.locator("[data-lightbox-place]")).to_have_text(f"2 of {len(PHOTOGRAPHS)}")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    page.keyboard.press("Enter")
    expect(box).to_be_visible()
    page.go_back()
    expect(box).to_be_hidden()


def test_the_lightbox_zooms_and_moves_only_when_zoomed(page: Page) -> None:
    page.goto(SEARCH)
    page.locator("[data-grid] .cell").first.click()
    picture = page.locator("[data-lightbox-picture]")
    expect(picture).to_have_js_property("naturalWidth", 451)
    page.evaluate(AT_REST)

    def width() -> float:
        box = picture.bounding_box()
        assert box is not None
        return box["width"]

    fitted = width()
    page.keyboard.press("+")
    assert width() == pytest.approx(1.5 * fitted, rel=0.02)
    page.keyboard.press("0")
    assert width() == pytest.approx(fitted, rel=0.02)
    page.mouse.move(500, 450)
    page.mouse.wheel(0, -400)
    expect(page.locator("[data-lightbox-stage]")).to_contain_class("is-zoomed")
    address = page.url
    page.mouse.down()
    page.mouse.move(200, 450, steps=4)
    page.mouse.up()
    assert page.url == address
    page.mouse.dblclick(500, 450)
    assert width() == pytest.approx(fitted, rel=0.02)
    page.mouse.down()
    page.mouse.move(200, 450, steps=4)
    page.mouse.up()
    expect(page.locator("[data-lightbox-place]")).to_have_text(f"2 of {len(PHOTOGRAPHS)}")


def test_two_fingers_zoom_and_one_swipes(touched: Page) -> None:
    touched.goto(SEARCH)
    touched.locator("[data-grid] .cell").first.tap()
    picture = touched.locator("[data-lightbox-picture]")
    expect(picture).to_have_js_property("naturalWidth", 451)
    touched.evaluate(AT_REST)
    fitted = picture.bounding_box()
    fingers = touched.context.new_cdp_session(touched)

    def touch(kind: str, *points: tuple[int, int]) -> None:
        given = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": given})

    touch("touchStart", (150, 250), (240, 250))
    touch("touchMove", (105, 250), (285, 250))
    touch("touchEnd")
    zoomed = picture.bounding_box()
    assert fitted is not None
    assert zoomed is not None
    assert zoomed["width"] == pytest.approx(2 * fitted["width"], rel=0.1)
    touched.locator("[data-lightbox-stage]").dblclick(position={"x": 190, "y": 250})
    touch("touchStart", (300, 250))
    touch("touchMove", (200, 252))
    touch("touchMove", (80, 254))
    touch("touchEnd")
    expect(touched.locator("[data-lightbox-place]")).to_have_text(f"2 of {len(PHOTOGRAPHS)}")
    touch("touchStart", (190, 150))
    touch("touchMove", (192, 260))
    touch("touchMove", (194, 400))
    touch("touchEnd")
    expect(touched.locator("[data-lightbox]")).to_be_hidden()


def test_back_comes_to_the_very_place_after_several_pages(page: Page, parts: str) -> None:
    page.goto(MANY)
    grid = page.locator("[data-grid] > li")
    while grid.count() < PARTS:
        before = grid.count()
        page.mouse.wheel(0, 20_000)
        page.wait_for_function("(count) => document.querySelectorAll('[data-grid] > li').length > count", arg=before)
    link = page.locator("[data-grid] .cell").nth(130)
    link.scroll_into_view_if_needed()
    link.focus()
    place, address = page.evaluate("scrollY"), link.get_attribute("href")
    assert place > 2000
    for elsewhere in ("/", str(address)):
        page.goto(elsewhere)
        page.go_back()
        expect(grid).to_have_count(PARTS)
        page.wait_for_function("(place) => Math.abs(scrollY - place) < 2", arg=place)
        assert focused(page) == address
    page.reload()
    expect(grid).to_have_count(PARTS)
    page.wait_for_function("(place) => Math.abs(scrollY - place) < 2", arg=place)
    shown = [item.get_attribute("data-image") for item in grid.all()]
    assert len(set(shown)) == PARTS


def test_back_comes_to_the_place_on_the_page_of_a_dataset_too(page: Page, parts: str) -> None:
    page.goto("/datasets/tiles/")
    page.locator("[data-grid] .cell").nth(40).scroll_into_view_if_needed()
    page.locator("[data-grid] .cell").nth(40).click()
    expect(page.locator("[data-lightbox-panel] h2.path")).to_be_visible()
    place = page.evaluate("scrollY")
    assert place > 500
    page.keyboard.press("Escape")
    expect(page.locator("[data-lightbox]")).to_be_hidden()
    assert abs(page.evaluate("scrollY") - place) < 2
    page.goto("/")
    page.go_back()
    page.wait_for_function("(place) => Math.abs(scrollY - place) < 2", arg=place)


def test_a_chosen_order_stands_in_the_address(page: Page) -> None:
    page.goto(SEARCH)
    page.locator("summary", has_text="relevance").click()
    page.get_by_role("link", name="name, A to Z").click()
    assert "sort=name" in page.url
    names = page.locator("[data-grid] img").evaluate_all("(images) => images.map((image) => image.alt)")
    assert names == sorted(PHOTOGRAPHS)
