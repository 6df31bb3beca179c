"""Open indexes of a process: swapped under load, pinned, damaged, followed by the watcher."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from search.errors import IndexDamaged, NotSearchable
from search.index.live import PINNED, LiveIndexes, live_indexes
from search.models import Dataset, IndexVersion, ServingProcess
from search.versions.watcher import Watcher
from tests.conftest import MakeDataset
from tests.fake_encoder import FakeTextTower
from tests.versions.versioned import (
    COLOURS,
    OTHER_ENCODER,
    add_images,
    build,
    claim_another_dimension,
    flip_a_byte,
    fresh,
    lose_a_file,
    truncate,
)

DAMAGE = [flip_a_byte, truncate, claim_another_dimension, lose_a_file]
Harm = Callable[[IndexVersion], None]


@pytest.fixture
def dataset(transactional_db: None, make_dataset: MakeDataset, tmp_path: Path) -> Dataset:
    """Four images in version 1."""
    made = make_dataset(tmp_path)
    add_images(made, *COLOURS[:4])
    build(made)
    return fresh(made)


def test_queries_of_eight_threads_never_fail_or_mix_versions_while_versions_change(dataset: Dataset) -> None:
    """Version N holds N + 3 images, so the length of an answer tells which version gave it."""
    query = FakeTextTower().encode(["red"])[0]
    is_over = threading.Event()
    sizes: set[int] = set()

    def ask() -> int:
        searches = 0
        try:
            while not is_over.is_set():
                live = live_indexes.of(fresh(dataset))
                matches = live.index.search(query, 100)
                assert len(matches) == live.version.count == live.version.number + 3
                sizes.add(len(matches))
                searches += 1
        finally:
            connection.close()
        return searches

    with ThreadPoolExecutor(8) as threads:
        asking = [threads.submit(ask) for _ in range(8)]
        try:
            for colour in COLOURS[4:]:
                add_images(dataset, colour)
                build(dataset)
                live_indexes.of(fresh(dataset))
        finally:
            is_over.set()
        assert all(future.result() > 0 for future in asking)
    assert sizes <= set(range(4, len(COLOURS) + 1))
    assert live_indexes.of(fresh(dataset)).index.count == len(COLOURS)


def test_a_request_that_read_its_row_before_the_swap_does_not_bring_the_old_version_back(dataset: Dataset) -> None:
    before = fresh(dataset)
    build(dataset)
    assert live_indexes.of(fresh(dataset)).version.number == 2
    assert live_indexes.of(before).version.number == 2


def test_the_old_index_goes_when_its_last_reader_is_done(dataset: Dataset) -> None:
    reader = live_indexes.of(dataset)
    old = weakref.ref(reader.index)
    build(dataset)
    live_indexes.of(fresh(dataset))
    assert len(reader.index.search(FakeTextTower().encode(["red"])[0], 10)) == 4
    del reader
    gc.collect()
    assert old() is None


@pytest.mark.parametrize("harm", DAMAGE)
def test_a_fresh_process_serves_the_version_before_a_damaged_one(dataset: Dataset, harm: Harm) -> None:
    damaged = build(dataset)
    harm(damaged)
    assert live_indexes.of(fresh(dataset)).version.number == 1
    assert LiveIndexes().of(fresh(dataset)).version.number == 1
    assert fresh(dataset).live_version_id != damaged.pk
    damaged.refresh_from_db()
    assert damaged.state == IndexVersion.State.DAMAGED
    assert damaged.damage


@pytest.mark.parametrize("harm", DAMAGE)
def test_without_another_version_it_says_that_the_index_is_damaged(dataset: Dataset, harm: Harm) -> None:
    assert dataset.live_version is not None
    harm(dataset.live_version)
    for _ in range(2):
        with pytest.raises(IndexDamaged, match="An administrator can rebuild it"):
            LiveIndexes().of(fresh(dataset))


def test_it_falls_back_past_other_damaged_versions_and_other_encoders(dataset: Dataset) -> None:
    second = build(dataset)
    build(dataset, OTHER_ENCODER)
    IndexVersion.objects.filter(number=1).update(number=0)  # or it would be pruned
    fourth = build(dataset, stage_only=True)
    flip_a_byte(second)
    flip_a_byte(fourth)
    Dataset.objects.update(live_version=fourth)
    with pytest.raises(IndexDamaged):
        live_indexes.of(fresh(dataset))
    states = list(dataset.versions.order_by("number").values_list("number", "state"))
    assert states == [(2, "damaged"), (3, "ready"), (4, "damaged")]


def test_what_is_open_goes_on_when_nothing_else_can_be_opened(dataset: Dataset) -> None:
    live_indexes.of(dataset)
    other = build(dataset, OTHER_ENCODER)
    flip_a_byte(other)
    assert live_indexes.of(fresh(dataset)).version.number == 1
    assert fresh(dataset).live_version_id == other.pk


def test_a_pinned_version_answers_beside_the_live_one(dataset: Dataset) -> None:
    first = dataset.live_version
    assert first is not None
    add_images(dataset, "navy")
    build(dataset)
    live_indexes.of(fresh(dataset))
    pinned = live_indexes.pinned(dataset, first.pk)
    assert (pinned.version.number, pinned.index.count) == (1, 4)
    assert live_indexes.pinned(dataset, first.pk) is pinned


def test_a_pruned_version_cannot_be_pinned(dataset: Dataset) -> None:
    with pytest.raises(NotSearchable, match="no longer kept"):
        live_indexes.pinned(dataset, 10**6)


def test_a_version_of_another_dataset_cannot_be_pinned(dataset: Dataset, make_dataset: MakeDataset) -> None:
    other = make_dataset(Path(dataset.source_path), name="Other")
    add_images(other, "red")
    foreign = build(other)
    live_indexes.pinned(other, foreign.pk)
    with pytest.raises(NotSearchable):
        live_indexes.pinned(dataset, foreign.pk)


def test_few_pinned_versions_stay_open(dataset: Dataset, make_dataset: MakeDataset) -> None:
    opened = []
    for number in range(PINNED + 2):
        other = make_dataset(Path(dataset.source_path), name=f"Other {number}")
        add_images(other, "red")
        opened.append(weakref.ref(LiveIndexes.pinned(live_indexes, other, build(other).pk)))
    gc.collect()
    assert [live() is not None for live in opened] == [False] * 2 + [True] * PINNED


def test_a_damaged_pinned_version_is_no_longer_kept_and_what_is_live_stays(dataset: Dataset) -> None:
    held = build(dataset, stage_only=True)
    flip_a_byte(held)
    with pytest.raises(NotSearchable, match="damaged"):
        live_indexes.pinned(dataset, held.pk)
    assert live_indexes.of(fresh(dataset)).version.number == 1


def test_with_a_watcher_no_query_opens_a_version(dataset: Dataset) -> None:
    called = threading.Event()
    indexes = LiveIndexes()
    indexes.of(dataset)
    indexes.set_watcher(called.set)
    build(dataset)
    assert indexes.of(fresh(dataset)).version.number == 1
    assert called.is_set()


def test_the_watcher_swaps_and_tells_what_is_served(dataset: Dataset) -> None:
    watcher = Watcher("machine:1")
    watcher.look()
    second = build(dataset)
    assert live_indexes.serving() == {dataset.pk: dataset.live_version_id}
    watcher.look()
    assert live_indexes.serving() == {dataset.pk: second.pk}
    assert ServingProcess.objects.get(name="machine:1").versions == {str(dataset.pk): second.pk}


def test_the_watcher_lets_go_of_a_dataset_that_is_gone(dataset: Dataset) -> None:
    watcher = Watcher("machine:1")
    watcher.look()
    Dataset.objects.update(live_version=None)
    watcher.look()
    assert live_indexes.serving() == {}


def test_the_watcher_goes_on_after_a_damaged_version(dataset: Dataset) -> None:
    watcher = Watcher("machine:1")
    watcher.look()
    flip_a_byte(build(dataset))
    watcher.look()
    assert live_indexes.serving() == {dataset.pk: dataset.live_version_id}
    third = build(dataset)
    watcher.look()
    assert live_indexes.serving() == {dataset.pk: third.pk}


def test_the_watching_thread_swaps_when_it_is_called_and_withdraws_at_its_end(dataset: Dataset) -> None:
    watcher = Watcher("machine:1")
    watcher.start()
    try:
        wait_until(ServingProcess.objects.filter(name="machine:1").exists)
        second = build(dataset)
        live_indexes.of(fresh(dataset))
        wait_until(lambda: live_indexes.serving() == {dataset.pk: second.pk})
    finally:
        watcher.stop()
        watcher.join(20)
    assert not watcher.is_alive()
    assert not ServingProcess.objects.exists()


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(400):
        if condition():
            return
        pause.wait(0.05)
    pytest.fail("it did not happen within 20 seconds")
