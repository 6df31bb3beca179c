"""One site for all end-to-end tests, with scikit-image's photographs indexed by the starter encoder, and a browser."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from search.encoders.random_weights import save_random_weights
from tests.e2e.site import Site, running_site

PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "color.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "retina.jpg",
    "rocket.jpg",
)
PARTS = 150
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photographs that the package scikit-image carries, and one file that is none."""
    spec = find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    folder = tmp_path_factory.mktemp("photographs")
    for name in PHOTOGRAPHS:
        shutil.copy(Path(spec.origin).parent / "data" / name, folder / name)
    (folder / "broken.jpg").write_bytes(b"this is not a photograph")
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Iterator[Site]:
    """The running site with the dataset `photographs`."""
    with running_site(tmp_path_factory.mktemp("site")) as running:
        running.ingest("photographs", photographs)
        yield running


@pytest.fixture(scope="session")
def parts(site: Site, photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A dataset of 150 parts of the photographs, of all shapes: more than two pages of hits."""
    folder = tmp_path_factory.mktemp("parts")
    chance = random.Random(4)
    whole = [Pillow.open(photographs / name).convert("RGB") for name in PHOTOGRAPHS]
    for number in range(PARTS):
        picture = chance.choice(whole)
        width, height = (chance.randrange(side // 3, side) for side in picture.size)
        left, top = chance.randrange(picture.width - width), chance.randrange(picture.height - height)
        picture.crop((left, top, left + width, top + height)).save(folder / f"{number:03}.jpg", quality=80)
    site.ingest("tiles", folder)
    return "tiles"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium; without it these tests are skipped, unless CLIPSITE_E2E_REQUIRED says that they must run."""
    found = shutil.which("chromium")
    if found is None:
        reason = "Chromium is not installed, so the browser tests do not run (Debian: apt-get install chromium)"
        if os.environ.get("CLIPSITE_E2E_REQUIRED"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser without windows.

    Ends with the file: while Playwright runs, its event loop is this thread's, and Django's ORM refuses the thread.
    """
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


def open_page(browser: Browser, site: Site, **options: object) -> tuple[BrowserContext, Page, list[str]]:
    """A fresh window, and the list into which its errors go."""
    context = browser.new_context(base_url=site.address, **options)  # type: ignore[arg-type]
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    return context, page, problems


def wait_for_keys(page: Page) -> None:
    """Until the images of a page listen to keys: their scripts let the first paint go before."""
    page.wait_for_selector("[data-grid] > li[data-current]", state="attached")


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A window of 1440 x 900; any error that a page logs, a refused script or style included, fails the test."""
    context, opened, problems = open_page(browser, site, viewport={"width": 1440, "height": 900})
    yield opened
    context.close()
    assert problems == []


@pytest.fixture(scope="session")
def small_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of an encoder: one of open_clip's smallest architectures with random weights, saved as a checkpoint."""
    return save_random_weights("ViT-S-32-alt", tmp_path_factory.mktemp("checkpoint") / "small.safetensors", seed=5)
