"""Indexes of every kind, made once a file for tests that only ask, and anew for those that make versions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from search.index.base import IndexBackend, VectorIndex
from tests.index.arrays import clustered_vectors
from tests.index.backends import BACKENDS, COUNT, FIRST, Pictures, Shelf


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of a milvus-lite that runs inside this process."""
    from milvus_lite.server_manager import server_manager_instance

    path = tmp_path_factory.mktemp("milvus") / "vectors.db"
    yield path
    server_manager_instance.release_server(str(path))


@pytest.fixture(scope="module", params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest, lite: Path) -> Iterator[IndexBackend]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield BACKENDS[request.param](lite, monkeypatch)


@pytest.fixture
def shelf(backend: IndexBackend, tmp_path: Path) -> Shelf:
    """For tests that make versions."""
    return Shelf(backend, tmp_path / "dataset")


@pytest.fixture(scope="module")
def held() -> Pictures:
    return Pictures(np.arange(FIRST, FIRST + COUNT, dtype=np.int64), clustered_vectors(COUNT))


@pytest.fixture(scope="module")
def index(backend: IndexBackend, held: Pictures, tmp_path_factory: pytest.TempPathFactory) -> VectorIndex:
    """For tests that only ask."""
    return Shelf(backend, tmp_path_factory.mktemp("shared") / "dataset").build("1", held)


@pytest.fixture
def first(shelf: Shelf, held: Pictures) -> VectorIndex:
    """The version from which others are made."""
    return shelf.build("1", held)
