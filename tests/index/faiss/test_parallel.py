"""A search over slices finds what one thread finds, alone and beside others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
import pytest

from search.index.faiss import parallel
from search.index.faiss.parallel import ParallelSearch
from search.index.faiss.segment import NO_POSITION, Mask, threads_for
from search.values import Float32Array
from tests.index.arrays import DIMENSION, unit_vectors

COUNT = 5000


@pytest.fixture
def parallel_search() -> ParallelSearch:
    return ParallelSearch(cores=4)


@pytest.fixture
def vectors() -> Float32Array:
    return unit_vectors(COUNT, seed=4)


@pytest.fixture
def index(vectors: Float32Array, monkeypatch: pytest.MonkeyPatch) -> faiss.IndexFlatIP:
    monkeypatch.setattr(parallel, "LEAST", 700)
    built = faiss.IndexFlatIP(DIMENSION)
    built.add(vectors)
    return built


@pytest.mark.parametrize("k", [1, 10, 2000, COUNT])
def test_the_slices_together_find_what_the_whole_finds(
    parallel_search: ParallelSearch, index: faiss.IndexFlatIP, vectors: Float32Array, k: int
) -> None:
    positions, scores = parallel_search.search(index, vectors[7:8], k, None)
    expected = np.sort(vectors @ vectors[7])[::-1][:k]
    np.testing.assert_allclose(scores[0], expected, atol=1e-5)
    np.testing.assert_allclose(vectors[positions[0]] @ vectors[7], expected, atol=1e-5)
    assert len(set(positions[0].tolist())) == k


def test_only_what_a_mask_allows_is_found_and_the_rest_stays_empty(
    parallel_search: ParallelSearch, index: faiss.IndexFlatIP, vectors: Float32Array
) -> None:
    mask = Mask(np.arange(COUNT) % 50 == 3)
    positions, _ = parallel_search.search(index, vectors[3:4], 150, mask)
    assert positions[0][0] == 3
    assert set(positions[0][:100].tolist()) == set(mask.positions.tolist())
    assert (positions[0][100:] == NO_POSITION).all()


def test_searches_side_by_side_find_the_same(
    parallel_search: ParallelSearch, index: faiss.IndexFlatIP, vectors: Float32Array
) -> None:
    alone = [parallel_search.search(index, vectors[row : row + 1], 20, None)[0].tolist() for row in range(64)]
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(parallel_search.search, index, vectors[row : row + 1], 20, None) for row in range(64)]
        assert [future.result()[0].tolist() for future in futures] == alone


def test_one_query_wakes_one_thread_and_the_others_are_there_again_afterwards() -> None:
    every = faiss.omp_get_max_threads()
    with threads_for(unit_vectors(1, seed=4)):
        assert faiss.omp_get_max_threads() == 1
    with threads_for(unit_vectors(500, seed=4)):
        assert faiss.omp_get_max_threads() == every
    assert faiss.omp_get_max_threads() == every
