"""axe-core finds nothing serious on any page, in light and dark, nor on what opens over a page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import open_page, wait_for_keys
from tests.e2e.site import Site
from tests.e2e.test_browser import sign_in

pytestmark = pytest.mark.e2e

PAGES = (
    "/",
    "/datasets/photographs/",
    "/search?dataset=photographs&q=a+cat",
    "/search?dataset=*&q=a+cat&orientation=landscape&tag=none",
    "/search?dataset=photographs&q=a+cat&sort=name&without_errors=yes",
    "/search?dataset=photographs&q=a+cat&min_side=nonsense",
    "/search?dataset=photographs&like=1",
    "/image/1/",
    "/map/photographs/",
    "/runs/",
    "/runs/1/",
    "/datasets/photographs/failures/",
    "/datasets/photographs/versions/",
    "/datasets/photographs/versions/compare?q=a+cat",
    "/status/",
    "/datasets/no-such-dataset/",
    "/search?dataset=photographs&q=a+cat&cursor=nonsense",
    "/accounts/",
    "/accounts/sessions/",
    "/accounts/invitations/",
    "/accounts/two-factor/",
    "/datasets/photographs/people/",
)
SIGNED_OUT = ("/", "/accounts/login/", "/accounts/password/reset/", "/search?dataset=photographs&q=a+cat", "/image/1/")
GRAVE = {"serious", "critical"}


def grave(page: Page) -> list[str]:
    """What axe-core calls serious or critical: the rule and the elements."""
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {violation['id']}: {[node['target'] for node in violation['nodes']]}"
        for violation in found
        if violation["impact"] in GRAVE
    ]


@pytest.fixture(params=["light", "dark"])
def visitor(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Page]:
    """A window in each colour scheme, signed out."""
    options = {"viewport": {"width": 1440, "height": 900}, "color_scheme": request.param}
    context, page, _ = open_page(browser, site, **options)
    yield page
    context.close()


def test_no_page_has_a_serious_violation(visitor: Page, site: Site) -> None:
    found: list[str] = []
    for path in SIGNED_OUT:
        visitor.goto(path)
        found += grave(visitor)
    sign_in(visitor, site)
    for path in PAGES:
        visitor.goto(path)
        visitor.wait_for_load_state("networkidle")
        found += grave(visitor)
    assert found == []


def test_what_opens_over_a_page_has_no_serious_violation(visitor: Page) -> None:
    visitor.goto("/search?dataset=photographs&q=a+cat")
    visitor.locator("summary", has_text="Filters").click()
    found = grave(visitor)
    visitor.locator("summary", has_text="relevance").click()
    found += grave(visitor)
    visitor.locator("summary", has_text="Export").click()
    found += grave(visitor)
    wait_for_keys(visitor)
    visitor.locator(".cell").first.focus()
    visitor.keyboard.press("x")
    expect(visitor.locator("[data-selection]")).to_be_visible()
    found += grave(visitor)
    visitor.keyboard.press("Escape")
    visitor.keyboard.press("Enter")
    expect(visitor.locator("[data-lightbox-panel] dl")).to_be_visible()
    found += grave(visitor)
    visitor.keyboard.press("?")
    found += grave(visitor)
    assert found == []
