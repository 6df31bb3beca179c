"""Stage `derive`: makes the resized copy of each image."""

from __future__ import annotations

from dataclasses import replace

from search.images import decoder_limits, derivatives
from search.values import Report, StageOutcome
from workers import registry
from workers.models import OVER_ALL_IMAGES, Batch
from workers.pipeline import lifecycle
from workers.pipeline.watchdog import Watchdog
from workers.registry import Stage


def resize(batch: Batch, report: Report) -> StageOutcome:
    """Make the derivatives of a batch, within limits of time and memory: these bytes come from anywhere."""
    images = lifecycle.images_of(batch)
    with Watchdog(batch) as watchdog:
        outcome = derivatives.derive_images(images, report, watchdog.watch, decoder_limits.limit_memory)
    return replace(outcome, bytes_read=sum(image.byte_size for image in images))


DERIVE = Stage(
    name=registry.DERIVE,
    label="resize",
    work=resize,
    kinds=OVER_ALL_IMAGES,
    is_closing=False,
    needs_live_version=False,
)
