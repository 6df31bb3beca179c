"""Names for clusters of a map: words that distinguish each cluster from the others, not those that fit all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from search.tags.confidence import Scales
from search.values import Float32Array

_NEAREST = 3
"""The neighbouring clusters whose words a cluster must not share."""

_NEIGHBOUR_SHARE = 0.5
"""The part of what a word scores on the neighbours that is taken off its score."""

_LEAST_FIT = 1.5
"""Spreads above what an image without the word scores, at least, for the mean of a cluster."""

_SECOND = 0.75
"""A second word joins the first if it distinguishes the cluster at least this share as well."""

_MOST_ALIKE = 0.5
"""The share of words that may have the vector of another word; beyond, the encoder knows no words."""


def knows_words(vectors: Float32Array) -> bool:
    """Tells whether an encoder understands words: they have different `vectors`, shape (words, dimension)."""
    return len(np.unique(np.round(vectors, 3), axis=0)) > _MOST_ALIKE * len(vectors)


def distinct_names(
    means: Float32Array, places: Float32Array, words: Sequence[str], vectors: Float32Array, scales: Scales
) -> list[str]:
    """Returns a name for each cluster of a level, empty where no word fits; no two clusters have a word in common.

    `means`, shape (clusters, dimension), are the mean vectors; `places`, shape (clusters, 2), where they lie;
    `vectors`, shape (words, dimension), those of the words.
    """
    fits = (means @ vectors.T - scales.centres) / scales.spreads
    scores = fits - _background(fits, places)
    scores[fits < _LEAST_FIT] = -np.inf
    first = _assign_words(scores)
    names = []
    taken = set(first)
    for cluster, word in enumerate(first):
        if word is None:
            names.append("")
            continue
        chosen = [words[word]]
        for other in np.argsort(-scores[cluster]).tolist()[:_NEAREST]:
            is_as_good = scores[cluster, other] >= _SECOND * scores[cluster, word]
            if other not in taken and is_as_good and not _overlap(words[other], words[word]):
                chosen.append(words[other])
                taken.add(other)
                break
        names.append(", ".join(chosen))
    return names


def _background(fits: Float32Array, places: Float32Array) -> Float32Array:
    """Returns what each word scores anyway: on the median cluster, and on the neighbours of each; shape of `fits`."""
    count = len(fits)
    if count < 2:
        return np.zeros_like(fits)
    usual = np.median(fits, axis=0)
    apart = np.linalg.norm(places[:, None] - places[None, :], axis=2)
    nearest = np.argsort(apart, axis=1, kind="stable")[:, 1 : 1 + _NEAREST]
    around: Float32Array = np.maximum(usual, 0.0) + _NEIGHBOUR_SHARE * np.maximum(fits[nearest] - usual, 0.0).mean(
        axis=1
    )
    return around


def _assign_words(scores: Float32Array) -> list[int | None]:
    """Returns one word for each cluster, the best pairs first; None where all that fit are taken."""
    words: list[int | None] = [None] * len(scores)
    taken: set[int] = set()
    rows, columns = np.unravel_index(np.argsort(-scores, axis=None, kind="stable"), scores.shape)
    for cluster, word in zip(rows.tolist(), columns.tolist(), strict=True):
        if scores[cluster, word] <= 0:
            break
        if words[cluster] is None and word not in taken:
            words[cluster] = word
            taken.add(word)
    return words


def _overlap(one: str, other: str) -> bool:
    """Tells whether one word contains the other, as "dogs" does "dog" and "palm tree" does "tree"."""
    return one.casefold() in other.casefold() or other.casefold() in one.casefold()
