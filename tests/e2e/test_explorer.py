"""The map in a real Chromium: points, pointing, search, its address, and what may go wrong."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PHOTOGRAPHS, open_page
from tests.e2e.map_page import (
    CAMERA,
    STAGE,
    bare,
    lit_pixels,
    loneliest,
    middle,
    open_map,
    place_of,
    told_of,
    wait_for_rest,
    wait_until_ready,
)
from tests.e2e.site import Site
from tests.e2e.test_browser import keep_screenshot

pytestmark = pytest.mark.e2e

expect.set_options(timeout=30_000)


def test_the_points_are_drawn_by_webgl_itself(page: Page) -> None:
    open_map(page)
    keep_screenshot(page, "map")
    assert page.evaluate(f"{STAGE}.kind") == "webgl"
    bare(page)
    assert lit_pixels(page) > 4 * len(PHOTOGRAPHS)


@pytest.mark.parametrize("how", ["switched off", "asked for"])
def test_without_webgl_the_points_are_drawn_and_it_is_said(browser: Browser, site: Site, how: str) -> None:
    context, page, problems = open_page(browser, site, viewport={"width": 1440, "height": 900})
    if how == "switched off":
        page.add_init_script(
            "const get = HTMLCanvasElement.prototype.getContext;"
            "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
            "  return kind.startsWith('webgl') ? null : get.call(this, kind, ...more); };"
        )
    open_map(page, address="" if how == "switched off" else "?renderer=canvas")
    assert page.evaluate(f"{STAGE}.kind") == "canvas"
    expect(page.locator("[data-map-note]")).to_contain_text("no WebGL")
    bare(page)
    assert lit_pixels(page) > 4 * len(PHOTOGRAPHS)
    context.close()
    assert problems == []


def test_a_lost_graphics_context_comes_back(page: Page) -> None:
    open_map(page)
    bare(page)
    lose = "document.querySelector('.map-canvas').getContext('webgl2').getExtension('WEBGL_lose_context')"
    page.evaluate(f"window.loss = {lose}; loss.loseContext()")
    expect(page.locator("[data-map-state]")).to_contain_text("Restoring")
    page.evaluate("loss.restoreContext()")
    expect(page.locator("[data-map-state]")).to_be_empty()
    wait_for_rest(page)
    assert lit_pixels(page) > 4 * len(PHOTOGRAPHS)


def test_a_graphics_context_that_stays_lost_gives_way_to_the_painter(page: Page) -> None:
    open_map(page)
    bare(page)
    page.evaluate(
        "document.querySelector('.map-canvas').getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()"
    )
    page.wait_for_function(f"() => {STAGE}.kind === 'canvas'")
    wait_for_rest(page)
    assert lit_pixels(page) > 4 * len(PHOTOGRAPHS)


def test_pointing_shows_the_image_its_name_and_its_exact_coordinates(page: Page) -> None:
    open_map(page)
    known = told_of(page, 5)
    page.mouse.move(*place_of(page, 5))
    card = page.locator("[data-map-card]")
    expect(card.locator("[data-field=name]")).to_have_text(known["name"])
    expect(card.locator("[data-field=place]")).to_have_text(f"{known['x']:.2f}, {known['y']:.2f}")
    expect(card.locator("img")).to_have_js_property("complete", True)


def test_the_browser_decodes_the_places_that_the_server_stored(page: Page, parts: str) -> None:
    open_map(page, parts)
    for index in (0, 77, 149):
        known = told_of(page, index)
        x, y = page.evaluate(f"{STAGE}.placeOf({index})")
        left, bottom, right, top = page.evaluate(f"{STAGE}.points.bounds")
        assert x == pytest.approx(known["x"], abs=(right - left) / 60_000)
        assert y == pytest.approx(known["y"], abs=(top - bottom) / 60_000)


def test_a_click_opens_the_image_over_the_map_and_back_closes_it(page: Page) -> None:
    open_map(page)
    known = told_of(page, 3)
    page.mouse.click(*place_of(page, 3))
    lightbox = page.locator("[data-lightbox]")
    expect(lightbox).to_be_visible()
    expect(lightbox.locator("h2").first).to_contain_text(known["name"])
    assert f"open={known['image']}" in page.url
    page.reload()
    expect(lightbox).to_be_visible()
    page.keyboard.press("Escape")
    expect(lightbox).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 390])
def test_on_the_map_leads_to_the_image_in_the_middle(browser: Browser, site: Site, width: int) -> None:
    context, page, problems = open_page(browser, site, viewport={"width": width, "height": 844})
    page.goto("/search?dataset=photographs&q=a+cat")
    page.locator("[data-grid] a[href*='/image/']").first.click()
    expect(page.locator("[data-on-map]")).to_be_visible()
    page.keyboard.press("m")
    page.wait_for_url("**/map/photographs/?image=*")
    wait_until_ready(page)
    card = page.locator("[data-map-card]")
    expect(card.locator("[data-field=name]")).to_have_text("chelsea.png")
    index = next(number for number in range(len(PHOTOGRAPHS)) if told_of(page, number)["name"] == "chelsea.png")
    assert place_of(page, index) == pytest.approx(middle(page.locator("[data-map-surface]").bounding_box()), abs=2)
    page.locator("[data-map-surface]").press("Escape")
    expect(card).to_be_hidden()
    context.close()
    assert problems == []


def test_searching_lights_the_hits_up_and_n_flies_to_each(page: Page) -> None:
    open_map(page)
    page.fill("#q", "a cat")
    page.press("#q", "Enter")
    bar = page.locator("[data-hits]")
    expect(bar).to_contain_text("hit")
    page.wait_for_url("**/map/photographs/?*q=a+cat*")
    assert page.evaluate(f"{STAGE}.dim") < 1
    page.locator("[data-map-surface]").focus()
    page.keyboard.press("n")
    card = page.locator("[data-map-card]")
    expect(card.locator("[data-field=name]")).to_have_text("chelsea.png")
    expect(card.locator("[data-field=score]")).to_contain_text("score 0.")
    expect(bar).to_contain_text("Hit 1 of")
    page.locator("[data-map-do=clear-search]").click()
    expect(bar).to_be_hidden()
    assert page.evaluate(f"{STAGE}.dim") == 1
    assert "q=" not in page.url


def test_what_is_wrong_with_a_query_is_said_at_the_field(browser: Browser, site: Site) -> None:
    context, page, _ = open_page(browser, site)  # a refused query is an error to the browser
    open_map(page)
    page.fill("#q", "image:999999")
    page.press("#q", "Enter")
    expect(page.locator("#q")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#q-said")).not_to_be_empty()
    context.close()


def test_view_query_and_colour_stand_in_the_address_and_are_restored_exactly(page: Page, parts: str) -> None:
    open_map(page, parts)
    page.fill("#q", "a cat")
    page.press("#q", "Enter")
    expect(page.locator("[data-hits]")).to_contain_text("hit")
    page.select_option("[data-colour]", "similarity")
    expect(page.locator(".legend-ramp")).to_be_visible()
    page.mouse.move(700, 500)
    page.mouse.wheel(0, -500)
    wait_for_rest(page)
    page.wait_for_url(re.compile(r"[?&]z="))
    page.wait_for_url(re.compile(r"[?&]colour=similarity"))
    wait_for_rest(page)
    page.wait_for_function(  # the address follows a moment later
        f"() => new URLSearchParams(location.search).get('z') === String(Number({STAGE}.camera.zoom.toPrecision(6)))"
    )
    before = page.evaluate(CAMERA)
    page.reload()
    wait_until_ready(page)
    assert page.evaluate(CAMERA) == pytest.approx(before, rel=1e-5)
    expect(page.locator("[data-hits]")).to_contain_text("hit")
    expect(page.locator("[data-colour]")).to_have_value("similarity")
    expect(page.locator("#q")).to_have_value("a cat")


def test_a_view_of_a_map_that_is_gone_leads_to_the_nearest_of_the_newest(page: Page) -> None:
    page.goto("/search?dataset=photographs&q=a+cat")
    image = page.locator("[data-grid] > li").first.get_attribute("data-image")
    open_map(page, address=f"?map=999999&x=1&y=1&z=30&near={image}")
    expect(page.locator("[data-map-note]")).to_contain_text("no longer kept")
    expect(page.locator("[data-map-card] [data-field=name]")).to_have_text("chelsea.png")


def test_keys_and_buttons_move_the_map_alike(page: Page) -> None:
    open_map(page)
    page.locator("[data-map-surface]").focus()
    for key, button in (("+", "in"), ("-", "out"), ("0", "fit")):
        page.keyboard.press(key)
        wait_for_rest(page)
        by_key = page.evaluate(CAMERA)
        page.keyboard.press("0")
        wait_for_rest(page)
        page.locator(f"[data-map-do={button}]").click()
        wait_for_rest(page)
        assert page.evaluate(CAMERA) == pytest.approx(by_key, rel=0.01)
        page.locator("[data-map-surface]").focus()
        page.keyboard.press("0")
        wait_for_rest(page)
    before = page.evaluate(CAMERA)
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    wait_for_rest(page)
    assert page.evaluate(CAMERA)[0] != before[0]


@pytest.mark.parametrize(("kind", "beginning"), [("png", b"\x89PNG"), ("svg", b"<svg")])
def test_the_view_is_kept_as_a_picture(page: Page, kind: str, beginning: bytes) -> None:
    open_map(page)
    page.locator("[data-map-menu] summary").click()
    with page.expect_download() as downloading:
        page.locator(f"[data-map-do={kind}]").click()
    path = downloading.value.path()
    assert path.read_bytes().startswith(beginning)
    assert downloading.value.suggested_filename == f"map of photographs.{kind}"


def test_a_map_that_is_deleted_while_it_is_open_is_said_with_the_way_out(
    browser: Browser, site: Site, parts: str
) -> None:
    drawn = site.manage("project", parts, "--wait")
    assert drawn.returncode == 0, drawn.stderr
    context, page, _ = open_page(browser, site)  # what is gone is an error to the browser
    open_map(page, parts)
    projection = page.evaluate("JSON.parse(document.getElementById('map-data').textContent).projection")
    delete = f"from search.models import Projection; Projection.objects.get(pk={projection}).delete()"
    deleted = site.manage("shell", "-c", delete)
    assert deleted.returncode == 0, deleted.stderr
    page.locator("[data-map-surface]").focus()
    page.keyboard.press("v")
    failed = page.locator("[data-map-failed]")
    expect(failed).to_contain_text("no longer kept")
    failed.locator("[data-again]").click()
    wait_until_ready(page)
    context.close()


def test_two_fingers_zoom_and_a_tap_shows_the_image_below(browser: Browser, site: Site) -> None:
    context, page, problems = open_page(browser, site, viewport={"width": 390, "height": 844}, has_touch=True)
    open_map(page)
    fingers = context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (150, 500), (250, 500))
    for step in range(1, 6):
        touch("touchMove", (150 - 10 * step, 500), (250 + 10 * step, 500))
    touch("touchEnd")
    assert page.evaluate(CAMERA)[2] == pytest.approx(2, rel=0.05)
    page.evaluate(f"{STAGE}.camera.fit()")
    wait_for_rest(page)
    point = loneliest(page)
    touch("touchStart", place_of(page, point))
    touch("touchEnd")
    card = page.locator("[data-map-card].is-sheet")
    expect(card.locator("[data-field=name]")).to_have_text(told_of(page, point)["name"])
    card.click()
    page.wait_for_url("**/image/*/")
    context.close()
    assert problems == []
