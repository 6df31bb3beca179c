"""The example of a vector backend as a site uses it; the contract runs over it in tests/index."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from a_vector_backend import BACKEND, ArrayBackend, ArrayIndex
from django.test import Client
from pytest_django import Settings

from search.errors import ServiceUnavailable
from search.files.paths import index_folder
from search.index import backends, store
from search.index.live import live_indexes
from search.models import Dataset
from tests.workers.conftest import start, work_off
from workers.models import Run


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(backends, "_backends", dict(backends._backends))
    backends.register_backend(BACKEND, ArrayBackend)
    settings.VECTORS = BACKEND


def test_a_dataset_is_indexed_and_searched_with_it(registered: None, client: Client, pictures: Dataset) -> None:
    assert work_off(start(pictures)).state == Run.State.DONE
    pictures.refresh_from_db()
    assert isinstance(live_indexes.of(pictures).index, ArrayIndex)
    answer = client.get("/api/v1/search", {"dataset": "pictures", "q": "blue"}).json()
    assert [answer["total"], answer["hits"][0]["name"]] == [4, "blue.png"]


def test_the_next_version_is_made_from_the_one_before(registered: None, client: Client, pictures: Dataset) -> None:
    work_off(start(pictures))
    (Path(pictures.source_path) / "red.png").unlink()
    assert work_off(start(pictures)).state == Run.State.DONE
    answer = client.get("/api/v1/search", {"dataset": "pictures", "q": "red"}).json()
    assert [answer["total"], answer["index_version"]] == [3, 2]
    assert "red.png" not in {hit["name"] for hit in answer["hits"]}


def test_versions_of_another_kind_stay_searchable(client: Client, pictures: Dataset, settings: Settings) -> None:
    work_off(start(pictures))
    settings.VECTORS = BACKEND
    live_indexes.reset()
    assert client.get("/api/v1/search", {"dataset": "pictures", "q": "blue"}).json()["total"] == 4


def test_a_version_of_a_kind_that_is_not_known_is_refused_with_the_way_out(pictures: Dataset) -> None:
    work_off(start(pictures))
    pictures.refresh_from_db()
    version = pictures.live_version
    assert version is not None
    manifest = index_folder(version.path) / store.MANIFEST_FILE
    notes = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(notes | {"backend": BACKEND}), encoding="utf-8")
    with pytest.raises(ServiceUnavailable, match=r"build the index again with manage\.py reindex"):
        store.open_verified(manifest.parent, notes["encoder"], notes["dimension"])
