"""How widely searches of a collection must look, measured against the exact nearest of images and texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from search.index.base import Chunk, Content
from search.index.milvus.kinds import Kind
from search.values import Float32Array, Int64Array

HITS = 10
_QUERIES = 64


_NO_IMAGE = -1


class Truth:
    """The exact nearest of some images, themselves left out, and of texts, found while all vectors stream past once."""

    def __init__(self, content: Content) -> None:
        places = np.unique(np.linspace(0, len(content.image_ids) - 1, _QUERIES).astype(np.int64))
        sample = list(content.chunks(content.image_ids[places]))
        texts = content.sample_queries()
        images = np.concatenate([chunk.image_ids for chunk in sample])
        self._query_ids = np.concatenate([images, np.full(len(texts), _NO_IMAGE)])
        self.queries: Float32Array = np.concatenate([*(chunk.vectors for chunk in sample), texts]).astype(np.float32)
        self._ids = np.full((len(self._query_ids), HITS), _NO_IMAGE, np.int64)
        self._scores = np.full((len(self._query_ids), HITS), -np.inf, np.float32)

    def compare(self, chunk: Chunk) -> None:
        """Takes the nearest so far and those of this chunk together."""
        scores = self.queries @ chunk.vectors.astype(np.float32).T
        scores[self._query_ids[:, None] == chunk.image_ids[None, :]] = -np.inf
        scores = np.concatenate([self._scores, scores], axis=1)
        ids = np.concatenate(
            [self._ids, np.broadcast_to(chunk.image_ids, (len(self._query_ids), len(chunk.image_ids)))], 1
        )
        best = np.argpartition(-scores, HITS - 1, axis=1)[:, :HITS]
        self._scores = np.take_along_axis(scores, best, axis=1)
        self._ids = np.take_along_axis(ids, best, axis=1)

    def recall(self, nearest: Callable[[Float32Array], Int64Array]) -> float:
        """The share of the true nearest that `nearest` finds, of images or of texts, whichever is lower.

        `nearest` is asked for one more than HITS, the image itself.
        """
        shares = []
        for image_id, truth, query in zip(self._query_ids, self._ids, self.queries, strict=True):
            ids = nearest(query)
            shares.append(len(np.intersect1d(truth, ids[ids != image_id][:HITS])) / HITS)
        is_text = self._query_ids == _NO_IMAGE
        return float(min(np.mean(np.array(shares)[group]) for group in (is_text, ~is_text) if group.any()))


def tune(
    kind: Kind, truth: Truth, target: float, nearest: Callable[[Kind, Float32Array], Int64Array]
) -> tuple[Kind, float]:
    """Doubles the width of a kind until it reaches the target recall or its widest; returns it and its recall."""
    while True:
        recall = truth.recall(partial(nearest, kind))
        if recall >= target or kind.width >= kind.widest_width:
            return kind, round(recall, 4)
        kind = replace(kind, width=2 * kind.width)
