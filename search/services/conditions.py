"""Conditions as the database answers them: which images of a dataset meet them."""

from __future__ import annotations

from functools import partial

import numpy as np
from django.db.models import F, Q, QuerySet

from search.index.base import Criteria
from search.models import CollectionImage, Dataset, Image, ImageTag, Tag
from search.values import Conditions, Int64Array, Orientation

NO_CONDITIONS = Conditions()
_ROWS = 20_000

_SHAPES = {
    Orientation.LANDSCAPE: Q(width__gt=F("height")),
    Orientation.PORTRAIT: Q(width__lt=F("height")),
    Orientation.SQUARE: Q(width=F("height")),
}


def criteria(dataset: Dataset, conditions: Conditions) -> Criteria:
    """The filter that an index is asked with. Who asks may see the collection, if there is one."""
    return Criteria(conditions, partial(matching_ids, dataset, conditions))


def matching_ids(dataset: Dataset, conditions: Conditions) -> Int64Array:
    """Ids of the ready images that meet every condition, ascending."""
    # Sorted here: the database would give up the index that answers the conditions for one that is in order.
    rows = matching_images(dataset, conditions).order_by().values_list("pk", flat=True)
    ids = np.fromiter(rows.iterator(_ROWS), np.int64)
    ids.sort()
    return ids


def matching_images(dataset: Dataset, conditions: Conditions) -> QuerySet[Image]:
    """The ready images that meet every condition."""
    images = dataset.images.filter(_plain(conditions), state=Image.State.READY)
    if conditions.orientation is not None:
        images = images.filter(_SHAPES[conditions.orientation], width__gt=0)
    for name in conditions.tags:
        tags = list(Tag.objects.filter(dataset=dataset, name__iexact=name).values_list("pk", flat=True))
        images = images.filter(pk__in=ImageTag.objects.filter(tag__in=tags).values("image_id"))
    if conditions.collection is not None:
        members = CollectionImage.objects.filter(collection=conditions.collection)
        images = images.filter(pk__in=members.values("image_id"))
    return images


def _plain(conditions: Conditions) -> Q:
    asked = {
        "taken_at__gte": conditions.taken_from,
        "taken_at__lt": conditions.taken_until,
        "added_at__gte": conditions.added_from,
        "added_at__lt": conditions.added_until,
        "width__gte": conditions.shorter_side_from,
        "height__gte": conditions.shorter_side_from,
        "name__icontains": conditions.name_contains or None,
    }
    return Q(**{lookup: value for lookup, value in asked.items() if value is not None})
