"""Neighbours of all vectors, each pair compared once, are those that a comparison of all with all finds."""

from __future__ import annotations

import numpy as np
import pytest

from search.index.faiss import all_pairs
from search.index.faiss.all_pairs import nearest_of_all
from search.values import Float32Array, Int64Array

COUNT, DIMENSION, K = 500, 16, 7


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there are several, the last one not full."""
    monkeypatch.setattr(all_pairs, "_BLOCK", 64)


def unit_vectors(count: int) -> Float32Array:
    vectors = np.random.default_rng(3).normal(size=(count, DIMENSION)).astype(np.float32)
    made: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return made


def by_comparing_all(vectors: Float32Array, k: int) -> tuple[Int64Array, Float32Array]:
    cosines = vectors @ vectors.T
    rows = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(cosines, rows, axis=1)


def test_they_are_the_same_in_the_same_order() -> None:
    vectors = unit_vectors(COUNT)
    rows, cosines = nearest_of_all(lambda wanted: vectors[wanted], COUNT, K)
    expected_rows, expected_cosines = by_comparing_all(vectors, K)
    assert np.array_equal(rows, expected_rows)
    assert np.allclose(cosines, expected_cosines, atol=1e-6)
    assert np.array_equal(rows[:, 0], np.arange(COUNT))


def test_of_equal_vectors_the_first_come_first() -> None:
    vectors = np.zeros((COUNT, DIMENSION), np.float32)
    vectors[:, 0] = 1.0
    rows, cosines = nearest_of_all(lambda wanted: vectors[wanted], COUNT, K)
    assert np.array_equal(rows, np.tile(np.arange(K), (COUNT, 1)))
    assert np.all(cosines == 1.0)


def test_it_tells_how_far_it_is_until_all_is_done() -> None:
    vectors = unit_vectors(COUNT)
    reports: list[tuple[int, int]] = []
    nearest_of_all(lambda wanted: vectors[wanted], COUNT, K, lambda done, total: reports.append((done, total)))
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)
    assert reports[-1] == (COUNT, COUNT)
    assert len(reports) > 2
