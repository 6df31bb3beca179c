"""Searches with conditions give exactly what brute force over the embeddings gives, and count it right."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from django.contrib.auth.models import User

from search.filters.filters import matching_ids
from search.models import Collection, Dataset, Embedding, Image
from search.query.question import like_question, text_question
from search.retrieval.search import search
from search.values import Filters, Orientation
from tests.conftest import MakeDataset
from tests.library import FIRST_DAY, FOLDERS, SIDES, fill, put_into, tag

COUNT = 400
T = TypeVar("T")
COLOURS = ("red", "blue", "lime", "white", "navy")


@pytest.fixture
def dataset(make_dataset: MakeDataset, alice: User) -> Dataset:
    made = make_dataset(Path("/nowhere"))
    fill(made, COUNT, seed=3)
    ids = list(made.images.values_list("pk", flat=True))
    tag(made, "Half", ids[::2])
    tag(made, "rare", ids[5:8])
    put_into(Collection.objects.create(owner=alice, name="Mine"), ids[50:150])
    return made


def any_conditions(chance: random.Random, collection: int) -> Filters:
    """From one condition to all of them."""

    def maybe(value: T, otherwise: T) -> T:
        return value if chance.random() < 0.3 else otherwise

    start = FIRST_DAY + timedelta(days=chance.randrange(900))
    return Filters(
        taken_from=maybe(start, None),
        taken_until=maybe(start + timedelta(days=chance.randrange(600)), None),
        added_from=maybe(FIRST_DAY + timedelta(days=chance.randrange(700)), None),
        added_until=maybe(FIRST_DAY + timedelta(days=chance.randrange(300, 1000)), None),
        orientation=maybe(chance.choice(list(Orientation)), None),
        shorter_side_from=maybe(chance.choice(SIDES), None),
        name_contains=maybe(chance.choice([*FOLDERS, "WINTER", "%", "_", "0001", "nowhere"]), ""),
        tags=maybe(chance.choice([("half",), ("RARE",), ("half", "rare"), ("unheard",)]), ()),
        collection=maybe(collection, None),
    )


def meets(image: Image, conditions: Filters) -> bool:
    """The conditions once more, in Python."""
    tags = {tag.name.lower() for tag in image.tags.all()}
    shape = {True: Orientation.LANDSCAPE, False: Orientation.PORTRAIT}[image.width > image.height]
    if image.width == image.height:
        shape = Orientation.SQUARE
    return all(
        [
            conditions.taken_from is None or (image.taken_at is not None and image.taken_at >= conditions.taken_from),
            conditions.taken_until is None or (image.taken_at is not None and image.taken_at < conditions.taken_until),
            conditions.added_from is None or image.added_at >= conditions.added_from,
            conditions.added_until is None or image.added_at < conditions.added_until,
            conditions.orientation in {None, shape},
            min(image.width, image.height) >= (conditions.shorter_side_from or 0),
            conditions.name_contains.lower() in image.name.lower(),
            {name.lower() for name in conditions.tags} <= tags,
            conditions.collection is None or conditions.collection in {one.pk for one in image.collections.all()},
        ]
    )


@pytest.mark.parametrize("few", [0, 20, 5_000])
def test_filtered_results_equal_brute_force_over_the_embeddings(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("search.filters.filters._FEW", few)
    monkeypatch.setattr("search.filters.filters._IDS_A_QUERY", 7)
    chance = random.Random(11)
    collection = Collection.objects.get().pk
    images = list(dataset.images.order_by("pk").prefetch_related("tags", "collections"))
    halves = np.stack(
        [np.frombuffer(bytes(row.vector), "<f2") for row in Embedding.objects.order_by("image_id")]
    ).astype(np.float32)
    sizes = set()
    for _ in range(40):
        conditions, colour = any_conditions(chance, collection), chance.choice(COLOURS)
        question = text_question(colour, conditions)
        matching = [position for position, image in enumerate(images) if meets(image, conditions)]
        assert matching_ids(dataset, conditions).tolist() == [images[position].pk for position in matching]
        assert dataset.live_version is not None
        scores = halves[matching] @ question.vector(dataset.live_version.encoder)
        expected = [images[matching[place]].pk for place in np.argsort(-scores, kind="stable")]
        results = search(question, [dataset], k=1000)
        found = [hit.image.pk for hit in results.hits]
        assert results.total == len(expected)
        assert set(found) == set(expected)
        np.testing.assert_allclose([hit.score for hit in results.hits], np.sort(scores)[::-1], atol=2e-3)
        sizes.add(len(expected))
    assert min(sizes) == 0
    assert max(sizes) > COUNT / 2


def test_pages_of_a_filtered_search_are_full_until_the_last_and_repeat_nothing(dataset: Dataset) -> None:
    question = text_question("red", Filters(tags=("half",)))
    whole = [hit.image.pk for hit in search(question, [dataset], k=1000).hits]
    pages: list[list[int]] = []
    cursor = ""
    while not pages or cursor:
        results = search(question, [dataset], k=30, cursor=cursor)
        pages.append([hit.image.pk for hit in results.hits])
        first = 30 * len(pages) - 29
        assert [hit.rank for hit in results.hits] == list(range(first, first + len(pages[-1])))
        assert results.total == COUNT // 2
        cursor = results.groups[0].cursor
    assert [len(page) for page in pages] == [30] * 6 + [20]
    assert [pk for page in pages for pk in page] == whole


def test_images_like_one_can_be_filtered_and_leave_it_out(dataset: Dataset) -> None:
    image = dataset.images.order_by("pk")[0]  # tagged "half"
    half = search(like_question(image, Filters(tags=("half",))), [dataset], k=1000)
    assert half.total == len(half.hits) == COUNT // 2 - 1
    rare = search(like_question(image, Filters(tags=("rare",))), [dataset], k=1000)
    assert rare.total == len(rare.hits) == 3
    every = search(like_question(image), [dataset], k=1000)
    assert every.total == len(every.hits) == COUNT - 1


def test_a_changed_tag_counts_within_seconds(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    question = text_question("red", Filters(tags=("rare",)))
    monkeypatch.setattr("search.filters.cache.CACHE_SECONDS", 0.0)
    assert search(question, [dataset], k=10).total == 3
    dataset.tags.get(name="rare").images.clear()
    results = search(question, [dataset], k=10)
    assert (results.total, results.hits) == (0, [])
