"""The work of a stage: looks for pictures that are nearly black, and says in the run's log how many there are.

In the project the two halves would stand in `search/images/darkness.py` and in `workers/pipeline/stages.py`.
CONTRIBUTING.md lists the other places of a stage; `tests/examples/test_a_run_stage.py` does this one within a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow

from search.files.paths import derivative_path
from search.models import Dataset, Image
from search.values import FailedImage, Report, StageOutcome, no_report
from workers.models import Batch
from workers.pipeline import lifecycle

NEARLY_BLACK = 24.0
"""Mean brightness, of 255."""

_ROWS = 500


# The service: knows nothing of runs, tells how far it is, and may be done twice.


@dataclass(frozen=True, slots=True)
class Darkness:
    """Ids of the pictures that are nearly black, and those that could not be looked at."""

    dark: tuple[int, ...]
    failures: tuple[FailedImage, ...]


def find_dark(dataset: Dataset, report: Report = no_report) -> Darkness:
    """Looks at the derivative of every ready image."""
    ready = dataset.images.filter(state=Image.State.READY)
    total = ready.count()
    dark: list[int] = []
    failures: list[FailedImage] = []
    for number, image in enumerate(_in_slices(dataset), start=1):
        try:
            if _brightness(image) < NEARLY_BLACK:
                dark.append(image.pk)
        except (OSError, SyntaxError):  # what Pillow raises for damaged JPEGs
            failures.append(FailedImage(image.pk, image.name, "its resized copy cannot be read"))
        report(min(number, total), total)
    return Darkness(tuple(dark), tuple(failures))


def _in_slices(dataset: Dataset) -> Iterator[Image]:
    """By id: no list of a million images, and no cursor of the database that stays open for minutes."""
    last = 0
    ready = dataset.images.filter(state=Image.State.READY).order_by("pk").only("pk", "dataset_id", "checksum", "name")
    while images := list(ready.filter(pk__gt=last)[:_ROWS]):
        yield from images
        last = images[-1].pk


def _brightness(image: Image) -> float:
    with Pillow.open(derivative_path(image.dataset_id, image.checksum), formats=("JPEG",)) as picture:
        picture.draft("L", (64, 64))
        return float(np.asarray(picture.convert("L"), np.float32).mean())


# The stage: fetches the rows, calls the service, and says what came of it.


def dark_stage(batch: Batch, report: Report) -> StageOutcome:
    found = find_dark(batch.run.dataset, report)
    lifecycle.note(batch.run, f"Pictures that are nearly black: {len(found.dark):,}.")
    return StageOutcome((), found.failures)
