"""What every kind of index must do, asked through the protocol only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from search.errors import IndexDamaged
from search.index.base import Change, Criteria, ScalarFields, VectorIndex
from search.values import Filters, Float32Array, Int64Array, Orientation
from tests.index.arrays import DIMENSION, ArrayContent, best_ids, unit_vectors
from tests.index.backends import COUNT, FIRST, START, Pictures, Shelf, milliseconds, queries_near, scalar_fields_of


def ids_of(index: VectorIndex, query: Float32Array, k: int, ids: Int64Array | None = None) -> list[int]:
    selection = None if ids is None else index.select(only(ids))
    return [match.image_id for match in index.search(query, k, selection)]


def only(ids: Int64Array) -> Criteria:
    """What only the database can tell."""
    return Criteria(Filters(tags=("chosen",)), lambda: ids)


def recall(index: VectorIndex, held: ArrayContent, k: int, ids: Int64Array | None = None) -> float:
    """The share of the true k nearest that are found, none twice and none but the selected ones, best first."""
    if ids is not None:
        held = ArrayContent(ids, held.vectors[np.isin(held.image_ids, ids)])
    selection = None if ids is None else index.select(only(ids))
    hits = 0
    queries = queries_near(held, 20)
    for query in queries:
        matches = index.search(query, k, selection)
        scores = [match.score for match in matches]
        assert len(matches) == min(k, len(held.image_ids))
        assert scores == sorted(scores, reverse=True)
        hits += len({match.image_id for match in matches} & set(best_ids(held, query, k)))
    return hits / (len(queries) * min(k, len(held.image_ids)))


def test_it_finds_the_nearest(index: VectorIndex, held: Pictures) -> None:
    assert index.count == COUNT
    assert index.dimension == DIMENSION
    assert index.image_ids.tolist() == held.image_ids.tolist()
    assert recall(index, held, 10) >= 0.95
    best = index.search(held.vectors[5], 1)[0]
    assert best.image_id == FIRST + 5
    assert best.score == pytest.approx(1.0, abs=5e-3)


def test_it_gives_as_many_as_there_are(index: VectorIndex, held: Pictures) -> None:
    assert len(set(ids_of(index, held.vectors[0], 16_384))) == COUNT
    assert index.search(held.vectors[0], 0) == []


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.01, 0.001, 0.0001])
def test_selections_are_searched_and_counted_exactly(index: VectorIndex, held: Pictures, share: float) -> None:
    chosen = np.random.default_rng(1).permutation(held.image_ids)[: max(1, int(share * COUNT))]
    ids = np.sort(chosen)
    assert index.select(only(ids)).count == len(ids)
    assert recall(index, held, 10, ids) >= 0.9


def test_an_empty_selection_finds_nothing(index: VectorIndex, held: Pictures) -> None:
    elsewhere = np.array([1, 2, 10**9])
    assert index.select(only(elsewhere)).count == 0
    assert ids_of(index, held.vectors[0], 10, elsewhere) == []
    assert ids_of(index, held.vectors[0], 10, np.empty(0, np.int64)) == []


CONDITIONS = {
    "taken from": Filters(taken_from=START + timedelta(hours=500)),
    "taken until": Filters(taken_until=START + timedelta(hours=41)),
    "taken between": Filters(taken_from=START + timedelta(hours=100), taken_until=START + timedelta(hours=117)),
    "before 1970": Filters(taken_until=datetime(1960, 1, 1, tzinfo=UTC)),
    "added between": Filters(added_from=START + timedelta(days=7), added_until=START + timedelta(days=2000)),
    "landscape": Filters(orientation=Orientation.LANDSCAPE),
    "portrait": Filters(orientation=Orientation.PORTRAIT),
    "square": Filters(orientation=Orientation.SQUARE),
    "large": Filters(shorter_side_from=3000),
    "a name": Filters(name_contains="BEACH"),
    "beyond ASCII": Filters(name_contains="Été"),
    "a wildcard of databases": Filters(name_contains="100% "),
    "another": Filters(name_contains="e_1"),
    "quotes": Filters(name_contains='"21"'),
    "an apostrophe and a backslash": Filters(name_contains="o'neill\\b"),
    "braces": Filters(name_contains="{x}"),
    "what breaks out": Filters(name_contains='" or image_id > 0 or name like "'),
    "several": Filters(
        taken_from=START, orientation=Orientation.LANDSCAPE, name_contains="plain/", shorter_side_from=700
    ),
    "a tag": Filters(tags=("chosen",), orientation=Orientation.SQUARE),
    "a collection": Filters(collection=3),
    "nothing": Filters(),
}


def holds(conditions: Filters, facts: ScalarFields) -> bool:
    """Whether an image meets them; every other image has each tag and is in each collection."""
    taken, added = facts.taken_at_ms, facts.added_at_ms
    shape = (facts.width > facts.height) - (facts.width < facts.height)
    shapes = {Orientation.LANDSCAPE: 1, Orientation.PORTRAIT: -1, Orientation.SQUARE: 0, None: shape}
    return (
        (conditions.taken_from is None or (taken is not None and taken >= milliseconds(conditions.taken_from)))
        and (conditions.taken_until is None or (taken is not None and taken < milliseconds(conditions.taken_until)))
        and (conditions.added_from is None or added >= milliseconds(conditions.added_from))
        and (conditions.added_until is None or added < milliseconds(conditions.added_until))
        and shapes[conditions.orientation] == shape
        and min(facts.width, facts.height) >= (conditions.shorter_side_from or 0)
        and conditions.name_contains.lower() in facts.name.lower()
        and ((not conditions.tags and conditions.collection is None) or facts.image_id % 2 == 0)
    )


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions_choose_what_meets_them(index: VectorIndex, held: Pictures, name: str) -> None:
    conditions = CONDITIONS[name]
    ids = np.array([pk for pk in held.image_ids.tolist() if holds(conditions, scalar_fields_of(pk))], np.int64)
    selection = index.select(Criteria(conditions, lambda: ids))
    assert selection.count == len(ids)
    assert {match.image_id for match in index.search(held.vectors[3], COUNT, selection)} == set(ids.tolist())


def test_hidden_images_are_not_found_until_shown(index: VectorIndex, held: Pictures) -> None:
    query = held.vectors[9]
    first = ids_of(index, query, 5)
    index.hide(first[:2])
    index.hide([first[2], 10**9])
    assert not {*first[:3]} & set(ids_of(index, query, 16_384))
    assert ids_of(index, query, 2)[0] == first[3]
    assert ids_of(index, query, 4, np.sort(first)) == first[3:]
    index.show_hidden()
    assert ids_of(index, query, 5) == first


def changed(held: Pictures) -> tuple[Pictures, Change]:
    """Without the first ten, with another vector for the eleventh, and with twenty new ones."""
    vectors = np.concatenate([held.vectors[10:], unit_vectors(20, seed=9)])
    vectors[0] = unit_vectors(1, seed=11)[0]
    new = np.arange(FIRST + COUNT, FIRST + COUNT + 20)
    now = Pictures(np.concatenate([held.image_ids[10:], new]), vectors)
    return now, Change(np.concatenate([held.image_ids[10:11], new]), held.image_ids[:11])


def test_a_version_made_from_another_answers_as_if_built_anew(shelf: Shelf, first: VectorIndex, held: Pictures) -> None:
    now, change = changed(held)
    extended = shelf.extend("2", now, change, "1")
    assert extended is not None
    assert extended.count == COUNT + 10
    assert extended.image_ids.tolist() == now.image_ids.tolist()
    assert recall(extended, now, 10) >= 0.95
    assert not set(range(FIRST, FIRST + 10)) & set(ids_of(extended, held.vectors[0], 16_384))
    for place in (0, 100, -1):
        assert ids_of(extended, now.vectors[place], 1) == [int(now.image_ids[place])]
    assert ids_of(extended, now.vectors[-1], 30, now.image_ids[-1:]) == [int(now.image_ids[-1])]


def test_the_version_before_answers_as_before(shelf: Shelf, first: VectorIndex, held: Pictures) -> None:
    queries = queries_near(held, 5)
    before = [ids_of(first, query, 10) for query in queries]
    assert shelf.extend("2", *changed(held), "1") is not None
    for open_index in (first, shelf.open("1")):
        assert [ids_of(open_index, query, 10) for query in queries] == before
        assert open_index.count == COUNT
        assert len(set(ids_of(open_index, queries[0], 16_384))) == COUNT
        assert ids_of(open_index, held.vectors[10], 1) == [FIRST + 10]


def test_versions_can_be_made_one_from_the_other(shelf: Shelf, first: VectorIndex, held: Pictures) -> None:
    now, change = changed(held)
    assert shelf.extend("2", now, change, "1") is not None
    back = Change(held.image_ids[:11], np.concatenate([held.image_ids[10:11], now.image_ids[-20:]]))
    third = shelf.extend("3", held, back, "2")
    assert third is not None
    assert third.image_ids.tolist() == held.image_ids.tolist()
    assert recall(third, held, 10) >= 0.95
    shelf.backend.discard(shelf.root / "1", shelf.notes["1"])
    assert recall(third, held, 10) >= 0.95
    assert recall(shelf.open("2"), now, 10) >= 0.95


def test_discarded_versions_leave_the_others_alone(shelf: Shelf, first: VectorIndex, held: Pictures) -> None:
    now, change = changed(held)
    extended = shelf.extend("2", now, change, "1")
    assert extended is not None
    shelf.backend.discard(shelf.root / "1", shelf.notes["1"])
    assert recall(extended, now, 10) >= 0.95
    assert extended.count == shelf.open("2").count
    (shelf.root / "2").rename(shelf.root / ".2")
    shelf.backend.discard(shelf.root / ".2", shelf.notes["2"])
    shelf.backend.discard(shelf.root / ".2", shelf.notes["2"])


@pytest.mark.parametrize("broken", [np.nan, np.inf, 0.0, 3.0])
def test_it_refuses_vectors_that_could_never_be_found(shelf: Shelf, held: Pictures, broken: float) -> None:
    vectors = held.vectors.copy()
    vectors[7] = broken
    with pytest.raises(IndexDamaged, match=f"image {FIRST + 7} is damaged"):
        shelf.build("1", Pictures(held.image_ids, vectors))


def test_it_refuses_vectors_of_another_dimension(shelf: Shelf, held: Pictures) -> None:
    with pytest.raises(IndexDamaged, match=f"dimension {2 * DIMENSION}"):
        shelf.build("1", replace(held, dimension=2 * DIMENSION))


def test_eight_threads_get_the_same_answers(index: VectorIndex, held: Pictures) -> None:
    queries = queries_near(held, 40)
    selected = held.image_ids[::3]
    alone = [ids_of(index, query, 10, selected) for query in queries]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda query: ids_of(index, query, 10, selected), [*queries, *queries]))
    assert together == alone + alone
