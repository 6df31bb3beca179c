"""The work on a map in a process of its own: `python -m search.projection.drawing FOLDER`.

The folder holds what `Task` reads, and gets what `Drawing` writes. Each line on standard output is a step, a space, how
much of it is done, a space, and of how much.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from search.index.memmap import MappedVectors
from search.projection import clusters, layout
from search.projection.clusters import Cluster
from search.projection.compiled import keep_compiled
from search.projection.parameters import MapParameters
from search.projection.trust import trustworthiness
from search.values import Float32Array, Int64Array, UInt16Array

STEPS = ("prepare", "layout", "place", "trust", "clusters")
VECTORS = "vectors.npy"
_WARM_UP = 64

OnStep = Callable[[str, int, int], None]
"""Called with a step, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Task:
    """A map to draw: `count` vectors of `dimension` in a file, and what is known of them.

    `base`, ascending, are the positions that are laid out first, or whose `coordinates`, shape (base, 2), and `labels`,
    shape (2, base), are known from an earlier map and stay. `rows` are the positions whose neighbours follow, shape
    (rows, k), as numbers within `base`, best first: all of them, or of a map that stands those that are new.
    """

    count: int
    dimension: int
    parameters: MapParameters
    base: Int64Array
    rows: Int64Array
    neighbours: Int64Array
    similarities: Float32Array
    coordinates: Float32Array | None = None
    labels: UInt16Array | None = None

    def write(self, folder: Path) -> None:
        arrays: dict[str, Any] = {name: getattr(self, name) for name in _ARRAYS if getattr(self, name) is not None}
        np.savez(folder / "task.npz", **arrays)
        notes = {"count": self.count, "dimension": self.dimension, "parameters": self.parameters.as_json()}
        (folder / "task.json").write_text(json.dumps(notes), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Task:
        notes = json.loads((folder / "task.json").read_text(encoding="utf-8"))
        with np.load(folder / "task.npz") as arrays:
            loaded = {name: arrays[name] for name in arrays.files}
        return cls(notes["count"], notes["dimension"], MapParameters.from_json(notes["parameters"]), **loaded)


_ARRAYS = ("base", "rows", "neighbours", "similarities", "coordinates", "labels")


@dataclass(frozen=True, slots=True)
class Drawing:
    """Coordinates, shape (n, 2), and labels, shape (2, n); the clusters of each level and their mean vectors."""

    coordinates: Float32Array
    labels: UInt16Array
    levels: tuple[list[Cluster], ...]
    means: tuple[Float32Array, ...]
    trustworthiness: float | None
    timings: dict[str, float]
    peak_mb: float

    def write(self, folder: Path) -> None:
        means: dict[str, Any] = {f"means_{level}": means for level, means in enumerate(self.means)}
        np.savez(folder / "drawn.npz", coordinates=self.coordinates, labels=self.labels, **means)
        notes = {
            "levels": [[asdict(cluster) for cluster in level] for level in self.levels],
            "trustworthiness": self.trustworthiness,
            "timings": self.timings,
            "peak_mb": self.peak_mb,
        }
        (folder / "drawn.json").write_text(json.dumps(notes), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Drawing:
        notes = json.loads((folder / "drawn.json").read_text(encoding="utf-8"))
        levels = tuple([Cluster(**cluster) for cluster in level] for level in notes["levels"])
        with np.load(folder / "drawn.npz") as arrays:
            means = tuple(arrays[f"means_{level}"] for level in range(len(levels)))
            coordinates, labels = arrays["coordinates"], arrays["labels"]
        figures = (notes["trustworthiness"], notes["timings"], notes["peak_mb"])
        return cls(coordinates, labels, levels, means, *figures)


class _Clock:
    """Times the steps, in seconds, and reports each as it begins."""

    def __init__(self, on_step: OnStep) -> None:
        self.timings: dict[str, float] = {}
        self._on_step = on_step

    @contextmanager
    def step(self, name: str) -> Iterator[layout.Step]:
        self._on_step(name, 0, 1)
        started = time.perf_counter()
        yield partial(self._on_step, name)
        self.timings[name] = round(time.perf_counter() - started, 3)


def ignore_steps(step: str, done: int, total: int) -> None:
    """Does nothing: the callback of a caller who does not listen."""


def draw(task: Task, vectors: MappedVectors, on_step: OnStep = ignore_steps) -> Drawing:
    """Draws the map: lays points out, places the others, measures trustworthiness, finds clusters."""
    clock = _Clock(on_step)
    rest = np.setdiff1d(task.rows, task.base, assume_unique=True)
    if len(task.base) >= layout.FEWEST_TO_UNFOLD:
        with clock.step("prepare"):
            warm_up(task.parameters, places=len(rest) > 0)
    coordinates = np.empty((task.count, 2), np.float32)
    if task.coordinates is None:
        with clock.step("layout") as say:
            own = np.searchsorted(task.rows, task.base)
            coordinates[task.base] = layout.lay_out(
                vectors, task.base, task.neighbours[own], task.similarities[own], task.parameters, say
            )
    else:
        coordinates[task.base] = task.coordinates
    if len(rest):
        with clock.step("place") as say:
            rows = np.searchsorted(task.rows, rest)
            near = task.neighbours[rows], task.similarities[rows]
            coordinates[rest] = layout.place(*near, coordinates[task.base], task.parameters, say)
    with clock.step("trust"):
        trust = trustworthiness(vectors, coordinates)
    with clock.step("clusters"):
        labels = _labels(task, coordinates, rest)
        described = clusters.describe(labels, coordinates, vectors)
    return Drawing(coordinates, labels, described.levels, described.means, trust, clock.timings, round(_peak_mb(), 1))


def _peak_mb() -> float:
    """The most memory that this program came to occupy."""
    status = Path("/proc/self/status")
    if status.exists():  # `getrusage` counts as well what the program was that became this one
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _labels(task: Task, coordinates: Float32Array, others: Int64Array) -> UInt16Array:
    """Return the labels of all points: those that the map has stay, further points get the nearest one's."""
    if task.labels is None:
        return clusters.find_labels(coordinates)
    labels = np.empty((clusters.LEVELS, task.count), np.uint16)
    labels[:, task.base] = task.labels
    for level in range(clusters.LEVELS):
        labels[level, others] = clusters.nearest_label(coordinates[others], coordinates[task.base], task.labels[level])
    return labels


def warm_up(parameters: MapParameters, *, places: bool) -> None:
    """Loads umap and has its loops compiled, which takes seconds that do not depend on the number of points."""
    random = np.random.default_rng(0)
    neighbours = random.integers(0, _WARM_UP, (_WARM_UP, 5))
    similarities = np.sort(random.random((_WARM_UP, 5), np.float32), axis=1)[:, ::-1]
    start = random.random((_WARM_UP, 2), np.float32)
    keep_compiled()
    layout.unfold(start, neighbours, similarities, parameters)
    if places:
        layout.place(neighbours, similarities, start, parameters)


def end_with_the_parent() -> None:
    """Ends this process when its standard input closes: nobody waits for the map any more."""

    def watch() -> None:
        # Not through sys.stdin: a thread that holds its lock aborts the interpreter at its normal end.
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    end_with_the_parent()
    folder = Path(sys.argv[1])
    task = Task.read(folder)
    draw(task, MappedVectors(folder / VECTORS, task.count, task.dimension), _write_line).write(folder)


def _write_line(step: str, done: int, total: int) -> None:
    sys.stdout.write(f"{step} {done} {total}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
