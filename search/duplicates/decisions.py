"""What people decide about duplicates: which image to keep, to hide the others, that some are distinct.

No file is ever deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from django.contrib.auth.models import User
from django.db import transaction

from search.batches import batched
from search.collections.membership import collect_images
from search.duplicates.groups import regroup_around
from search.duplicates.lookup import DuplicateGroup, Kind, every_group
from search.errors import InvalidQuery
from search.models import Collection, Dataset, DistinctPair, DuplicateMember, Image, KeptImage
from search.models.bulk_insert import SLICE

_MOST_DISTINCT = 100
"""The contents of a group that can be marked as distinct at once: each pair is a row."""


def keep(group: DuplicateGroup, image: Image) -> None:
    """Makes this image of a group the one to keep."""
    with transaction.atomic():
        KeptImage.objects.filter(image__in=[other.pk for other in group.images]).delete()
        KeptImage.objects.create(image=image)
    regroup_around(image.dataset, [image.checksum])


def hide_others(dataset: Dataset, group: DuplicateGroup) -> int:
    """Hides all images of a group but the one to keep; returns how many."""
    return _hide(dataset, group.images[1:])


def hide_all_others(dataset: Dataset, kind: Kind) -> int:
    """Hides all images of every group of a dataset but those to keep; returns how many."""
    others = [image for _, images in every_group(dataset, kind) for image in images[1:]]
    return _hide(dataset, others)


def collect_others(dataset: Dataset, kind: Kind, collection: Collection, group: DuplicateGroup | None = None) -> int:
    """Puts all images of a group, or of every group, but those to keep into a collection; returns how many."""
    groups = [group.images] if group else (images for _, images in every_group(dataset, kind))
    number = 0
    for ids in batched([image.pk for images in groups for image in images[1:]], SLICE):
        collect_images(dataset.images.filter(pk__in=ids), collection)
        number += len(ids)
    return number


def unhide(dataset: Dataset, image_ids: Iterable[int] | None = None) -> int:
    """Shows hidden images again, these or all; returns how many. Those of no index yet wait for the next run."""
    hidden = dataset.images.filter(state=Image.State.HIDDEN)
    if image_ids is not None:
        hidden = hidden.filter(pk__in=list(image_ids)[:SLICE])
    rows = list(hidden.values_list("pk", "checksum"))
    number = 0
    for ids in batched([pk for pk, _ in rows], SLICE):
        still_hidden = dataset.images.filter(pk__in=ids, state=Image.State.HIDDEN)
        number += still_hidden.update(state=Image.State.READY)
    regroup_around(dataset, {checksum for _, checksum in rows})
    return number


def mark_distinct(dataset: Dataset, group: DuplicateGroup, person: User | None, image: Image | None = None) -> int:
    """Marks the pictures of a group, or one of them and the others, as distinct; returns how many pairs.

    Raises InvalidQuery where the files are equal, and for too many at once.
    """
    names = sorted({one.checksum for one in group.images})
    if len(names) < 2:
        raise InvalidQuery("These files are equal byte by byte, so they are copies whatever is said about them.")
    if image is None and len(names) > _MOST_DISTINCT:
        raise InvalidQuery(
            f"The group has {len(names):,} different pictures; {_MOST_DISTINCT} at most can be told apart at once. "
            "Take single images out of it, or choose a stricter likeness."
        )
    pairs = list(combinations(names, 2))
    if image is not None:
        pairs = [pair for pair in pairs if image.checksum in pair]
    rows = [DistinctPair(dataset=dataset, first=first, second=second, said_by=person) for first, second in pairs]
    DistinctPair.objects.bulk_create(rows, batch_size=SLICE, ignore_conflicts=True)
    regroup_around(dataset, names)
    return len(rows)


def _hide(dataset: Dataset, images: Sequence[Image]) -> int:
    number = 0
    for ids in batched([image.pk for image in images], SLICE):
        with transaction.atomic():
            ready = dataset.images.filter(pk__in=ids, state=Image.State.READY)
            number += ready.update(state=Image.State.HIDDEN)
            DuplicateMember.objects.filter(image__in=ids).delete()
    regroup_around(dataset, {image.checksum for image in images})
    return number
