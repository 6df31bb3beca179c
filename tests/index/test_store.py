"""Published index files: exact answers, and damage that is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search.errors import IndexDamaged
from search.index import store
from search.index.faiss_flat import IDS_FILE, INDEX_FILE
from search.values import Float16Array, Float32Array

DIMENSION = 24


def unit_vectors(count: int) -> Float32Array:
    vectors = np.random.default_rng(7).normal(size=(count, DIMENSION)).astype(np.float32)
    unit: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


@pytest.fixture
def halves() -> Float16Array:
    return unit_vectors(500).astype(np.float16)


@pytest.fixture
def published(tmp_path: Path, halves: Float16Array) -> Path:
    folder = tmp_path / "1"
    ids = np.arange(1000, 1500, dtype=np.int64)
    chunks = [(ids[:300], halves[:300]), (ids[300:], halves[300:])]
    store.publish(folder, "fake/colours/32", DIMENSION, chunks)
    return folder


def test_it_answers_exactly_like_brute_force(published: Path, halves: Float16Array) -> None:
    index = store.open_verified(published)
    for query in unit_vectors(20):
        scores = halves.astype(np.float32) @ query
        best = np.argsort(-scores)[:10]
        matches = index.search(query, 10)
        assert [match.image_id - 1000 for match in matches] == best.tolist()
        np.testing.assert_allclose([match.score for match in matches], scores[best], atol=1e-3)


def test_it_returns_fewer_when_it_holds_fewer(tmp_path: Path, halves: Float16Array) -> None:
    store.publish(tmp_path / "2", "e", DIMENSION, [(np.arange(3, dtype=np.int64), halves[:3])])
    assert len(store.open_verified(tmp_path / "2").search(unit_vectors(1)[0], 10)) == 3


def test_it_gives_every_vector_itself_as_nearest_neighbour(published: Path) -> None:
    index = store.open_verified(published)
    positions, scores = index.neighbours(5)
    assert positions.shape == scores.shape == (500, 5)
    assert positions[:, 0].tolist() == list(range(500))


@pytest.mark.parametrize("name", [INDEX_FILE, IDS_FILE])
def test_it_refuses_a_flipped_byte(published: Path, name: str) -> None:
    path = published / name
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(IndexDamaged, match="Rebuild it"):
        store.open_verified(published)


@pytest.mark.parametrize("name", [INDEX_FILE, IDS_FILE, store.MANIFEST_FILE])
def test_it_refuses_truncated_and_missing_files(published: Path, name: str) -> None:
    path = published / name
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(IndexDamaged):
        store.open_verified(published)
    path.unlink()
    with pytest.raises(IndexDamaged):
        store.open_verified(published)


def test_it_refuses_to_publish_an_image_twice_and_leaves_nothing(tmp_path: Path, halves: Float16Array) -> None:
    with pytest.raises(IndexDamaged, match="twice"):
        store.publish(tmp_path / "3", "e", DIMENSION, [(np.array([1, 1], np.int64), halves[:2])])
    assert list(tmp_path.iterdir()) == []


def test_it_keeps_answering_from_files_that_were_replaced(published: Path, halves: Float16Array) -> None:
    index = store.open_verified(published)
    before = index.search(unit_vectors(1)[0], 5)
    store.publish(published, "e", DIMENSION, [(np.arange(2, dtype=np.int64), halves[:2])])
    assert index.search(unit_vectors(1)[0], 5) == before
    assert store.open_verified(published).count == 2
