"""The nearest of many vectors at once, and the score of every one, in every kind of index."""

from __future__ import annotations

import numpy as np
import pytest

from search.index.base import VectorIndex
from search.index.faiss import all_pairs
from tests.index.backends import COUNT, FIRST, Pictures, Shelf, queries_near


def test_every_vector_is_its_own_nearest_neighbour(index: VectorIndex, held: Pictures) -> None:
    index.hide([FIRST])
    positions, scores = index.neighbours(4)
    assert positions.shape == scores.shape == (COUNT, 4)
    assert np.mean(positions[:, 0] == np.arange(COUNT)) > 0.98
    np.testing.assert_allclose(scores[:, 0], 1.0, atol=1e-2)
    index.show_hidden()


def test_neighbours_are_the_same_where_each_pair_is_compared_once(
    index: VectorIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_positions, expected_scores = index.neighbours(4)
    monkeypatch.setattr(all_pairs, "LEAST", 1)
    positions, scores = index.neighbours(4)
    assert np.array_equal(positions, expected_positions)
    assert np.allclose(scores, expected_scores, atol=1e-5)


def test_neighbours_of_some_are_found_among_others(index: VectorIndex, held: Pictures) -> None:
    rows, allowed = np.arange(5, COUNT, 100), np.arange(0, COUNT, 7)
    positions, scores = index.neighbours(3, of=rows, among=allowed)
    assert positions.shape == scores.shape == (len(rows), 3)
    assert set(positions.ravel().tolist()) <= set(allowed.tolist())
    true = np.sort(held.vectors[rows] @ held.vectors[allowed].T, axis=1)[:, ::-1][:, :3]
    assert np.mean(np.abs(scores - true) < 1e-2) > 0.9


def test_among_two_there_are_two_neighbours_and_among_none_none(index: VectorIndex) -> None:
    positions, _ = index.neighbours(9, of=np.array([0, 1, 2]), among=np.array([4, 8]))
    assert [sorted(row) for row in positions.tolist()] == [[4, 8]] * 3
    assert index.neighbours(9, among=np.empty(0, np.int64))[0].shape == (COUNT, 0)


def test_every_vector_has_a_score(index: VectorIndex, held: Pictures) -> None:
    (query,) = queries_near(held, 1)
    index.hide([FIRST])
    np.testing.assert_allclose(index.scores(query), held.vectors @ query, atol=2e-3)
    index.show_hidden()


def test_there_are_no_more_neighbours_than_vectors(shelf: Shelf, held: Pictures) -> None:
    few = Pictures(held.image_ids[:40], held.vectors[:40])
    positions, scores = shelf.build("1", few).neighbours(50)
    assert positions.shape == (40, 40)
    assert [sorted(row) for row in positions.tolist()] == [list(range(40))] * 40
    assert np.all(np.diff(scores, axis=1) <= 1e-6)
