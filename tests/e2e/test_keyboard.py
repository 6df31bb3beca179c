"""Every page with the Tab key alone: it reaches everything, and each stop is in sight and shows that it is one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import open_page
from tests.e2e.site import Site
from tests.e2e.test_accessibility import PAGES, SIGNED_OUT
from tests.e2e.test_browser import sign_in

pytestmark = pytest.mark.e2e

MOST_STOPS = 400

MARK = """() => {
  const fields = "input:enabled:not([type=hidden]), select:enabled, textarea:enabled";
  const offered = `a[href], button:enabled, ${fields}, summary`;
  window.awaited = new Set([...document.querySelectorAll(offered)].filter(
    (one) => one.tabIndex >= 0 && one.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true }),
  ));
  window.stops = new Set();
  window.last = null;
}"""

# Null once it begins anew. A date has a stop for each of its parts; after the last stop comes the window's own.
STOP = """() => {
  const one = document.activeElement;
  if (one === window.last || one === document.body) return [];
  window.last = one;
  if (window.stops.has(one)) return null;
  window.stops.add(one);
  const radios = one.type === "radio" ? document.getElementsByName(one.name) : [one];
  for (const reached of radios) window.awaited.delete(reached);
  const called = (one.ariaLabel || one.textContent || one.name || "").trim().replace(/\\s+/g, " ").slice(0, 40);
  const name = `${one.tagName.toLowerCase()}.${one.className} ${called}`;
  const wrongs = [];
  const boxes = [...one.getClientRects()].filter((box) => box.width && box.height);
  const label = one.closest("label");
  const seen = boxes.some((box) => {
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const top = document.elementFromPoint(x, y);
    return top && (one.contains(top) || top.contains(one) || label?.contains(top));
  });
  if (!seen) wrongs.push(`${name}: out of sight, or covered`);
  const marked = [one, label, one.parentElement, one.closest("form")].filter(Boolean).some((holder) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(holder);
    const after = getComputedStyle(holder, "::after");
    const framed = after.position === "absolute" && after.borderStyle === "solid" && parseFloat(after.borderWidth) >= 2;
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none" || framed;
  });
  if (!marked) wrongs.push(`${name}: does not show that it has the focus`);
  return wrongs;
}"""

MISSED = """() => [...window.awaited].filter((one) => one.isConnected).map(
  (one) => `${one.tagName.toLowerCase()}.${one.className} ${one.textContent.trim().slice(0, 40)}: not reached`,
)"""


def wrongs_of(page: Page) -> list[str]:
    """What a person who has only the keyboard would stumble over on the open page."""
    page.evaluate(MARK)
    found: list[str] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        wrongs = page.evaluate(STOP)
        if wrongs is None:
            break
        found += wrongs
    found += page.evaluate(MISSED)
    return [f"{page.url}: {wrong}" for wrong in found]


@pytest.fixture(params=[(1440, 900), (390, 844)], ids=["wide", "narrow"])
def visitor(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Page]:
    """A window of each width, signed out."""
    width, height = request.param
    context, page, _ = open_page(browser, site, viewport={"width": width, "height": height})
    yield page
    context.close()


def test_the_tab_key_reaches_everything_and_says_where_it_is(visitor: Page, site: Site) -> None:
    found: list[str] = []
    for path in SIGNED_OUT:
        visitor.goto(path)
        visitor.wait_for_load_state("networkidle")
        found += wrongs_of(visitor)
    sign_in(visitor, site)
    for path in PAGES:
        visitor.goto(path)
        visitor.wait_for_load_state("networkidle")
        found += wrongs_of(visitor)
    assert found == []
