"""Sorted hits: the best matches in the order that is asked for, page after page, none twice and none left out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from search.errors import InvalidQuery
from search.models import Dataset, Image
from search.query.question import Question, like_question, text_question
from search.retrieval import sorting
from search.retrieval.search import search
from search.values import Filters, Order, Orientation
from tests.conftest import FAKE_ENCODER, MakeDataset
from tests.library import fill

RED = text_question("red")
NEVER = datetime.max.replace(tzinfo=UTC)
EXPECTED: dict[Order, tuple[Callable[[Image], Any], bool]] = {
    Order.OLDEST: (lambda image: (image.taken_at or NEVER, image.pk), False),
    Order.ADDED_LAST: (lambda image: (image.added_at, image.pk), True),
    Order.ADDED_FIRST: (lambda image: (image.added_at, image.pk), False),
    Order.NAME: (lambda image: (image.name.lower(), image.pk), False),
    Order.NAME_REVERSED: (lambda image: (image.name.lower(), image.pk), True),
}


@pytest.fixture
def dataset(make_dataset: MakeDataset) -> Dataset:
    made = make_dataset(Path("/nowhere"))
    fill(made, 90, 1)
    return made


def pages(question: Question, datasets: list[Dataset], order: Order, k: int = 25) -> list[Image]:
    """All hits, page by page; their places count up."""
    found: list[Image] = []
    cursor = ""
    while not found or cursor:
        results = search(question, datasets, k=k, cursor=cursor, order=order)
        assert [hit.rank for hit in results.hits] == list(range(len(found) + 1, len(found) + 1 + len(results.hits)))
        found += [hit.image for hit in results.hits]
        cursor = results.groups[0].cursor
    return found


@pytest.mark.parametrize("order", EXPECTED)
def test_every_page_continues_the_order(dataset: Dataset, order: Order) -> None:
    key, is_reversed = EXPECTED[order]
    expected = sorted(dataset.images.all(), key=key, reverse=is_reversed)
    assert [image.pk for image in pages(RED, [dataset], order)] == [image.pk for image in expected]


def test_the_newest_come_first_and_the_unknown_dates_last(dataset: Dataset) -> None:
    dates = [image.taken_at for image in pages(RED, [dataset], Order.NEWEST)]
    known = [date for date in dates if date]
    assert known == sorted(known, reverse=True)
    assert len(known) == 72
    assert dates[72:] == [None] * 18


def test_a_name_is_sorted_whatever_its_case(dataset: Dataset) -> None:
    folders = [image.name.partition("/")[0] for image in pages(RED, [dataset], Order.NAME)]
    assert list(dict.fromkeys(folders)) == ["50%_off", "summer", "Winter"]


def test_only_the_best_are_sorted_and_the_answer_says_so(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "SORTED", 30)
    best = {hit.image.pk for hit in search(RED, [dataset], k=30).hits}
    assert {image.pk for image in pages(RED, [dataset], Order.NAME)} == best
    results = search(RED, [dataset], k=5, order=Order.NAME)
    assert (results.total, results.notice) == (90, "Only the 30 best of 90 matches are sorted and shown.")
    assert search(RED, [dataset], k=5).notice == ""


def test_conditions_and_totals_are_the_same_as_by_relevance(dataset: Dataset) -> None:
    wide = text_question("red", Filters(orientation=Orientation.LANDSCAPE))
    plain = search(wide, [dataset], k=90)
    found = pages(wide, [dataset], Order.OLDEST)
    assert {image.pk for image in found} == {hit.image.pk for hit in plain.hits}
    assert search(wide, [dataset], k=1, order=Order.OLDEST).total == plain.total == len(found)


def test_an_image_deleted_while_someone_scrolls_shifts_nothing(dataset: Dataset) -> None:
    whole = [image.pk for image in pages(RED, [dataset], Order.NAME)]
    first = search(RED, [dataset], k=20, order=Order.NAME)
    Image.objects.filter(pk__in=[whole[3], whole[25]]).delete()
    second = search(RED, [dataset], k=20, cursor=first.groups[0].cursor, order=Order.NAME)
    assert [hit.image.pk for hit in second.hits] == [*whole[20:25], *whole[26:41]]


def test_several_datasets_are_sorted_together(dataset: Dataset, make_dataset: MakeDataset) -> None:
    other = make_dataset(Path("/nowhere"), name="Other")
    fill(other, 40, 2, FAKE_ENCODER)
    names = [image.name.casefold() for image in pages(RED, [dataset, other], Order.NAME)]
    assert len(names) == 130
    assert names == sorted(names)


def test_images_like_one_can_be_sorted(dataset: Dataset) -> None:
    image = dataset.images.order_by("pk")[0]
    found = pages(like_question(image), [dataset], Order.ADDED_FIRST)
    assert image.pk not in {one.pk for one in found}
    assert found == sorted(found, key=lambda one: (one.added_at, one.pk))


def test_only_what_stands_above_the_relevance_threshold_is_sorted(dataset: Dataset) -> None:
    question = like_question(dataset.images.order_by("pk")[0])
    (group,) = search(question, [dataset], k=100).groups
    assert group.relevant
    assert group.below_threshold
    found = pages(question, [dataset], Order.NAME)
    assert {one.pk for one in found} == {hit.image.pk for hit in group.relevant}
    results = search(question, [dataset], k=100, order=Order.NAME)
    assert results.groups[0].among == len(found)
    assert "images that match well are sorted" in results.notice


def test_a_cursor_belongs_to_its_order(dataset: Dataset) -> None:
    cursor = search(RED, [dataset], k=20, order=Order.NAME).groups[0].cursor
    for order in (Order.RELEVANCE, Order.NEWEST):
        with pytest.raises(InvalidQuery, match="another query"):
            search(RED, [dataset], k=20, cursor=cursor, order=order)
