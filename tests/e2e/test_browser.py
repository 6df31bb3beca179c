"""The site in a real Chromium: search, similar, image, map, live progress, sign-in; wide and narrow, light and dark."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from search.polling import wait_for
from tests.e2e.conftest import PHOTOGRAPHS, open_page
from tests.e2e.site import ROOT, Site

pytestmark = pytest.mark.e2e

FILTERED = "/search?dataset=*&q=a+cat&orientation=landscape&tag=none"
PAGES = (
    "/",
    "/search?dataset=photographs&q=a+cat",
    FILTERED,
    "/datasets/photographs/",
    "/image/1/",
    "/runs/",
    "/runs/1/",
)
SLOW = 30_000
"""Milliseconds: how long an expectation may take on a busy machine before it fails."""

expect.set_options(timeout=SLOW)


def keep_screenshot(page: Page, name: str) -> None:
    """For the README: `make screenshots` names the folder."""
    folder = os.environ.get("CLIPSITE_SCREENSHOTS")
    if folder:
        page.wait_for_load_state("networkidle")
        page.wait_for_function("[...document.images].every(image => image.complete)")
        page.screenshot(path=Path(folder) / f"{name}.jpg", type="jpeg", quality=80)


def sign_in(page: Page, site: Site) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=login]", "admin")
    page.fill("[name=password]", site.password)
    page.click("main button[type=submit]")
    page.wait_for_url("**/")


def test_a_person_types_words_and_sees_the_photograph(page: Page) -> None:
    page.goto("/")
    page.fill("#q", "a cat")
    page.select_option("#in", "photographs")
    page.press("#q", "Enter")
    first = page.locator("[data-grid] a[href*='/image/']").first
    expect(first.locator("img")).to_have_attribute("alt", "chelsea.png")
    assert "q=a+cat" in page.url
    expect(page.locator("[data-facts]")).to_contain_text("ms")
    address = page.url
    page.goto("/")
    page.goto(address)
    expect(page.locator("[data-grid] img").first).to_have_attribute("alt", "chelsea.png")
    page.locator("[data-weaker] > summary").click()
    keep_screenshot(page, "search")


def test_a_hit_leads_to_its_image_its_original_and_similar_ones(page: Page) -> None:
    page.goto("/search?dataset=photographs&q=a+cat")
    page.locator("[data-grid] a[href*='/image/']").first.click()
    page.locator("[data-lightbox-panel] h2 a").click()
    expect(page.locator("h1")).to_contain_text("chelsea.png")
    shown = page.locator("main img").first
    expect(shown).to_have_js_property("naturalWidth", 451)
    page.get_by_role("link", name="Similar images").click()
    assert "like=" in page.url
    expect(page.locator("[data-grid] img")).to_have_count(len(PHOTOGRAPHS) - 1)


def test_search_works_without_javascript(browser: Browser, site: Site) -> None:
    context, page, problems = open_page(browser, site, java_script_enabled=False)
    page.goto("/")
    page.fill("#q", "a rocket launch")
    page.select_option("#in", "photographs")
    page.press("#q", "Enter")
    expect(page.locator("main img").first).to_have_attribute("alt", "rocket.jpg")
    context.close()
    assert problems == []


def test_a_question_is_refined_with_an_image_without_javascript(browser: Browser, site: Site) -> None:
    context, page, problems = open_page(browser, site, java_script_enabled=False)
    page.goto("/search?dataset=photographs&min_relevance=-1&q=a+cat&orientation=landscape")
    page.locator("main [data-grid] .cell").nth(1).click()
    page.get_by_role("link", name="Less like this").click()
    expect(page.locator(".term.is-negative")).to_have_count(1)
    assert "min_relevance=-1&orientation=landscape&q=a+cat+-+image%3A" in page.url
    context.close()
    assert problems == []


def test_covers_of_the_home_page_have_placeholders_until_they_arrive(page: Page) -> None:
    page.route("**/thumbnail", lambda route: None)  # they never arrive
    page.goto("/", wait_until="commit")
    expect(page.locator(".cover").first.locator("canvas.placeholder")).to_have_count(5)
    page.unroute("**/thumbnail")
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".cover canvas.placeholder")).to_have_count(0)


def test_filters_stand_in_the_address_and_each_can_be_taken_away(page: Page) -> None:
    page.goto("/search?dataset=photographs&q=a+cat")
    every = page.locator("[data-grid] li").count()
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("orientation").select_option("landscape")
    page.get_by_label("shorter side, pixels").fill("100")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("[data-facts]")).to_contain_text("that match")
    assert 0 < page.locator("[data-grid] li").count() < every
    assert page.url.endswith("/search?q=a+cat&dataset=photographs&orientation=landscape&min_side=100")
    page.get_by_role("link", name="at least 100 px").click()
    expect(page.locator(".chips li")).to_have_count(1)
    page.get_by_role("link", name="landscape").click()
    expect(page.locator("[data-grid] li")).to_have_count(every)
    page.goto("/search?dataset=photographs&q=a+cat&min_side=100000")
    expect(page.locator("main h2")).to_have_text("Nothing matches these filters")
    page.get_by_role("link", name="Clear the filters").click()
    expect(page.locator("[data-grid] li")).to_have_count(every)


def test_filters_work_without_javascript(browser: Browser, site: Site) -> None:
    context, page, problems = open_page(browser, site, java_script_enabled=False)
    page.goto("/search?dataset=photographs&q=a+cat")
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("file name contains").fill("ROCK")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("main [data-grid] img")).to_have_count(1)
    expect(page.locator("main img").first).to_have_attribute("alt", "rocket.jpg")
    context.close()
    assert problems == []


def test_progress_is_live_and_the_same_after_a_reload_and_in_a_second_tab(page: Page, site: Site) -> None:
    page.goto("/runs/")
    expect(page.locator("[data-connection][data-state=live]")).to_be_visible()
    run = subprocess.Popen(
        [sys.executable, "manage.py", "reindex", "photographs", "--wait"],
        cwd=ROOT,
        env=site.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    active = page.locator("[data-run][data-state=active]")
    expect(active).to_be_visible()
    number = active.get_attribute("data-run")
    second = page.context.new_page()
    second.goto(f"/runs/{number}/")
    page.reload()
    for tab in (page, second):
        card = tab.locator(f"[data-run='{number}']")
        expect(card).to_have_attribute("data-state", "done", timeout=120_000)
        expect(card.locator("[data-field=message]")).to_contain_text(f"{len(PHOTOGRAPHS)} images are searchable")
    second.close()
    assert run.wait(timeout=60) == 0


def test_the_first_administrator_signs_in_manages_and_signs_out(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.goto("/admin/search/dataset/")
    expect(page.locator("#result_list")).to_contain_text("photographs")
    page.goto("/admin/search/dataset/add/")
    expect(page.locator("[name=folder]")).to_be_visible()
    page.goto("/accounts/")
    page.locator("form[action*=logout] button").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844), (320, 640)])
def test_every_page_fits_its_window_and_logs_no_error(
    browser: Browser, site: Site, scheme: str, width: int, height: int
) -> None:
    options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    context, page, problems = open_page(browser, site, **options)

    def look_at(path: str) -> None:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{path} scrolls sideways by {overflow} px at {width}"

    for path in (*PAGES, "/map/photographs/"):
        look_at(path)
    sign_in(page, site)
    for path in ("/accounts/", "/accounts/invitations/", "/datasets/photographs/people/", "/runs/"):
        look_at(path)
    context.close()
    assert problems == []


def test_a_page_that_is_not_there_is_said_kindly(browser: Browser, site: Site) -> None:
    context, page, _ = open_page(browser, site)
    answer = page.goto("/datasets/no-such-dataset/")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_be_visible()
    context.close()


def test_another_encoder_is_built_beside_compared_switched_to_and_back(
    page: Page, site: Site, small_checkpoint: str
) -> None:
    before = site.search("photographs", "a cat")["index_version"]
    built = site.manage("reindex", "photographs", "--encoder", small_checkpoint, "--wait")
    assert built.returncode == 0, built.stderr
    assert "waits for a look" in built.stdout
    assert site.search("photographs", "a cat")["index_version"] == before
    sign_in(page, site)
    page.goto("/datasets/photographs/versions/")
    expect(page.locator("[data-state=live]")).to_contain_text("1 process")
    page.get_by_role("link", name="Compare with the live one").click()
    page.fill("#text", "a cat")
    page.press("#text", "Enter")
    expect(page.locator(".side")).to_have_count(2)
    expect(page.locator(".side").first.locator("img").first).to_have_attribute("alt", "chelsea.png")
    keep_screenshot(page, "compare")
    page.get_by_role("button", name="Make live").click()
    expect(page.locator(".message")).to_contain_text(f"instead of {before}")
    assert wait_for(lambda: site.search("photographs", "a cat")["index_version"] > before, SLOW / 1000)
    page.get_by_role("button", name=f"Go back to version {before}").click()
    expect(page.locator(".message")).to_contain_text(f"Version {before} of photographs is live")
    assert wait_for(lambda: site.search("photographs", "a cat")["index_version"] == before, SLOW / 1000)
    page.goto("/status/")
    expect(page.locator("main")).to_contain_text("Every process serves what is live")
    keep_screenshot(page, "status")
