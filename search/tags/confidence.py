"""Confidences: a score counts by what the same word, and words that no picture shows, score in this dataset."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np

from search.values import Float32Array

_BACKGROUND_LIST = Path(__file__).with_name("background_words.txt")
_MAD_TO_SIGMA = 1.4826  # of a normal distribution
_PRIOR_IMAGES = 50
"""The spread of the background counts as much as so many images: a tag's own is rough where there are few."""

_UNUSUAL = 3.0
"""Spreads above the usual centre of words: a word beyond is common in this dataset rather than high by nature."""

_RARE = 0.99
_RARE_OF_NORMAL = 2.33
"""Spreads above the centre that one in a hundred scores of a normal distribution reaches."""

_EVEN_ODDS = 4.8
_SLOPE = 1.2
"""At so many spreads above a tag's centre half of the images show it, and how fast that grows. Measured on 250 photos:
docs/tags.md."""


@dataclass(frozen=True, slots=True)
class Scales:
    """The scales of words, in order: what an image without a word scores, and how much that varies. Shapes (words,)."""

    centres: Float32Array
    spreads: Float32Array

    def confidences(self, scores: Float32Array) -> Float32Array:
        """Turns cosines, shape (images, words), into the likelihood that an image shows a word, 0 to 1."""
        above = (scores - self.centres) / self.spreads
        sure: Float32Array = (1.0 / (1.0 + np.exp(_SLOPE * (_EVEN_ODDS - above)))).astype(np.float32)
        return sure

    def thresholds(self, confidence: float) -> Float32Array:
        """Returns the cosine of each word at which an image has this confidence."""
        above = _EVEN_ODDS - np.log(1.0 / confidence - 1.0) / _SLOPE
        return self.centres + np.float32(above) * self.spreads

    def as_json(self) -> dict[str, Any]:
        return {"centres": self.centres.tolist(), "spreads": self.spreads.tolist()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(np.array(stored["centres"], np.float32), np.array(stored["spreads"], np.float32))


def calibrate(scores: Float32Array, background: Float32Array) -> Scales:
    """Measures scales from cosines of images with words and with background words, shapes (images, words), (images, b).

    Most images show none of a word, so the median and the median deviation are those of images without it. A word
    that most images show would hide itself so; its centre is bounded by the usual one.
    """
    own_centres, own_spreads = _centre_and_spread(scores)
    usual_centres, usual_spreads = _centre_and_spread(background)
    usual = float(np.median(usual_spreads))
    images = len(scores)
    spreads = np.sqrt((images * own_spreads**2 + _PRIOR_IMAGES * usual**2) / (images + _PRIOR_IMAGES))
    above = (background - usual_centres) / np.maximum(usual_spreads, 1e-4)
    spreads = spreads * _tail(above.astype(np.float32))
    highest = float(np.median(own_centres)) + _UNUSUAL * max(_spread(own_centres), _spread(usual_centres))
    return Scales(np.minimum(own_centres, highest).astype(np.float32), np.maximum(spreads, 1e-4).astype(np.float32))


@cache
def background_words() -> tuple[str, ...]:
    """Returns words that no picture shows, against which the words of a vocabulary are measured."""
    lines = _BACKGROUND_LIST.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def _centre_and_spread(scores: Float32Array) -> tuple[Float32Array, Float32Array]:
    centres = np.median(scores, axis=0)
    return centres, np.median(np.abs(scores - centres), axis=0) * np.float32(_MAD_TO_SIGMA)


def _spread(values: Float32Array) -> float:
    return float(np.median(np.abs(values - np.median(values)))) * _MAD_TO_SIGMA


def _tail(above: Float32Array) -> float:
    """Returns how far the rare high scores of unrelated words lie beyond those of a normal distribution; at least 1.

    Encoders that score sparsely give a word nothing on most images and much on a few that do not show it either.
    """
    return max(1.0, float(np.quantile(above, _RARE)) / _RARE_OF_NORMAL)
