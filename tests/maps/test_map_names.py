"""Clusters get words that tell them apart, each word once; words that fit all of them tell nothing."""

from __future__ import annotations

import numpy as np

from search.maps.cluster_names import distinct_names, knows_words
from search.tags.confidence import Scales
from search.values import Float32Array

WORDS = ["animal", "dog", "cat", "boat", "ship", "nothing"]


def unit(*rows: list[float]) -> Float32Array:
    vectors = np.array(rows, np.float32)
    made: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return made


# animal, dogness, catness, boatness, other
VECTORS = unit(
    [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0.97, 0.2], [0, 0, 0, 0, 1]
)
MEANS = unit([1, 0.7, 0, 0, 0], [1, 0, 0.7, 0, 0], [1, 0, 0, 0.7, 0])
PLACES = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
SCALES = Scales(np.zeros(6, np.float32), np.full(6, 0.1, np.float32))


def test_the_word_that_fits_all_is_nobodys_name() -> None:
    names = distinct_names(MEANS, PLACES, WORDS, VECTORS, SCALES)
    assert names == ["dog", "cat", "boat, ship"]


def test_two_clusters_of_the_same_get_different_words_or_none() -> None:
    names = distinct_names(MEANS[[2, 2, 0]], PLACES, WORDS, VECTORS, SCALES)
    assert {names[0], names[1]} <= {"boat", "ship", ""}
    assert names[0] != names[1] or names[0] == ""
    assert names[2] == "dog"


def test_where_no_word_fits_there_is_no_name() -> None:
    far = Scales(np.full(6, 2.0, np.float32), np.full(6, 0.1, np.float32))
    assert distinct_names(MEANS, PLACES, WORDS, VECTORS, far) == ["", "", ""]


def test_one_cluster_alone_is_named_by_what_fits_it_best() -> None:
    assert distinct_names(MEANS[:1], PLACES[:1], WORDS, VECTORS, SCALES)[0].startswith("animal")


def test_words_that_all_have_one_vector_are_not_known() -> None:
    assert knows_words(VECTORS)
    assert not knows_words(np.repeat(VECTORS[:1], 6, axis=0))
