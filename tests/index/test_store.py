"""Published index files: exact answers, and damage that is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from search.errors import IndexDamaged
from search.index import store
from search.index.base import VectorIndex
from search.index.faiss.segment import ids_file, index_file
from tests.index.arrays import DIMENSION, ArrayContent, best_ids, content, unit_vectors

ENCODER = "fake/colours/32"
INDEX_FILE, IDS_FILE = index_file(Path(), 0).name, ids_file(Path(), 0).name


@pytest.fixture
def held() -> ArrayContent:
    return content(500)


@pytest.fixture
def published(tmp_path: Path, held: ArrayContent) -> Path:
    store.publish(tmp_path / "1", held)
    return tmp_path / "1"


def opened(folder: Path) -> VectorIndex:
    return store.open_verified(folder, ENCODER, DIMENSION)


def test_it_answers_exactly_like_brute_force(published: Path, held: ArrayContent) -> None:
    index = opened(published)
    for query in unit_vectors(20):
        matches = index.search(query, 10)
        assert [match.image_id for match in matches] == best_ids(held, query, 10)
        scores = held.vectors[[match.image_id - 1000 for match in matches]] @ query
        np.testing.assert_allclose([match.score for match in matches], scores, atol=1e-3)


def test_it_returns_fewer_when_it_holds_fewer(tmp_path: Path) -> None:
    store.publish(tmp_path / "2", content(3))
    assert len(opened(tmp_path / "2").search(unit_vectors(1)[0], 10)) == 3


def test_its_manifest_says_what_it_holds(published: Path) -> None:
    notes = json.loads((published / store.MANIFEST_FILE).read_text())
    assert (notes["encoder"], notes["dimension"], notes["count"]) == (ENCODER, DIMENSION, 500)
    assert (notes["kind"], notes["recall_at_10"]) == ("flat", 1.0)
    files = {file.name for file in published.iterdir()} - {store.MANIFEST_FILE}
    assert set(notes["sha256"]) == files
    assert notes["bytes"] == sum((published / name).stat().st_size for name in files)


@pytest.mark.parametrize("name", [INDEX_FILE, IDS_FILE, store.CHECKSUMS_FILE])
def test_it_refuses_a_flipped_byte(published: Path, name: str) -> None:
    path = published / name
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    assert not store.is_intact(published)
    with pytest.raises(IndexDamaged, match="Rebuild it"):
        opened(published)


@pytest.mark.parametrize("name", [INDEX_FILE, IDS_FILE, store.MANIFEST_FILE])
def test_it_refuses_truncated_and_missing_files(published: Path, name: str) -> None:
    path = published / name
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(IndexDamaged):
        opened(published)
    path.unlink()
    with pytest.raises(IndexDamaged):
        opened(published)


@pytest.mark.parametrize(("encoder", "dimension"), [("another/encoder/1", DIMENSION), (ENCODER, DIMENSION + 8)])
def test_it_refuses_files_of_another_encoder(published: Path, encoder: str, dimension: int) -> None:
    with pytest.raises(IndexDamaged, match=f"it is of {ENCODER} with {DIMENSION} dimensions"):
        store.open_verified(published, encoder, dimension)


def test_it_refuses_to_publish_an_image_twice_and_leaves_nothing(tmp_path: Path, held: ArrayContent) -> None:
    held.image_ids[1] = held.image_ids[0]
    with pytest.raises(IndexDamaged, match="twice"):
        store.publish(tmp_path / "3", held)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("broken", [np.nan, np.inf, 0.0, 3.0])
def test_it_refuses_vectors_that_could_never_be_found(tmp_path: Path, held: ArrayContent, broken: float) -> None:
    held.vectors[7] = broken
    with pytest.raises(IndexDamaged, match="The embedding of image 1007 is damaged"):
        store.publish(tmp_path / "3", held)
    assert list(tmp_path.iterdir()) == []


def test_it_refuses_vectors_of_another_dimension(tmp_path: Path, held: ArrayContent) -> None:
    with pytest.raises(IndexDamaged, match="dimension 32"):
        store.publish(tmp_path / "3", replace(held, dimension=32))


def test_it_keeps_answering_from_files_that_were_replaced(published: Path) -> None:
    index = opened(published)
    before = index.search(unit_vectors(1)[0], 5)
    store.publish(published, content(2))
    assert index.search(unit_vectors(1)[0], 5) == before
    assert opened(published).count == 2


def test_a_discarded_version_leaves_nothing(published: Path) -> None:
    store.discard(published)
    assert not published.exists()
    store.discard(published)
