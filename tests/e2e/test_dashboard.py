"""The live page and the admin in a real Chromium: current without a socket, controls, the end of a run, uploads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Browser, Page, expect

from search.polling import wait_for
from tests.e2e.conftest import open_page
from tests.e2e.site import Site
from tests.e2e.test_browser import keep_screenshot, sign_in
from tests.load.records import is_at_rest

pytestmark = pytest.mark.e2e

ADMIN_PAGES = (
    "/admin/",
    "/admin/search/dataset/",
    "/admin/search/dataset/add/",
    "/admin/search/dataset/1/change/",
    "/admin/search/dataset/1/delete/",
    "/admin/search/image/",
    "/admin/search/indexversion/",
    "/admin/search/encoderrecord/",
    "/admin/search/tag/",
    "/admin/search/apitoken/",
    "/admin/workers/run/",
    "/admin/workers/imagefailure/",
    "/admin/django_celery_beat/periodictask/",
    "/admin/django_celery_beat/periodictask/1/change/",
    "/admin/auth/user/1/change/",
)
NOBODY_LOOKS = "document.hasFocus = () => false;"
NOTIFICATIONS = """
window.told = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return (window.Notification.permission = "granted"); }
  constructor(title, options) { window.told.push(title + ": " + options.body); }
  addEventListener() {}
};
"""


def test_a_page_whose_socket_is_blocked_asks_instead_and_says_so(page: Page) -> None:
    page.route_web_socket("**/ws/runs/", lambda socket: socket.close())
    with page.expect_response("**/runs/state.json") as asked:
        page.goto("/runs/")
    assert asked.value.json()["runs"]
    expect(page.locator("[data-connection]")).to_have_text("asking every 3 s")
    page.unroute_all()


def test_staff_see_workers_queues_versions_and_follow_a_run_on_one_page(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.goto("/runs/")
    expect(page.locator("[data-connection]")).to_have_text("live")
    for kind in ("cpu", "gpu"):
        expect(page.locator(".worker").filter(has=page.get_by_text(kind, exact=True))).to_have_count(1)
    expect(page.locator("[data-site-part=kept]")).to_contain_text("Every process serves what is live")
    keep_screenshot(page, "dashboard")
    # Tags and copies of the files before this one may be looked for still.
    assert wait_for(lambda: is_at_rest(site, dataset=1), 120)
    page.goto("/admin/search/dataset/1/change/")
    page.get_by_role("button", name="Rebuild").click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    run = page.url.rstrip("/").rpartition("/")[2]
    page.goto("/runs/")
    card = page.locator(f'[data-run="{run}"]')
    expect(card.locator("[data-field=state]")).to_have_text("done", timeout=120_000)
    assert page.url.endswith("/runs/")


def test_the_end_of_a_run_is_told_to_who_asked_for_it_and_looks_elsewhere(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    context, page, problems = open_page(browser, site)
    page.add_init_script(NOBODY_LOOKS + NOTIFICATIONS)
    page.goto("/runs/")
    expect(page.locator("[data-connection]")).to_have_text("live")
    page.get_by_role("button", name="Notify me at the end").click()
    expect(page.locator("[data-notify]")).to_have_attribute("aria-pressed", "true")
    Pillow.new("RGB", (640, 480), "red").save(tmp_path / "red.png")
    site.ingest("told", tmp_path)
    page.wait_for_function("window.told.length > 0")
    assert page.evaluate("window.told[0]").startswith("told: index done: 1 image is searchable")
    page.wait_for_function("document.title.includes('told: index done')")
    context.close()
    assert problems == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_pages_of_the_admin_obey_the_policy_and_do_not_scroll_sideways(
    browser: Browser, site: Site, width: int, scheme: str
) -> None:
    options = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    context, page, problems = open_page(browser, site, **options)
    sign_in(page, site)
    for path in ADMIN_PAGES:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{path} scrolls sideways by {overflow} px at {width}"
    context.close()
    assert problems == []


def test_uploaded_files_become_a_dataset_that_can_be_deleted_again(page: Page, site: Site, tmp_path: Path) -> None:
    pictures = []
    for colour in ("red", "blue", "lime"):
        pictures.append(tmp_path / f"{colour}.png")
        Pillow.new("RGB", (640, 480), colour).save(pictures[-1])
    sign_in(page, site)
    page.goto("/admin/search/dataset/add/")
    page.fill("#id_name", "Uploaded")
    page.set_input_files("#id_files", pictures)
    page.get_by_label("only say what indexing would do").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/search/dataset/")
    page.locator(".messagelist").get_by_role("link", name="look for changes of Uploaded").click()
    # Its turn comes after whatever the workers have been given before.
    expect(page.locator("[data-ledger]")).to_contain_text("What indexing would do", timeout=180_000)
    page.goto("/admin/search/dataset/")
    page.get_by_role("link", name="Uploaded").click()
    page.get_by_role("link", name="Delete", exact=True).click()
    expect(page.locator(".losses")).to_contain_text("uploaded originals too")
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator("#result_list")).not_to_contain_text("Uploaded")
