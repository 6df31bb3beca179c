"""What images still need before they can be searched: a derivative, an embedding, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from django.db.models import Exists, OuterRef, Q, Subquery

from search.bucket import sync
from search.files.paths import derivative_path
from search.models import Dataset, Embedding, EncoderRecord, Image

_ROWS = 5000


def split_by_need(image_ids: Sequence[int], encoder_name: str) -> tuple[list[int], list[int]]:
    """Ids that need a derivative, and ids that have one but no embedding under this encoder; the rest need nothing.

    An image that has both is no row of the one query, and its derivative is not looked for: `lost_derivatives` does.
    """
    unfinished = Image.objects.filter(
        Q(state=Image.State.PENDING) | Q(~_has_embedding(encoder_name), state=Image.State.READY), pk__in=image_ids
    )
    to_derive, to_embed = [], []
    rows = unfinished.order_by("pk").values_list("pk", "state", "dataset_id", "checksum", "dataset__bucket")
    address = sync.bucket_address()
    for pk, state, dataset_id, checksum, bucket in rows:
        # What a bucket has is not looked for: should it lack one after all, the encoder says so.
        is_kept = bool(address) and bucket == address
        if state == Image.State.PENDING or not (is_kept or derivative_path(dataset_id, checksum).is_file()):
            to_derive.append(pk)
        else:
            to_embed.append(pk)
    return to_derive, to_embed


def _has_embedding(encoder_name: str) -> Exists:
    encoder = EncoderRecord.objects.filter(name=encoder_name).values("pk")  # looked up once, not for each image
    return Exists(Embedding.objects.filter(image=OuterRef("pk"), encoder_id=Subquery(encoder)))


def lost_derivatives(dataset: Dataset, encoder_name: str) -> list[int]:
    """Ids of images that have their embedding under this encoder, but whose derivative was deleted from the disk.

    Derivatives lie in 256 folders by the beginning of their names, so 256 listings tell, without a call per image. One
    that lies in a bucket is not lost; the bucket is asked where something is missing here.
    """
    finished = dataset.images.filter(_has_embedding(encoder_name), state=Image.State.READY).order_by("checksum")
    rows = finished.values_list("pk", "checksum").iterator(_ROWS)
    lost: list[int] = []
    for beginning, images in groupby(rows, key=lambda row: row[1][:2]):
        group = list(images)  # before the listing: what is derived meanwhile lies on the disk by then
        present = sync.derived_checksums(dataset.pk, beginning, {checksum for _, checksum in group})
        lost += [pk for pk, checksum in group if checksum not in present]
    return sorted(lost)
