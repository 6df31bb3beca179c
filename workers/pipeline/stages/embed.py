"""Stage `embed`: encodes the resized copies; the only one whose queue is that of the GPU."""

from __future__ import annotations

from search.embeddings import encode_images
from search.values import Report, StageOutcome
from workers import registry
from workers.models import OVER_ALL_IMAGES, Batch
from workers.pipeline import lifecycle
from workers.registry import Stage


def encode(batch: Batch, report: Report) -> StageOutcome:
    """Store the vectors of a batch under the run's encoder."""
    return encode_images.embed_images(lifecycle.images_of(batch), batch.run.encoder, report)


EMBED = Stage(
    name=registry.EMBED,
    label="encode",
    work=encode,
    kinds=OVER_ALL_IMAGES,
    queue="gpu",
    is_closing=False,
    needs_live_version=False,
)
