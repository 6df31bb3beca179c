"""The map's page in the hands of a test: opening it, where its points stand, what the server says of them."""

from __future__ import annotations

from math import dist
from typing import Any

from playwright.sync_api import FloatRect, Page, expect

STAGE = "document.querySelector('[data-map]').stage"
PLACES = f"() => Array.from({{length: {STAGE}.points.count}}, (_, index) => {STAGE}.pixelsOf(index))"
CAMERA = f"() => [{STAGE}.camera.x, {STAGE}.camera.y, {STAGE}.camera.zoom]"


def open_map(page: Page, dataset: str = "photographs", address: str = "") -> None:
    """Until all of it is there, restored as its address says."""
    page.goto(f"/map/{dataset}/{address}")
    wait_until_ready(page)


def wait_until_ready(page: Page) -> None:
    page.wait_for_selector("[data-map][data-ready]", state="attached")


def wait_for_rest(page: Page) -> None:
    """Until the map has arrived where it flies to."""
    page.wait_for_function(f"() => !{STAGE}.camera.isFlying")


def place_of(page: Page, index: int) -> tuple[float, float]:
    """Where a point stands in the window."""
    x, y = page.evaluate(PLACES)[index]
    box = page.locator("[data-map-surface]").bounding_box()
    assert box is not None
    return box["x"] + x, box["y"] + y


def loneliest(page: Page) -> int:
    """The point whose nearest neighbour is farthest away: no other's image lies over it."""
    places = page.evaluate(PLACES)

    def room(index: int) -> float:
        return min(dist(places[index], place) for other, place in enumerate(places) if other != index)

    return max(range(len(places)), key=room)


def told_of(page: Page, index: int) -> Any:
    """What the server says of a point."""
    base = page.evaluate("JSON.parse(document.getElementById('map-data').textContent).base")
    return page.request.get(f"{base}points.json?index={index}").json()["points"][0]


def lit_pixels(page: Page) -> int:
    """How many pixels of the map's points differ from its corner, as a screenshot shows them."""
    image = page.locator(".map-canvas").screenshot()
    return int(
        page.evaluate(
            """async (bytes) => {
                const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], {type: "image/png"}));
                const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
                const context = canvas.getContext("2d");
                context.drawImage(bitmap, 0, 0);
                const {data} = context.getImageData(0, 0, bitmap.width, bitmap.height);
                const corner = 4 * (bitmap.width * Math.floor(bitmap.height / 2) + 300);
                let lit = 0;
                for (let i = 0; i < data.length; i += 4)
                    if (Math.abs(data[i] - data[corner]) + Math.abs(data[i + 1] - data[corner + 1]) > 60) lit += 1;
                return lit;
            }""",
            list(image),
        )
    )


def bare(page: Page) -> None:
    """Only the points, without images and captions over them."""
    page.locator("[data-map-do=images]").click()
    page.locator("[data-map-do=captions]").click()
    expect(page.locator("[data-map-do=images]")).to_have_attribute("aria-pressed", "false")


def middle(box: FloatRect | None) -> tuple[float, float]:
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
