"""The check before an index is built: does every readable image have what the run was to give it?"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from search.models import Embedding, EncoderRecord, Image
from workers.ledger import entries
from workers.models import OVER_ALL_IMAGES, ImageFailure, Run
from workers.registry import BUILD


def is_due(run: Run) -> bool:
    """Return whether this run, which has no open batch, goes on to build an index of all images."""
    if run.kind not in OVER_ALL_IMAGES:
        return False
    return not run.batches.filter(stage=BUILD).exists()


def unaccounted_images(run: Run) -> QuerySet[Image]:
    """Return the images without an embedding under the run's encoder and without a ledger entry that explains it."""
    encoder_id = EncoderRecord.objects.filter(name=run.encoder).values_list("pk", flat=True).first()
    embedded = Embedding.objects.filter(encoder_id=encoder_id, image=OuterRef("pk"))
    explained = ImageFailure.objects.filter(Q(run=run) | Q(state__in=entries.SKIPPED_STATES), image=OuterRef("pk"))
    usable = run.dataset.images.filter(state__in=[Image.State.PENDING, Image.State.READY])
    return usable.filter(~Exists(embedded), ~Exists(explained)).order_by("pk")
