"""Opens a page of the map in headless Chromium and measures it there. Playwright belongs to the development tools."""

from __future__ import annotations

import shutil
import statistics
from typing import TYPE_CHECKING, Any

import psutil

from search.errors import ServiceUnavailable

if TYPE_CHECKING:
    from playwright.sync_api import Page

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
WINDOW = (1440, 900)
_HOVERS = 9
_WAIT_MS = 120_000
_MB = 1 << 20

_MARKS = """() => performance.getEntriesByName("map-drawn").map(mark => [mark.startTime, mark.detail.points])"""

_FRAMES = """() => {
  const {stage} = document.querySelector("[data-map]");
  const {camera} = stage;
  const times = [];
  for (let step = 0; step < 24; step++) {
    camera.lookAt(camera.home[0] + step * 0.02, camera.home[1], 1 + step * 0.25);
    times.push(stage.timed());
  }
  camera.lookAt(...camera.home, 1);
  return times;
}"""

_WATCH_FRAMES = """() => {
  window.frameTimes = [];
  let last = performance.now();
  const tick = (now) => { frameTimes.push(now - last); last = now; window.frameWatch = requestAnimationFrame(tick); };
  window.frameWatch = requestAnimationFrame(tick);
}"""

_HOVER_PLACES = """(most) => {
  const {stage} = document.querySelector("[data-map]");
  const box = stage.surfaceBox;
  const places = [];
  for (let index = 0; index < stage.points.levels[0] && places.length < most; index += 37) {
    const [x, y] = stage.pixelsOf(index);
    const isApart = places.every(([otherX, otherY]) => Math.hypot(x - otherX, y - otherY) > 60);
    if (x > 300 && y > 60 && x < box.width - 300 && y < box.height - 100 && isApart) places.push([x, y]);
  }
  return places.map(([x, y]) => [x + box.left, y + box.top]);
}"""

_WATCH_HOVER = """() => {
  window.hovers = [];
  let begun = 0;
  const card = document.querySelector("[data-map-card]");
  document.querySelector("[data-map-surface]").addEventListener("pointermove", () => { begun = performance.now(); });
  card.querySelector("img").addEventListener("load", () => hovers.push(performance.now() - begun));
}"""

_LIT = """() => {
  const picture = document.querySelector("[data-map]").stage.picture();
  const {data} = picture.getContext("2d").getImageData(0, 0, picture.width, picture.height);
  let lit = 0;
  for (let i = 0; i < data.length; i += 4)
    if (Math.abs(data[i] - data[0]) + Math.abs(data[i + 1] - data[1]) + Math.abs(data[i + 2] - data[2]) > 30) lit += 1;
  return lit;
}"""


def measure_page(address: str, points: int) -> dict[str, Any]:
    """Measure a page of the map: milliseconds to points, of frames and pointing, and MB. Raises ServiceUnavailable."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ServiceUnavailable("Measuring the map needs Playwright: install the development tools.") from error
    chromium = shutil.which("chromium")
    if chromium is None:
        raise ServiceUnavailable("Measuring the map needs Chromium (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        try:
            page = browser.new_page(viewport={"width": WINDOW[0], "height": WINDOW[1]})
            page.goto(address, wait_until="commit")
            page.wait_for_selector("[data-map][data-ready]", state="attached", timeout=_WAIT_MS)
            return _measure_page(page, points)
        finally:
            browser.close()


def _measure_page(page: Page, points: int) -> dict[str, Any]:
    page.wait_for_function(
        f"() => performance.getEntriesByName('map-drawn').some((mark) => mark.detail.points === {points})"
    )
    marks = page.evaluate(_MARKS)
    # All that is drawn while the map moves: of a small map, everything.
    moving = page.evaluate("document.querySelector('[data-map]').stage.moving")
    page.wait_for_timeout(1500)  # until the map rests and its last parts are drawn
    lit = page.evaluate(_LIT)
    frames = page.evaluate(_FRAMES)
    return {
        "first_points_ms": marks[0][0],
        "first_draw_ms": next(at for at, count in marks if count >= moving),
        "all_loaded_ms": marks[-1][0],
        "frame_ms": statistics.median(frames),
        "frame_points": moving,
        "wheel_frame_ms": _wheel(page),
        "hover_ms": _hover(page),
        "memory_mb": _memory_mb("renderer") + _memory_mb("gpu-process"),
        "page_process_mb": _memory_mb("renderer"),
        "lit_pixels": lit,
        "renderer": page.evaluate("document.querySelector('[data-map]').stage.kind"),
    }


def _wheel(page: Page) -> float:
    """Measure the median milliseconds between frames while somebody turns the wheel."""
    page.mouse.move(WINDOW[0] / 2, WINDOW[1] / 2)
    page.evaluate(_WATCH_FRAMES)
    for _ in range(30):
        page.mouse.wheel(0, -60)
    times = page.evaluate("() => { cancelAnimationFrame(frameWatch); return frameTimes; }")
    page.keyboard.press("0")
    page.wait_for_timeout(1500)
    return float(statistics.median(times))


def _hover(page: Page) -> float:
    """Measure the median milliseconds from the pointer's arrival at a point to its thumbnail."""
    page.evaluate(_WATCH_HOVER)
    for number, (x, y) in enumerate(page.evaluate(_HOVER_PLACES, _HOVERS)):
        page.mouse.move(x, y)
        page.wait_for_function(f"() => hovers.length > {number}", timeout=_WAIT_MS)
    return float(statistics.median(page.evaluate("hovers")))


def _memory_mb(kind: str) -> float:
    """Return the private memory of the largest process of that kind among the browser's."""
    sizes = [
        process.memory_full_info().uss / _MB
        for process in psutil.Process().children(recursive=True)
        if f"--type={kind}" in " ".join(process.cmdline())
    ]
    return max(sizes, default=0.0)
