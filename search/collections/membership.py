"""Putting images into a collection and taking them out."""

from __future__ import annotations

from django.db.models import QuerySet

from search.models import Collection, CollectionImage, Image
from search.models.bulk_insert import insert_for_images


def collect_images(images: QuerySet[Image], collection: Collection) -> int:
    """Puts each image into the collection; returns how many did not lie in it yet."""
    return insert_for_images(CollectionImage, images, on_conflict="DO NOTHING", collection_id=collection.pk)


def uncollect_images(images: QuerySet[Image], collection: Collection) -> int:
    """Takes each image out of the collection; returns how many lay in it."""
    return CollectionImage.objects.filter(collection=collection, image__in=images).delete()[0]
