"""The search field in a real Chromium: pictures pasted, dropped and chosen, chips changed by mouse and by keyboard."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import open_page
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

SLOW = 30_000
SEARCHED = "/search?min_relevance=-1&dataset=photographs&q=a+cat"

# A script may not fill the clipboard of the machine, so the events of a paste and of a drop are made with their data.
GIVE = """([content, type, how]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "picture", { type }));
  const options = { bubbles: true, cancelable: true };
  if (how === "paste") {
    document.querySelector("#q").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, ...options }));
    return true;
  }
  const enter = new DragEvent("dragenter", { dataTransfer: data, ...options });
  document.body.dispatchEvent(enter);
  const isShown = !document.querySelector(".drop").hidden;
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, ...options }));
  return isShown;
}"""

expect.set_options(timeout=SLOW)


def give(page: Page, content: bytes, how: str) -> bool:
    shown: bool = page.evaluate(GIVE, [base64.b64encode(content).decode(), "image/png", how])
    return shown


def test_a_pasted_picture_becomes_a_chip_beside_the_words(page: Page, photographs: Path) -> None:
    page.goto("/")
    page.fill("#q", "a cat")
    give(page, (photographs / "rocket.jpg").read_bytes(), "paste")
    page.wait_for_url("**/search?**upload**")
    expect(page.locator(".term")).to_have_count(1)
    expect(page.locator(".term img")).to_have_js_property("naturalHeight", 384)
    expect(page.locator("#q")).to_have_value("a cat")


def test_sign_and_weight_are_changed_and_a_chip_is_removed_by_keyboard(page: Page, photographs: Path) -> None:
    page.goto(SEARCHED)
    page.locator("[data-grid] li").nth(1).hover()
    page.locator("[data-grid] li").nth(1).get_by_title("More like this").click()
    expect(page.locator(".term")).to_have_count(1)
    page.locator("button.term-sign").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".term.is-negative")).to_have_count(1)
    page.locator(".term-size").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**-+0.5%3Aimage**")
    page.locator("#q").fill("")
    page.keyboard.press("Backspace")
    expect(page.locator(".term")).to_have_count(0)


def test_the_keyboard_stays_at_a_chip_that_changed_and_goes_on_from_one_that_went(page: Page) -> None:
    page.goto(SEARCHED)
    first, second, third = (item.get_attribute("data-image") for item in page.locator("[data-grid] > li").all()[:3])
    page.goto(f"{SEARCHED}+%2B+image:{first}+%2B+image:{second}+-+image:{third}")

    def part(image: str | None, selector: str) -> Locator:
        return page.locator(f"[data-term='image:{image}'] {selector}")

    part(first, ".term-sign").press("Enter")
    page.wait_for_url("**-+image%3A**-+image%3A**")
    expect(part(first, ".term-sign")).to_be_focused()
    part(first, ".term-size").fill("2")
    part(first, ".term-size").press("Enter")
    page.wait_for_url("**-+2%3Aimage**")
    expect(part(first, ".term-size")).to_be_focused()
    part(second, ".term-remove").press("Enter")
    expect(page.locator(".term")).to_have_count(2)
    expect(part(first, ".term-remove")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".term")).to_have_count(1)
    expect(part(third, ".term-remove")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".term")).to_have_count(0)
    expect(page.locator("#q")).to_be_focused()
    page.goto(SEARCHED)
    expect(page.locator("#q")).not_to_be_focused()


def test_a_picture_dropped_on_the_page_is_searched_with(page: Page, photographs: Path) -> None:
    page.goto(SEARCHED)
    assert give(page, (photographs / "rocket.jpg").read_bytes(), "drop")
    page.wait_for_url("**upload**")
    expect(page.locator(".term")).to_have_count(1)


def test_an_image_of_the_results_dragged_into_the_field_is_a_term(page: Page) -> None:
    page.goto(SEARCHED)
    page.locator("[data-grid] li img").nth(1).drag_to(page.locator("#q"))
    page.wait_for_url("**image%3A**")
    expect(page.locator("#q")).to_have_value("a cat")


def test_what_is_no_picture_is_said_at_the_field_and_the_query_stays(browser: Browser, site: Site) -> None:
    context, page, problems = open_page(browser, site, viewport={"width": 390, "height": 844})
    page.goto(SEARCHED)
    page.fill("#q", "a cat and more")
    give(page, b"no picture", "paste")
    said = page.locator("[data-said]")
    expect(said).to_contain_text("is not an image of a known format")
    expect(said).to_have_attribute("role", "alert")
    expect(page.locator("#q")).to_have_value("a cat and more")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()
    assert [problem for problem in problems if "400" not in problem] == []


def test_a_picture_is_chosen_and_taken_away_without_javascript(browser: Browser, site: Site, photographs: Path) -> None:
    context, page, problems = open_page(browser, site, java_script_enabled=False)
    page.goto(SEARCHED)
    page.locator("[data-picture] summary").click()
    page.set_input_files("[name=picture]", photographs / "rocket.jpg")
    page.get_by_role("button", name="Search with it").click()
    page.wait_for_url("**upload**")
    expect(page.locator(".term")).to_have_count(1)
    assert page.input_value("#q").startswith('"a cat" + upload:')
    page.locator(".term-remove").click()
    expect(page.locator(".term")).to_have_count(0)
    expect(page.locator("#q")).to_have_value("a cat")
    context.close()
    assert problems == []
