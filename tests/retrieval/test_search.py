"""What becomes of a query when images, versions or datasets are not as they were."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import F

from search.errors import InvalidQuery, NotSearchable
from search.index.live import live_indexes
from search.models import Dataset, Image
from search.query.question import like_question, text_question
from search.retrieval.results import Results
from search.retrieval.search import MAX_HITS, search, search_text
from search.values import Filters, Orientation
from search.versions.build import build_version
from search.versions.lifecycle import KEPT_VERSIONS
from tests.conftest import FAKE_ENCODER, MakeDataset
from tests.library import embed, fill

OTHER_ENCODER = "fake/colours/other"
RED = text_question("red")


@pytest.fixture
def make_filled(make_dataset: MakeDataset) -> Callable[..., Dataset]:
    def make(name: str, count: int, seed: int, encoder: str = FAKE_ENCODER) -> Dataset:
        dataset = make_dataset(Path("/nowhere"), name=name)
        fill(dataset, count, seed, encoder)
        return dataset

    return make


@pytest.fixture
def dataset(make_filled: Callable[..., Dataset]) -> Dataset:
    return make_filled("Pictures", 300, 1)


def ids(results: Results) -> list[int]:
    return [hit.image.pk for hit in results.hits]


def test_deleted_images_are_asked_past_and_not_counted(dataset: Dataset) -> None:
    before = ids(search(RED, [dataset], k=300))
    Image.objects.filter(pk__in=before[:40]).delete()
    results = search(RED, [dataset], k=10)
    assert ids(results) == before[40:50]
    assert results.total == 260
    landscape = text_question("red", Filters(orientation=Orientation.LANDSCAPE))
    wide = dataset.images.filter(width__gt=F("height")).count()
    assert search(landscape, [dataset], k=10).total == wide


def test_a_full_page_comes_although_almost_everything_is_gone(dataset: Dataset) -> None:
    before = ids(search(RED, [dataset], k=300))
    dataset.images.filter(pk__in=before[:285]).update(state=Image.State.MISSING)
    results = search(RED, [dataset], k=10)
    assert ids(results) == before[285:295]
    assert results.total == 15


def test_an_image_that_came_back_is_found_again(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.retrieval.tombstones.TRUSTED_SECONDS", 0.0)
    best, second = ids(search(RED, [dataset], k=2))
    dataset.images.filter(pk__in=[best, second]).update(state=Image.State.MISSING)
    assert best not in ids(search(RED, [dataset], k=2))
    dataset.images.filter(pk=best).update(state=Image.State.READY)
    results = search(RED, [dataset], k=2)
    assert ids(results)[0] == best
    assert second not in ids(results)
    assert results.total == 299


def test_an_image_deleted_while_someone_scrolls_neither_repeats_nor_skips_others(dataset: Dataset) -> None:
    whole = ids(search(RED, [dataset], k=300))
    first = search(RED, [dataset], k=20)
    Image.objects.filter(pk__in=[whole[3], whole[19], whole[25]]).delete()
    second = search(RED, [dataset], k=20, cursor=first.groups[0].cursor)
    assert ids(second) == [*whole[20:25], *whole[26:41]]


def test_a_cursor_stays_with_the_version_that_it_names(dataset: Dataset) -> None:
    whole = ids(search(RED, [dataset], k=300))
    first = search(RED, [dataset], k=20)
    fill(dataset, 100, seed=9)
    assert search(RED, [dataset], k=1).version.number == 2
    second = search(RED, [dataset], k=20, cursor=first.groups[0].cursor)
    assert ids(second) == whole[20:40]
    assert (second.version.number, second.notice) == (1, "")


def test_a_cursor_of_a_pruned_version_goes_on_with_the_live_one_and_says_so(dataset: Dataset) -> None:
    whole = ids(search(RED, [dataset], k=300))
    first = search(RED, [dataset], k=20)
    for _ in range(KEPT_VERSIONS):
        build_version(dataset, FAKE_ENCODER)
    second = search(RED, [dataset], k=20, cursor=first.groups[0].cursor)
    assert ids(second) == whole[20:40]
    assert second.version.number == 1 + KEPT_VERSIONS
    assert "is no longer kept" in second.notice
    third = search(RED, [dataset], k=20, cursor=second.groups[0].cursor)
    assert (ids(third), third.notice) == (whole[40:60], "")


def test_a_cursor_of_a_pruned_version_under_another_encoder_goes_on_by_place(dataset: Dataset) -> None:
    first = search(RED, [dataset], k=20)
    embed(list(dataset.images.values_list("pk", flat=True)), 4, OTHER_ENCODER)
    for _ in range(KEPT_VERSIONS):
        build_version(dataset, OTHER_ENCODER)
    whole = ids(search(RED, [dataset], k=300))
    second = search(RED, [dataset], k=20, cursor=first.groups[0].cursor)
    assert ids(second) == whole[20:40]
    assert second.notice


def test_damaged_and_foreign_cursors_are_refused(dataset: Dataset, make_filled: Callable[..., Dataset]) -> None:
    cursor = search(RED, [dataset], k=20).groups[0].cursor
    for broken in ("x", "0", cursor[:-1], f"{cursor}=", "a" * 30_000, "é:ü:ö"):
        with pytest.raises(InvalidQuery, match="cursor is damaged"):
            search(RED, [dataset], k=20, cursor=broken)
    with pytest.raises(InvalidQuery, match="another query"):
        search(text_question("blue"), [dataset], k=20, cursor=cursor)
    with pytest.raises(InvalidQuery, match="another query"):
        search(text_question("red", Filters(tags=("a",))), [dataset], k=20, cursor=cursor)
    with pytest.raises(InvalidQuery, match="another dataset"):
        search(RED, [make_filled("Other", 5, 5)], k=20, cursor=cursor)


def test_the_last_page_has_no_cursor(dataset: Dataset) -> None:
    assert search(RED, [dataset], k=300).groups[0].cursor == ""
    first = search(RED, [dataset], k=299)
    last = search(RED, [dataset], k=299, cursor=first.groups[0].cursor)
    assert len(last.hits) == 1
    assert last.groups[0].cursor == ""


@pytest.mark.parametrize("k", [0, -1, MAX_HITS + 1, 1_000_000])
def test_it_refuses_an_impossible_number_of_hits(dataset: Dataset, k: int) -> None:
    with pytest.raises(InvalidQuery, match=f"from 1 to {MAX_HITS}"):
        search_text(dataset, "red", k=k)


def test_datasets_of_one_encoder_are_merged_by_score(make_filled: Callable[..., Dataset]) -> None:
    datasets = [make_filled("A", 120, 1), make_filled("B", 80, 2), make_filled("C", 5, 3)]
    alone = [hit for dataset in datasets for hit in search(RED, [dataset], k=300).hits]
    expected = [hit.image.pk for hit in sorted(alone, key=lambda hit: (-hit.score, hit.image.pk))]
    found: list[int] = []
    cursor = ""
    while not found or cursor:
        results = search(RED, datasets, k=60, cursor=cursor)
        (group,) = results.groups
        assert [(one.dataset.name, one.version.number, one.total) for one in group.answered] == [
            ("A", 1, 120),
            ("B", 1, 80),
            ("C", 1, 5),
        ]
        found += ids(results)
        cursor = group.cursor
    assert found == expected


def test_different_encoders_are_kept_apart_and_scroll_on_their_own(make_filled: Callable[..., Dataset]) -> None:
    datasets = [make_filled("A", 50, 1), make_filled("B", 40, 2, OTHER_ENCODER), make_filled("C", 30, 3)]
    results = search(RED, datasets, k=20)
    assert [[one.dataset.name for one in group.answered] for group in results.groups] == [["A", "C"], ["B"]]
    assert [group.total for group in results.groups] == [80, 40]
    following = search(RED, datasets, k=20, cursor=results.groups[1].cursor)
    (group,) = following.groups
    assert [one.dataset.name for one in group.answered] == ["B"]
    assert ids(following) == ids(search(RED, [datasets[1]], k=40))[20:]


def test_a_dataset_that_cannot_be_searched_is_left_out_and_named(
    make_filled: Callable[..., Dataset], make_dataset: MakeDataset
) -> None:
    filled, empty = make_filled("A", 20, 1), make_dataset(Path("/nowhere"), name="Empty")
    results = search(RED, [empty, filled], k=5)
    assert len(results.hits) == 5
    assert [(one.dataset.name, "has no index yet" in one.reason) for one in results.left_out] == [("Empty", True)]
    with pytest.raises(NotSearchable, match="has no index yet"):
        search(RED, [empty], k=5)
    other = make_dataset(Path("/nowhere"), name="Other")
    with pytest.raises(NotSearchable, match="None of the 2 datasets"):
        search(RED, [empty, other], k=5)
    with pytest.raises(NotSearchable, match="no dataset to search"):
        search(RED, [], k=5)


def test_images_like_one_are_found_in_other_datasets_of_its_encoder(make_filled: Callable[..., Dataset]) -> None:
    own, other = make_filled("A", 20, 1), make_filled("B", 20, 2)
    foreign = make_filled("C", 20, 3, OTHER_ENCODER)
    image = own.images.order_by("pk")[4]
    results = search(like_question(image), [own, other, foreign], k=100)
    assert image.pk not in ids(results)
    assert len(results.hits) == results.total == 39
    assert [one.dataset.name for one in results.left_out] == ["C"]


def test_one_open_index_serves_many_selections(dataset: Dataset) -> None:
    index = live_indexes.of(dataset).index
    for side in range(1, 200):
        assert search(text_question("red", Filters(shorter_side_from=side)), [dataset], k=1).total == 300
    assert live_indexes.of(dataset).index is index


def test_threads_that_search_while_images_go_and_come_back_find_only_what_is_there(
    transactional_db: None, make_filled: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.retrieval.tombstones.TRUSTED_SECONDS", 0.0)
    dataset = make_filled("Busy", 200, 7)
    every = ids(search(RED, [dataset], k=200))
    ended = threading.Event()

    def find() -> list[int]:
        lengths: list[int] = []
        try:
            while not lengths or not ended.is_set():
                lengths.append(len(search(RED, [dataset], k=20).hits))
        finally:
            connection.close()
        return lengths

    with ThreadPoolExecutor(8) as pool:
        finding = [pool.submit(find) for _ in range(8)]
        for start in range(0, 60, 5):
            dataset.images.filter(pk__in=every[start : start + 5]).update(state=Image.State.MISSING)
            dataset.images.filter(pk__in=every[:start:2]).update(state=Image.State.READY)
        ended.set()
        lengths = [length for one in finding for length in one.result()]
    assert set(lengths) == {20}
    present = set(dataset.images.filter(state=Image.State.READY).values_list("pk", flat=True))
    expected = [pk for pk in every if pk in present]
    results = search(RED, [dataset], k=200)
    assert (ids(results), results.total) == (expected, len(expected))
