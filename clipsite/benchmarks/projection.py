"""Benchmark of a map: time, memory and trustworthiness, beside a plain UMAP of the same vectors."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from clipsite.benchmarks import plain_umap
from clipsite.benchmarks.isolation import run_isolated
from clipsite.benchmarks.memory import PeakMemory
from clipsite.benchmarks.vectors import FileContent, VectorFile
from search.index import store
from search.projection import drawing
from search.projection.layout import FITTED_AT_MOST, fitted_positions
from search.projection.parameters import MapParameters

PLAIN_UP_TO = 100_000
"""Vectors: a plain UMAP of more takes many minutes and gigabytes."""

Say = Callable[[str], None]


def measure(
    file: VectorFile, folder: Path, parameters: MapParameters, say: Say, *, plain: bool = True
) -> dict[str, Any]:
    """Draw ours and theirs, each in a fresh process; the ratio compares what both do: neighbours and layout."""
    say(f"Vectors: {file.count:,} x {file.dimension}, {file.origin}. Building their index.")
    run_isolated(_publish, file, folder / "index")
    say("Drawing our map.")
    ours = run_isolated(_draw, file, folder / "index", parameters)
    figures: dict[str, Any] = {
        "n": file.count,
        "dimension": file.dimension,
        "vectors": file.origin,
        "parameters": parameters.as_json(),
        "fitted": min(file.count, FITTED_AT_MOST),
        **ours,
    }
    if plain and file.count <= PLAIN_UP_TO:
        say("Drawing the map of a plain UMAP.")
        theirs = run_isolated(plain_umap.draw, file)
        figures |= {f"plain_{name}": value for name, value in theirs.items()}
        figures["ratio_to_plain_umap"] = theirs["seconds"] / ours["seconds"]
    return figures


def _publish(file: VectorFile, folder: Path) -> None:
    store.publish(folder, FileContent(file))


def _draw(file: VectorFile, index_folder: Path, parameters: MapParameters) -> dict[str, Any]:
    drawing.warm_up(parameters, places=True)
    with PeakMemory() as peak:
        started = time.perf_counter()
        index = store.open_verified(index_folder, FileContent.encoder, file.dimension)
        base = fitted_positions(file.count)
        among = None if len(base) == file.count else base
        neighbours, similarities = index.neighbours(min(parameters.neighbours, len(base)), among=among)
        neighbours_s = time.perf_counter() - started
        everything = np.arange(file.count)
        task = drawing.Task(
            file.count, file.dimension, parameters, base, everything, np.searchsorted(base, neighbours), similarities
        )
        result = drawing.draw(task, file.mapped())
    timings = {"neighbours": round(neighbours_s, 3)} | result.timings
    return {
        "seconds": timings["neighbours"] + timings["layout"] + timings.get("place", 0.0),
        "timings": timings,
        "peak_mb": round(peak.most_mb, 1),
        "trustworthiness": result.trustworthiness,
        "clusters": [len(level) for level in result.levels],
    }
