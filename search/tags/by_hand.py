"""Tags that people give and take away; they win over those of the encoder."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet

from search.batches import batched
from search.errors import InvalidQuery
from search.models import Image, ImageTag, RejectedTag, Tag
from search.models.bulk_insert import SLICE, insert_for_images


def tag_images(images: QuerySet[Image], name: str) -> int:
    """Gives each image the tag of that name, made in its dataset where there is none; returns how many images.

    Raises InvalidQuery for a name that is empty or too long.
    """
    name = _clean_name(name)
    done = 0
    with transaction.atomic():
        for dataset_id, ids in _by_dataset(images):
            tag = Tag.objects.filter(dataset=dataset_id, name__iexact=name).first()
            tag = tag or Tag.objects.create(dataset_id=dataset_id, name=name)
            # What the encoder had assigned is the person's from now on.
            of_person = "(tag_id, image_id) DO UPDATE SET confidence = NULL"
            rejected = RejectedTag.objects.filter(tag=tag)
            is_rejected_somewhere = rejected.exists()
            for some in batched(ids, SLICE):
                insert_for_images(ImageTag, Image.objects.filter(pk__in=some), on_conflict=of_person, tag_id=tag.pk)
                if is_rejected_somewhere:
                    rejected.filter(image__in=some).delete()
            count_usage([tag.pk])
            done += len(ids)
    return done


def untag_images(images: QuerySet[Image], name: str) -> int:
    """Takes the tag of that name from each image, and remembers it, so that the encoder does not give it again.

    Returns how many carried it. Raises InvalidQuery for a name that is empty or too long.
    """
    name = _clean_name(name)
    done = 0
    with transaction.atomic():
        for dataset_id, ids in _by_dataset(images):
            tag = Tag.objects.filter(dataset=dataset_id, name__iexact=name).first()
            if tag is None:
                continue
            for some in batched(ids, SLICE):
                carried = ImageTag.objects.filter(tag=tag, image__in=some)
                rejected = [RejectedTag(tag=tag, image_id=pk) for pk in carried.values_list("image_id", flat=True)]
                RejectedTag.objects.bulk_create(rejected, ignore_conflicts=True)
                done += carried.delete()[0]
            count_usage([tag.pk])
    return done


def count_usage(tag_ids: Iterable[int]) -> None:
    """Counts how many images carry these tags, and stores the numbers: a page cannot count millions of rows."""
    for tag_id in tag_ids:
        Tag.objects.filter(pk=tag_id).update(usage=ImageTag.objects.filter(tag=tag_id).count())


def _clean_name(name: str) -> str:
    name = name.strip()
    longest = Tag._meta.get_field("name").max_length or 0
    if not 0 < len(name) <= longest:
        raise InvalidQuery(f"The name of a tag has 1 to {longest} characters; {name[:40]!r} has {len(name)}.")
    return name


def _by_dataset(images: QuerySet[Image]) -> Iterable[tuple[int, list[int]]]:
    rows = images.order_by("dataset_id").values_list("dataset_id", "pk")
    for dataset_id, group in groupby(rows, key=lambda row: row[0]):
        yield dataset_id, [pk for _, pk in group]
