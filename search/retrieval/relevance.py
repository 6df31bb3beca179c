"""The relevance threshold: for each query the score from which on hits are relevant.

It has two parts. The floor is what unrelated queries reach in this index version: of everyday texts, and of its own
images, so many scores lie below it. It is measured when a version is built and kept in its notes, as a distance from
a query's median score, so that it holds for queries of any level. The shape is that of this query's own best scores:
the threshold lies in the widest gap between three and six tenths of the way from the median to the best.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.encoders import registry
from search.encoders.starter.imagenet_classes import everyday_things
from search.errors import UserError
from search.index.live import LiveIndex
from search.models import Embedding, EncoderRecord, IndexVersion
from search.values import Float32Array, Int64Array

MEASURED = 100
"""Number of best scores that give a query its shape."""

NOTE = "relevance"
_SAMPLE = 1000
_REMEMBERED = 256
"""Of the sample, by which a query's median is told: few enough to keep those of many versions in memory."""
_FEWEST = 30
"""Images: with fewer, there is no telling what is usual among them, and the shape alone decides."""

_TEXTS = 128
_BELOW_TEXT_FLOOR = 0.99
_BELOW_IMAGE_FLOOR = 0.95
"""Shares of the scores of unrelated queries. Images of one dataset are more alike than a text and an image."""

_LOW, _HIGH = 0.3, 0.6
_MOST_CACHED = 64


@dataclass(frozen=True, slots=True)
class Calibration:
    """The usual scores in a version: a sample of its vectors, shape (n, dimension), and floors above the median."""

    sample: Float32Array
    text_floor: float
    image_floor: float

    def median(self, query: Float32Array) -> float:
        """The median score of all images, estimated by those of the sample."""
        return float(np.median(self.sample @ query))


def threshold(
    query: Float32Array, best: Sequence[float], calibrations: Sequence[Calibration], *, is_image: bool
) -> float:
    """The score from which on a hit is relevant, for a query whose best scores are these, in descending order.

    `is_image`: whether an image is part of the query, whose scores are higher than those of texts.
    """
    if not best or not calibrations:
        return -1.0
    usual = max(calibration.median(query) for calibration in calibrations)
    floor = max(one.image_floor if is_image else one.text_floor for one in calibrations)
    return max(usual + floor, _widest_gap(np.array(best[:MEASURED]), usual))


def _widest_gap(best: Float32Array, usual: float) -> float:
    reach = best[0] - usual
    low, high = usual + _LOW * reach, usual + _HIGH * reach
    steps = np.concatenate([[high], best[(best < high) & (best > low)], [low]])
    widest = int((steps[:-1] - steps[1:]).argmax())
    return float(steps[widest] + steps[widest + 1]) / 2


def calibrate(version: IndexVersion, image_ids: Int64Array) -> Calibration | None:
    """Measures a version that holds these images and keeps the floors in its notes; None where it holds no vector."""
    sample = _sampled(version.encoder, image_ids, _SAMPLE)
    if not len(sample):
        return None
    floors = [0.0, 0.0]
    if len(sample) >= _FEWEST:
        floors = [_text_floor(version.encoder.name, sample), _image_floor(sample)]
    version.notes = {**version.notes, NOTE: floors}
    return Calibration(sample[:: -(-len(sample) // _REMEMBERED)], *floors)


def _sampled(encoder: EncoderRecord, image_ids: Int64Array, most: int) -> Float32Array:
    chosen = image_ids[:: max(1, -(-len(image_ids) // most))]
    rows = Embedding.objects.filter(encoder=encoder, image_id__in=chosen.tolist()).order_by("image_id")
    halves = [np.frombuffer(bytes(vector), "<f2") for vector in rows.values_list("vector", flat=True)]
    return np.array(halves, np.float32).reshape(len(halves), encoder.dimension)


def _text_floor(encoder_name: str, sample: Float32Array) -> float:
    texts = [f"a photo of a {name}" for name in everyday_things(_TEXTS)]
    try:
        scores = registry.text_tower(encoder_name).encode(texts) @ sample.T
    except UserError:  # without texts no text will be asked either
        return 0.0
    return float(np.quantile(scores - np.median(scores, axis=1, keepdims=True), _BELOW_TEXT_FLOOR))


def _image_floor(sample: Float32Array) -> float:
    some = sample[: 4 * _TEXTS]
    scores = some @ sample.T
    others = scores[~(np.eye(*scores.shape) > 0)].reshape(len(some), -1)  # nobody is unrelated to itself
    return float(np.quantile(others - np.median(others, axis=1, keepdims=True), _BELOW_IMAGE_FLOOR))


class _Calibrations:
    """The calibrations of the versions that were searched last; the sample of one takes some milliseconds to read."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._cached: OrderedDict[int, Calibration | None] = OrderedDict()

    def of(self, live: LiveIndex) -> Calibration | None:
        """The calibration of an open version; None for an index whose images are gone."""
        key = live.version.pk
        with self._guard:
            if key in self._cached:
                self._cached.move_to_end(key)
                return self._cached[key]
        calibration = _calibration(live)
        with self._guard:
            self._cached[key] = calibration
            while len(self._cached) > _MOST_CACHED:
                self._cached.popitem(last=False)
        return calibration

    def reset(self) -> None:
        """Forgets all calibrations, for tests whose records have the same ids."""
        self._cached.clear()


def _calibration(live: LiveIndex) -> Calibration | None:
    floors = live.version.notes.get(NOTE)
    if floors is not None:
        sample = _sampled(live.version.encoder, live.index.image_ids, _REMEMBERED)
        return Calibration(sample, *floors) if len(sample) else None
    # Built before versions were calibrated.
    calibration = calibrate(live.version, live.index.image_ids)
    if calibration is not None:
        IndexVersion.objects.filter(pk=live.version.pk).update(notes=live.version.notes)
    return calibration


calibrations = _Calibrations()
