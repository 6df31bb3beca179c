"""How quickly a running site shows a page, in Chromium: `python scripts/measure_page.py ADDRESS [--times 5]`.

Prints for each visit, in milliseconds since it began: the first byte, the first image of the grid on the screen, the
largest paint; then how much moved, and how many bytes of script came over the wire. The first visit has an empty cache.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from typing import Any

from playwright.sync_api import Page, sync_playwright

WATCH = """
window.seen = { largest: 0, moved: 0, image: 0 };
const watch = (type, use) =>
  new PerformanceObserver((list) => list.getEntries().forEach(use)).observe({ type, buffered: true });
watch("largest-contentful-paint", (entry) => { window.seen.largest = entry.startTime; });
watch("layout-shift", (entry) => { window.seen.moved += entry.value; });
watch("element", (entry) => { window.seen.image ||= entry.renderTime || entry.loadTime; });
new MutationObserver((changes, observer) => {
  const image = document.querySelector("main [data-grid] img");
  if (!image) return;
  image.setAttribute("elementtiming", "first");
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });
"""
READ = """() => ({
  ...window.seen,
  answered: performance.getEntriesByType("navigation")[0].responseStart,
  script: performance.getEntriesByType("resource")
    .filter((entry) => entry.name.endsWith(".js")).reduce((sum, entry) => sum + entry.encodedBodySize, 0),
})"""


def visit(page: Page, address: str) -> dict[str, Any]:
    page.goto(address, wait_until="networkidle")
    seen: dict[str, Any] = page.evaluate(READ)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", help="for example http://127.0.0.1:8000/search?dataset=photos&q=a+cat")
    parser.add_argument("--times", type=int, default=5, help="visits (default 5)")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.add_init_script(WATCH)
        visits = [visit(page, options.address) for _ in range(options.times)]
        browser.close()
    print(f"{'':10}{'answered':>10}{'image':>10}{'largest':>10}{'moved':>10}{'script':>10}")
    for number, seen in enumerate(visits, start=1):
        print_line(f"visit {number}", seen)
    print_line("median", {name: statistics.median(seen[name] for seen in visits) for name in visits[0]})


def print_line(title: str, seen: dict[str, Any]) -> None:
    times = "".join(f"{seen[name]:>10.0f}" for name in ("answered", "image", "largest"))
    print(f"{title:10}{times}{seen['moved']:>10.4f}{seen['script']:>10.0f}")


if __name__ == "__main__":
    main()
