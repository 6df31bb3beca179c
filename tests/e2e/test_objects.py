"""A whole site whose pictures lie in a bucket: uploaded, shown, lost here, brought back, deleted."""

from __future__ import annotations

import http.client
import shutil
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from search.bucket.client import open_store
from search.polling import wait_for
from tests.bucket.server import running_store, variables_of
from tests.e2e.conftest import open_page
from tests.e2e.site import Site, running_site
from tests.e2e.test_upload_killed import BOUNDARY, Administrator
from tests.load.records import Watched, ask

pytestmark = pytest.mark.e2e

SHOWN = "[...document.querySelectorAll('[data-grid] img')].filter((image) => image.naturalWidth > 0).length"
PRIVATE = "from search.models import Dataset; Dataset.objects.update(visibility='private')"
NAMES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
SECONDS = 60


def redirect(site: Site, path: str) -> tuple[int, str]:
    """Status and where an anonymous visitor is led, without going there."""
    connection = http.client.HTTPConnection(urlsplit(site.address).netloc, timeout=SECONDS)
    connection.request("GET", path)
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.getheader("Location", "")


def test_pictures_lie_in_the_bucket_and_come_from_there(
    photographs: Path, small_checkpoint: str, browser: Browser, tmp_path: Path
) -> None:
    with (
        running_store(tmp_path / "store") as bucket,
        running_site(tmp_path, CLIPSITE_ENCODER=small_checkpoint, **variables_of(bucket)) as site,
    ):
        administrator, store = Administrator(site), open_store(bucket)
        form = administrator.upload_form("Uploads", [photographs / name for name in NAMES])
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        status, page = administrator.send("POST", "/admin/search/dataset/add/", form, kind)
        assert status == 302, page[:3000]
        run = Watched.newest(site)
        assert wait_for(lambda: run.state() != "active", 180)
        assert run.state() == "done", site.log.read_text()

        hits = site.search("uploads", "a cat")["hits"]
        assert {hit["name"] for hit in hits} == set(NAMES)
        thumbnail = f"/image/{hits[0]['image_id']}/thumbnail"
        status, address = redirect(site, thumbnail)
        assert status == 302
        with urllib.request.urlopen(address) as answer:
            picture = answer.read()
        assert picture == site.get(f"{thumbnail}?here")[1]
        context, shown, problems = open_page(browser, site)
        shown.goto("/search?dataset=uploads&q=a+cat")
        assert wait_for(lambda: shown.evaluate(SHOWN) > 0, SECONDS)
        context.close()
        assert problems == []

        data = Path(site.environment["CLIPSITE_DATA_DIR"])
        for folder in ("derivatives", "originals"):
            shutil.rmtree(data / folder)
        assert [(hit["name"], hit["score"]) for hit in site.search("uploads", "a cat")["hits"]] == [
            (hit["name"], hit["score"]) for hit in hits
        ]
        assert site.get(f"{thumbnail}?here") == (200, picture)
        assert len(list(data.glob("derivatives/*/*/*.jpg"))) == 1, "only what was asked for comes back"

        done = site.manage("shell", "-c", PRIVATE)
        assert done.returncode == 0, done.stderr
        for address in (thumbnail, f"{thumbnail}?here", thumbnail.replace("thumbnail", "original")):
            assert redirect(site, address) == (404, "")

        ((dataset,),) = ask(site, "SELECT id FROM search_dataset WHERE slug = 'uploads'")
        assert len(list(store.below(f"originals/{dataset}"))) == len(NAMES)
        assert administrator.confirm(f"/admin/search/dataset/{dataset}/delete/")[0] == 302
        assert wait_for(lambda: not list(store.below(f"originals/{dataset}")), SECONDS), site.log.read_text()
        assert list(store.below(f"derivatives/{dataset}")) == []
