"""The child process that draws a map: its input, its progress and its result."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from django.conf import settings

from search.embeddings.store import DatasetContent
from search.errors import ServiceUnavailable
from search.index.memmap import HALF
from search.models import Dataset, IndexVersion
from search.projection.drawing import STEPS, VECTORS, Drawing, Task
from search.values import Int64Array, Report

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
_THREAD_LIMITS = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
"""Environment variables of workers that share the cores; a map is drawn alone, by all cores."""
_SHARES = dict(zip(STEPS, (0.12, 0.6, 0.1, 0.06, 0.12), strict=True))
"""The share of the child's time that each step takes, about, so that progress moves evenly."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Makes a temporary folder, on the disk where maps lie: the vectors of a large dataset take gigabytes."""
    home = Path(settings.PROJECTIONS_DIR)
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".drawing-") as name:
        yield Path(name)


def write_vectors(folder: Path, dataset: Dataset, version: IndexVersion, ids: Int64Array, report: Report) -> None:
    """Writes the vectors of images, in the order of `ids`; an image deleted meanwhile gets zeros."""
    shape = (len(ids), version.encoder.dimension)
    vectors = np.lib.format.open_memmap(folder / VECTORS, "w+", HALF, shape)
    for chunk in DatasetContent(dataset, version.encoder, report).chunks(ids):
        vectors[np.searchsorted(ids, chunk.image_ids)] = chunk.vectors
    vectors.flush()


def draw(task: Task, folder: Path, report: Report) -> Drawing:
    """Draws what the task says from the vectors in the folder. Raises ServiceUnavailable when the child dies.

    A child, so that its threads, memory and crashes are not the worker's.
    """
    task.write(folder)
    with (folder / "log.txt").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "search.projection.drawing", str(folder)],
            cwd=settings.BASE_DIR,
            env={name: value for name, value in os.environ.items() if name not in _THREAD_LIMITS},
            stdin=subprocess.PIPE,  # closes when this process dies, whatever kills it; the child ends then
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            _follow(child, task.count, report)
        finally:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    pipe.close()
    if child.returncode != 0:
        written = (folder / "log.txt").read_text(errors="replace").strip().splitlines()
        logger.error("the process that drew a map ended with %s: %s", child.returncode, (written or ["no output"])[-1])
        raise ServiceUnavailable(
            "The map could not be computed; the worker's log says why. Searching works; try the map again."
        )
    return Drawing.read(folder)


def _follow(child: subprocess.Popen[bytes], total: int, report: Report) -> None:
    progress = _Progress()
    assert child.stdout is not None  # noqa: S101 - asked for above
    listener = threading.Thread(target=progress.listen, args=(child.stdout,), daemon=True)
    listener.start()
    while True:
        try:
            child.wait(timeout=_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            report(min(int(progress.share * total), total - 1), total)
        else:
            listener.join()
            return


class _Progress:
    """The share of its work that the child has done, 0 to 1, read from lines such as `layout 20 100`."""

    def __init__(self) -> None:
        self.share = 0.0

    def listen(self, lines: IO[bytes]) -> None:
        for line in lines:
            words = line.decode(errors="replace").split()
            if len(words) == 3 and words[0] in _SHARES and words[1].isdecimal() and words[2].isdecimal():
                self._update(words[0], int(words[1]) / max(int(words[2]), 1))

    def _update(self, step: str, done: float) -> None:
        before = sum(_SHARES[earlier] for earlier in STEPS[: STEPS.index(step)])
        self.share = max(self.share, before + _SHARES[step] * min(done, 1.0))
