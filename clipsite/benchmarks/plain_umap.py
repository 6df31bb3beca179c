"""The map as anybody would draw it: `umap.UMAP(metric="cosine")` on the vectors, to compare with."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np

from clipsite.benchmarks.memory import PeakMemory
from clipsite.benchmarks.vectors import VectorFile
from search.projection.trust import trustworthiness

_WARM_UP = 4200
"""Points: with fewer umap compares each with each, and its search for neighbours would not be compiled."""


def draw(file: VectorFile) -> dict[str, Any]:
    """Draw it, and return seconds without loading and compiling, trustworthiness and peak memory."""
    import umap

    vectors = file.read().astype(np.float32)
    with warnings.catch_warnings(), PeakMemory() as peak:
        warnings.simplefilter("ignore")
        random = np.random.default_rng(0)
        few = random.standard_normal((_WARM_UP, file.dimension), np.float32)
        umap.UMAP(metric="cosine", n_epochs=11).fit(few)
        started = time.perf_counter()
        coordinates = umap.UMAP(metric="cosine").fit_transform(vectors)
        seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "peak_mb": peak.most_mb,
        "trustworthiness": trustworthiness(file.mapped(), np.asarray(coordinates, np.float32)),
    }
