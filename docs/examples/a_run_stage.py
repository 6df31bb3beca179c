"""A stage of a run in one module: it looks for pictures that are nearly black, and says in the run's log how many.

In the project the first half would stand in `search/images/darkness.py`, the second in
`workers/pipeline/stages/dark.py`. `tests/examples/test_a_run_stage.py` registers the stage and has runs do it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow

from search.files.paths import derivative_path
from search.models import Dataset, Image
from search.values import FailedImage, Report, StageOutcome, no_report
from workers.models import OVER_ALL_IMAGES, Batch
from workers.pipeline import lifecycle
from workers.registry import Stage

NEARLY_BLACK = 24.0
"""Mean brightness, of 255."""

_ROWS = 500


# The service: knows nothing of runs, reports its progress, and may be done twice.


@dataclass(frozen=True, slots=True)
class Darkness:
    """Ids of the pictures that are nearly black, and those that could not be looked at."""

    dark: tuple[int, ...]
    failures: tuple[FailedImage, ...]


def find_dark(dataset: Dataset, report: Report = no_report) -> Darkness:
    """Looks at the derivative of every ready image."""
    total = dataset.images.filter(state=Image.State.READY).count()
    dark: list[int] = []
    failures: list[FailedImage] = []
    for number, image in enumerate(_ready_images(dataset), start=1):
        try:
            if _brightness(image) < NEARLY_BLACK:
                dark.append(image.pk)
        except (OSError, SyntaxError):  # what Pillow raises for damaged JPEGs
            failures.append(FailedImage(image.pk, image.name, "its resized copy cannot be read"))
        report(min(number, total), total)
    return Darkness(tuple(dark), tuple(failures))


def _ready_images(dataset: Dataset) -> Iterator[Image]:
    # By id: no list of a million images, and no cursor of the database that stays open for minutes.
    last = 0
    ready = dataset.images.filter(state=Image.State.READY).order_by("pk").only("pk", "dataset_id", "checksum", "name")
    while images := list(ready.filter(pk__gt=last)[:_ROWS]):
        yield from images
        last = images[-1].pk


def _brightness(image: Image) -> float:
    with Pillow.open(derivative_path(image.dataset_id, image.checksum), formats=("JPEG",)) as picture:
        picture.draft("L", (64, 64))
        return float(np.asarray(picture.convert("L"), np.float32).mean())


# The stage: fetches the rows, calls the service, writes a line into the log, and returns the files that failed.


def find_dark_images(batch: Batch, report: Report) -> StageOutcome:
    """Counts the dark pictures of the run's dataset."""
    darkness = find_dark(batch.run.dataset, report)
    lifecycle.note(batch.run, f"Pictures that are nearly black: {len(darkness.dark):,}.")
    return StageOutcome((), darkness.failures)


DARK = Stage(
    name="dark",
    label="find dark pictures",
    work=find_dark_images,
    kinds=OVER_ALL_IMAGES,
    product="dark pictures",
)
