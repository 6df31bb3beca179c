"""Versions in FAISS's files, exact ones and such with lists: filters, tombstones, growth, tuned recall."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search.index import store
from search.index.base import Criteria, VectorIndex
from search.index.faiss import backend, gpu, ivf, parallel, policy
from search.index.faiss.segment import index_file
from search.index.faiss.tuning import exact_hits, recall_of, synthetic_queries, tune
from search.values import Filters, Float32Array, Int64Array
from tests.index.arrays import DIMENSION, ArrayContent, best_ids, clustered_vectors, content, unit_vectors

COUNT = 6000
Publish = Callable[..., Path]


@pytest.fixture(params=["flat", "ivf"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Either kind, for few vectors."""
    chosen = str(request.param)
    monkeypatch.setattr(policy, "choose", lambda count, dimension: chosen)
    monkeypatch.setattr(backend, "FEWEST_TO_EXTEND", 0)
    monkeypatch.setattr(ivf, "_EXACT_BELOW", 100)
    monkeypatch.setattr(parallel, "LEAST", 1000)
    return chosen


@pytest.fixture
def held() -> ArrayContent:
    return content(COUNT)


@pytest.fixture(scope="module")
def published() -> dict[str, Path]:
    """The folders of versions that tests only read, by kind."""
    return {}


@pytest.fixture
def index(
    kind: str, held: ArrayContent, published: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> VectorIndex:
    if kind not in published:
        folder = tmp_path_factory.mktemp(kind) / "1"
        assert store.publish(folder, held)["kind"] == kind
        published[kind] = folder
    return opened(published[kind])


def opened(folder: Path) -> VectorIndex:
    return store.open_verified(folder, "fake/colours/32", DIMENSION)


def only(ids: Int64Array) -> Criteria:
    return Criteria(Filters(), lambda: ids)


def found_ids(index: VectorIndex, query_number: int, k: int, ids: Int64Array | None = None) -> list[int]:
    query = clustered_vectors(50, seed=3)[query_number]
    selection = None if ids is None else index.select(only(ids))
    return [match.image_id for match in index.search(query, k, selection)]


def test_what_it_finds_is_what_comparing_with_all_finds(index: VectorIndex, held: ArrayContent) -> None:
    hits = [found_ids(index, number, 10) for number in range(50)]
    exact = [best_ids(held, query, 10) for query in clustered_vectors(50, seed=3)]
    assert recall_of(np.array(hits), np.array(exact)) >= 0.97
    scores = [match.score for match in index.search(unit_vectors(1)[0], 300)]
    assert len(scores) == 300
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.01, 0.001])
def test_a_selection_fills_its_page_with_the_best_of_its_own(
    index: VectorIndex, held: ArrayContent, share: float
) -> None:
    chosen = np.sort(np.random.default_rng(5).choice(held.image_ids, int(COUNT * share), replace=False))
    part = ArrayContent(chosen, held.vectors[chosen - 1000])
    assert index.select(only(chosen)).count == len(chosen)
    hits = [found_ids(index, number, 5, chosen) for number in range(20)]
    exact = [best_ids(part, query, 5) for query in clustered_vectors(50, seed=3)[:20]]
    assert all(set(ids) <= set(chosen.tolist()) for ids in hits)
    assert recall_of(np.array(hits), np.array(exact)) >= 0.95
    assert len(found_ids(index, 0, COUNT, chosen)) == len(chosen)


def test_an_empty_selection_finds_nothing(index: VectorIndex) -> None:
    nothing = np.empty(0, np.int64)
    assert index.select(only(nothing)).count == 0
    assert found_ids(index, 0, 10, nothing) == []
    assert found_ids(index, 0, 10, np.array([1, 999_999])) == []


def test_hidden_images_are_not_found_until_they_are_shown(index: VectorIndex, held: ArrayContent) -> None:
    best = found_ids(index, 1, 10)
    index.hide(best[:4])
    index.hide(best[4:6])
    assert found_ids(index, 1, 10)[:4] == best[6:]
    assert found_ids(index, 1, 10, held.image_ids)[:4] == best[6:]
    index.show_hidden()
    assert found_ids(index, 1, 10) == best


def test_every_vector_is_its_own_nearest_neighbour(index: VectorIndex) -> None:
    positions, scores = index.neighbours(4)
    assert positions.shape == scores.shape == (COUNT, 4)
    assert np.mean(positions[:, 0] == np.arange(COUNT)) > 0.99
    np.testing.assert_allclose(scores[:, 0], 1.0, atol=2e-3)


def changed(held: ArrayContent) -> ArrayContent:
    """Without the first ten, with another vector for the eleventh, and twenty new ones."""
    new = clustered_vectors(20, seed=9)
    vectors = np.concatenate([held.vectors[10:], new])
    vectors[0] = unit_vectors(1, seed=11)[0]
    ids = np.concatenate([held.image_ids[10:], np.arange(20_000, 20_020)])
    return ArrayContent(ids, vectors)


def test_a_small_change_keeps_the_large_file_and_answers_as_if_built_anew(
    kind: str, held: ArrayContent, tmp_path: Path
) -> None:
    store.publish(tmp_path / "1", held)
    now = changed(held)
    notes = store.publish(tmp_path / "2", now, tmp_path / "1")
    assert [segment["kind"] for segment in notes["segments"]] == [kind, "flat"]
    assert index_file(tmp_path / "2", 0).samefile(index_file(tmp_path / "1", 0))
    index = opened(tmp_path / "2")
    assert index.count == notes["count"] == COUNT + 10
    assert index.image_ids.tolist() == now.image_ids.tolist()
    assert not {*range(1000, 1010)} & set(found_ids(index, 0, COUNT + 10))
    for image_id, vector in zip(now.image_ids[[0, 100, -1]], now.vectors[[0, 100, -1]], strict=True):
        assert index.search(vector, 1)[0].image_id == image_id
    selection = index.select(only(np.array([1000, 1010, 20_003])))
    assert selection.count == 2
    assert {match.image_id for match in index.search(now.vectors[5], 9, selection)} == {1010, 20_003}
    positions, _ = index.neighbours(2)
    assert np.mean(positions[:, 0] == np.arange(COUNT + 10)) > 0.99


def test_changes_add_up_until_all_is_built_anew(kind: str, held: ArrayContent, tmp_path: Path) -> None:
    store.publish(tmp_path / "1", held)
    now = changed(held)
    store.publish(tmp_path / "2", now, tmp_path / "1")
    store.discard(tmp_path / "1")
    back = ArrayContent(
        np.concatenate([held.image_ids[5:10], now.image_ids]), np.concatenate([held.vectors[5:10], now.vectors])
    )
    notes = store.publish(tmp_path / "3", back, tmp_path / "2")
    assert [segment["count"] for segment in notes["segments"]] == [COUNT, 26]
    index = opened(tmp_path / "3")
    assert index.image_ids.tolist() == back.image_ids.tolist()
    assert index.search(held.vectors[7], 1)[0].image_id == 1007
    half = ArrayContent(back.image_ids[::2], back.vectors[::2])
    assert [segment["count"] for segment in store.publish(tmp_path / "4", half, tmp_path / "3")["segments"]] == [
        len(half.image_ids)
    ]


def test_a_damaged_or_foreign_version_is_no_base(kind: str, held: ArrayContent, tmp_path: Path) -> None:
    store.publish(tmp_path / "1", held)
    other = ArrayContent(held.image_ids, held.vectors, encoder="fake/other/1")
    assert len(store.publish(tmp_path / "2", other, tmp_path / "1")["segments"]) == 1
    path = index_file(tmp_path / "1", 0)
    path.write_bytes(path.read_bytes()[:-1])
    store.publish(tmp_path / "3", changed(held), tmp_path / "1")
    assert index_file(tmp_path / "3", 0).stat().st_nlink == 1


def test_lists_are_tuned_to_the_recall_that_was_asked_for(held: ArrayContent, tmp_path: Path) -> None:
    notes = ivf.write(tmp_path, 0, DIMENSION, held.chunks(), COUNT)
    segment = ivf.IvfSegment(tmp_path, 0, DIMENSION, {})
    loose, strict = (tune(segment, target, held.sample_queries()) for target in (0.7, 0.995))
    assert notes["lists"] == segment.lists == 128
    assert 1 <= loose.probes[10] < strict.probes[10] <= segment.lists
    assert strict.probes[10] <= strict.probes[100] <= strict.probes[1000]
    queries = synthetic_queries(segment, 60)
    np.testing.assert_allclose(np.linalg.norm(queries, axis=1), 1.0, atol=1e-5)
    exact, scores = exact_hits(segment, queries, 10)
    for query, positions, best in zip(queries, exact, scores, strict=True):
        assert (positions + 1000).tolist() == best_ids(held, query, 10)
        assert best.tolist() == sorted(best, reverse=True)
    hits, _ = segment.probe(queries, 10, strict.probes[10])
    assert recall_of(hits, exact) >= 0.98
    assert tune(segment, 0.7, np.empty((0, DIMENSION), np.float32)).probes[10] <= loose.probes[10]


def test_small_datasets_are_searched_exactly_and_large_ones_by_lists() -> None:
    assert policy.choose(policy.ALWAYS_EXACT, 512) == "flat"
    assert policy.choose(500_000_000, 512) == "ivf"


def test_a_copy_on_another_device_serves_only_where_it_finds_the_same(held: ArrayContent) -> None:
    import faiss

    def flat_index(vectors: Float32Array) -> Any:
        index: Any = faiss.IndexFlatIP(DIMENSION)
        index.add(vectors)
        return index

    vectors = np.asarray(held.vectors, np.float32)
    index = flat_index(vectors)
    assert gpu.agree(flat_index(vectors), index, vectors[:16])
    assert not gpu.agree(flat_index(vectors[16:]), index, vectors[:16])
