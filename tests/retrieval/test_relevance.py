"""The relevance threshold: by the floor of unrelated queries, the shape of a query's own scores, or as asked."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from search.errors import InvalidQuery
from search.index.live import live_indexes
from search.models import Dataset, IndexVersion
from search.query.question import like_question, text_question
from search.retrieval.relevance import NOTE, Calibration, calibrations, threshold
from search.retrieval.request import SearchRequest
from search.retrieval.results import above_threshold
from search.retrieval.search import search
from search.values import Float32Array
from search.versions.build import build_version
from tests.conftest import FAKE_ENCODER, MakeDataset
from tests.library import fill

QUERY: Float32Array = np.array([1.0, 0.0], np.float32)


def _calibrated(*usual: float, text_floor: float = 0.1, image_floor: float = 0.3) -> Calibration:
    return Calibration(np.array([[score, 0.0] for score in usual], np.float32), text_floor, image_floor)


@pytest.mark.parametrize(
    ("best", "above"),
    [
        ([0.9, 0.85, 0.8, 0.4, 0.1, 0.1], 3),
        ([0.9, 0.2, 0.15, 0.1], 1),
        ([0.5, 0.49, 0.48, 0.47, 0.46, 0.12], 5),
        ([0.3, 0.29, 0.28, 0.27, 0.26, 0.25, 0.05, 0.04], 6),
    ],
)
def test_it_stands_in_the_gap_of_the_query_s_own_scores(best: list[float], above: int) -> None:
    computed = threshold(QUERY, best, [_calibrated(0.0, 0.01, -0.01)], is_image=False)
    assert sum(score >= computed for score in best) == above


def test_what_unrelated_texts_reach_is_not_relevant() -> None:
    best = [0.09, 0.02, 0.01]
    assert threshold(QUERY, best, [_calibrated(0.0)], is_image=False) > best[0]


def test_an_image_must_be_nearer_than_a_text() -> None:
    best = [0.25, 0.02, 0.01]
    assert (
        threshold(QUERY, best, [_calibrated(0.0)], is_image=False)
        < best[0]
        < threshold(QUERY, best, [_calibrated(0.0)], is_image=True)
    )


def test_queries_of_another_level_have_a_threshold_at_their_level() -> None:
    low = threshold(QUERY, [0.9, 0.2], [_calibrated(0.0)], is_image=False)
    high = threshold(QUERY, [1.4, 0.7], [_calibrated(0.5)], is_image=False)
    assert high == pytest.approx(low + 0.5, abs=1e-6)


@pytest.fixture
def dataset(make_dataset: MakeDataset) -> Dataset:
    made = make_dataset(Path("/nowhere"))
    fill(made, 300, 1)
    return Dataset.objects.select_related("live_version").get(pk=made.pk)


def test_a_version_is_calibrated_when_it_is_built(dataset: Dataset) -> None:
    assert dataset.live_version is not None
    text_floor, image_floor = dataset.live_version.notes[NOTE]
    assert 0.0 < text_floor < 1.0
    assert 0.0 < image_floor < 1.0
    live = live_indexes.of(dataset)
    calibrated = calibrations.of(live)
    assert calibrated is not None
    assert calibrated is calibrations.of(live)
    assert (calibrated.text_floor, calibrated.image_floor) == (text_floor, image_floor)
    assert 100 <= len(calibrated.sample) <= 256


def test_a_version_from_before_is_calibrated_when_it_is_asked(dataset: Dataset) -> None:
    version = IndexVersion.objects.get(live_in=dataset)
    expected = version.notes.pop(NOTE)
    version.save()
    live_indexes.reset()
    search(text_question("red"), [dataset], k=5)
    version.refresh_from_db()
    assert version.notes[NOTE] == pytest.approx(expected)


def test_the_threshold_is_the_same_on_every_page_and_for_every_k(dataset: Dataset) -> None:
    question = text_question("red")
    first = search(question, [dataset], k=10)
    second = search(question, [dataset], k=10, cursor=first.groups[0].cursor)
    other = search(question, [dataset], k=250)
    assert first.groups[0].threshold == second.groups[0].threshold == other.groups[0].threshold
    (group,) = other.groups
    assert [*group.relevant, *group.below_threshold] == group.hits


def test_a_score_that_is_asked_for_takes_its_place(dataset: Dataset) -> None:
    question = text_question("red")
    (group,) = search(question, [dataset], k=50, min_relevance=0.2).groups
    assert group.threshold == 0.2
    assert all(hit.score >= 0.2 for hit in group.relevant)
    assert all(hit.score < 0.2 for hit in group.below_threshold)
    (cut,) = above_threshold(search(question, [dataset], k=250, min_relevance=0.2)).groups
    assert 0 < len(cut.hits) < 250
    assert cut.cursor == ""
    (whole,) = above_threshold(search(question, [dataset], k=5, min_relevance=-1.0)).groups
    assert len(whole.hits) == 5
    assert whole.cursor


def test_similar_images_have_a_threshold(dataset: Dataset) -> None:
    image = dataset.images.all()[0]
    (group,) = search(like_question(image), [dataset], k=20).groups
    assert -1.0 < group.threshold < 1.0


def test_a_handful_of_images_has_a_threshold_by_shape_alone(make_dataset: MakeDataset) -> None:
    few = make_dataset(Path("/nowhere"), name="Few")
    fill(few, 3, 2)
    version = build_version(few, FAKE_ENCODER)
    assert version.notes[NOTE] == [0.0, 0.0]
    assert search(text_question("red"), [few], k=3).groups[0].relevant


def test_many_threads_may_ask_at_once(transactional_db: None, dataset: Dataset) -> None:
    live = live_indexes.of(dataset)
    found: list[Calibration | None] = []
    threads = [threading.Thread(target=lambda: found.append(calibrations.of(live))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(one is not None for one in found)


@pytest.mark.parametrize("value", ["much", "1.5", "-2", "nan", "inf", "0,3"])
def test_a_score_that_is_none_is_a_sentence(value: str) -> None:
    with pytest.raises(InvalidQuery, match="from -1 to 1"):
        SearchRequest.read({"min_relevance": [value]})


def test_a_score_is_read() -> None:
    assert SearchRequest.read({"min_relevance": ["0.25"]}).min_relevance == 0.25
    assert SearchRequest.read({"min_relevance": [""]}).min_relevance is None
    assert SearchRequest.read({}).min_relevance is None
