"""Sorting images: tags and collections are filled and emptied here."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet

from search.errors import InvalidQuery
from search.models import Collection, CollectionImage, Image, ImageTag, Tag

_ROWS = 5000


def tag_images(images: QuerySet[Image], name: str) -> int:
    """Gives each image the tag of that name, made in its dataset where there is none; says how many images it were.

    Raises InvalidQuery for a name that is empty or too long.
    """
    name = _checked(name)
    done = 0
    with transaction.atomic():
        for dataset_id, ids in _by_dataset(images):
            tag = Tag.objects.filter(dataset=dataset_id, name__iexact=name).first()
            tag = tag or Tag.objects.create(dataset_id=dataset_id, name=name)
            rows = [ImageTag(tag=tag, image_id=image_id) for image_id in ids]
            ImageTag.objects.bulk_create(rows, batch_size=_ROWS, ignore_conflicts=True)
            done += len(rows)
    return done


def untag_images(images: QuerySet[Image], name: str) -> int:
    """Takes the tag of that name from each image; says how many carried it."""
    carried = ImageTag.objects.filter(tag__name__iexact=_checked(name), image__in=images)
    return carried.delete()[0]


def collect_images(images: QuerySet[Image], collection: Collection) -> int:
    """Puts each image into the collection; says how many images it were."""
    rows = [CollectionImage(collection=collection, image_id=pk) for pk in images.values_list("pk", flat=True)]
    CollectionImage.objects.bulk_create(rows, batch_size=_ROWS, ignore_conflicts=True)
    return len(rows)


def uncollect_images(images: QuerySet[Image], collection: Collection) -> int:
    """Takes each image out of the collection; says how many lay in it."""
    return CollectionImage.objects.filter(collection=collection, image__in=images).delete()[0]


def _checked(name: str) -> str:
    name = name.strip()
    longest = Tag._meta.get_field("name").max_length or 0
    if not 0 < len(name) <= longest:
        raise InvalidQuery(f"The name of a tag has 1 to {longest} characters; {name[:40]!r} has {len(name)}.")
    return name


def _by_dataset(images: QuerySet[Image]) -> Iterable[tuple[int, list[int]]]:
    rows = images.order_by("dataset_id").values_list("dataset_id", "pk")
    for dataset_id, group in groupby(rows, key=lambda row: row[0]):
        yield dataset_id, [pk for _, pk in group]
