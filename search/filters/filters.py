"""Filters as the database answers them: which images of a dataset meet them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from django.db.models import F, Q, QuerySet

from search.duplicates.lookup import has_no_better, without_duplicates
from search.filters.error_ledger import faults
from search.filters.name_index import images_named
from search.index.base import Criteria
from search.maps.selections import selection_of
from search.models import CollectionImage, Dataset, Image, ImageTag, Tag
from search.values import Filters, Int64Array, Orientation

NO_FILTERS = Filters()
_ROWS = 20_000
_FEW = 5_000
"""So many rows are looked up one by one sooner than another index is read."""

_IDS_A_QUERY = 1_000
_SCANNED_FOR_ONE = 50
"""Looking up one image takes as long as reading so many of a dataset in a row."""

_SHAPES = {
    Orientation.LANDSCAPE: Q(width__gt=F("height")),
    Orientation.PORTRAIT: Q(width__lt=F("height")),
    Orientation.SQUARE: Q(width=F("height")),
}


def criteria(dataset: Dataset, conditions: Filters) -> Criteria:
    """The filter that an index is asked with. Who asks may see the collection and the selection, if there is one."""
    return Criteria(conditions, partial(matching_ids, dataset, conditions))


def matching_ids(dataset: Dataset, conditions: Filters) -> Int64Array:
    """Ids of the ready images that meet every condition, ascending."""
    ids = _meeting(dataset, conditions)
    return without_duplicates(dataset, ids) if conditions.is_collapsed else ids


def _meeting(dataset: Dataset, conditions: Filters) -> Int64Array:
    """What meets the conditions, copies of each other included.

    Each part is answered by an index of its own, which holds all that it asks for. In one query the database would
    use one of these indexes and look up the rest row by row: several times slower where many images remain.
    The index of names is asked first, since it alone tells at once that few images remain.
    """
    parts = _parts(dataset, conditions)
    ready = dataset.images.filter(state=Image.State.READY)
    if conditions.selection:
        selected = _selected(dataset, conditions)
        if len(selected) <= _FEW:
            return _those_of(selected, ready.filter(*parts))
        others = replace(conditions, selection="")
        return np.intersect1d(selected, _meeting(dataset, others), assume_unique=True)
    named = images_named(conditions.name_contains, _worth_looking_up(dataset))
    if named is not None:
        return _those_of(named, ready.filter(*parts))
    ids = _ids(ready.filter(parts[0]) if parts else ready)
    for number, part in enumerate(parts[1:], start=1):
        if len(ids) <= _FEW:
            return _those_of(ids, ready.filter(*parts[number:]))
        ids = np.intersect1d(ids, _ids(ready.filter(part)), assume_unique=True)
    return ids


def meets(image: Image, conditions: Filters) -> bool:
    """Whether an image of a dataset is ready and meets every condition."""
    if conditions.selection and image.pk not in _selected(image.dataset, conditions):
        return False
    meeting = image.dataset.images.filter(*_parts(image.dataset, conditions), state=Image.State.READY)
    return meeting.filter(pk=image.pk).exists() and (not conditions.is_collapsed or has_no_better(image, meeting))


def _selected(dataset: Dataset, conditions: Filters) -> Int64Array:
    """What is selected on a map, ascending; on that of another dataset it is nothing of this one."""
    selection = selection_of(conditions.selection, None)
    is_own = selection.projection.version.dataset_id == dataset.pk
    return selection.image_ids() if is_own else np.empty(0, np.int64)


def _worth_looking_up(dataset: Dataset) -> int:
    """So many images of a dataset are looked up one by one sooner than all are read."""
    return dataset.live_version.count // _SCANNED_FOR_ONE if dataset.live_version else 0


def _parts(dataset: Dataset, conditions: Filters) -> list[Q]:
    """The conditions by the index that answers them; those that are likely to leave fewest images come first."""
    parts = []
    for name in conditions.tags:
        tags = list(Tag.objects.filter(dataset=dataset, name__iexact=name).values_list("pk", flat=True))
        parts.append(Q(pk__in=ImageTag.objects.filter(tag__in=tags).values("image_id")))
    if conditions.collection is not None:
        members = CollectionImage.objects.filter(collection=conditions.collection)
        parts.append(Q(pk__in=members.values("image_id")))
    if conditions.without_errors:
        parts.append(~Q(pk__in=faults.image_ids(dataset)))
    parts.append(_set(taken_at__gte=conditions.taken_from, taken_at__lt=conditions.taken_until))
    parts.append(_set(added_at__gte=conditions.added_from, added_at__lt=conditions.added_until))
    shape = _SHAPES[conditions.orientation] if conditions.orientation else Q()
    parts.append(_set(width__gte=conditions.shorter_side_from, height__gte=conditions.shorter_side_from) & shape)
    parts.append(_set(name__icontains=conditions.name_contains or None))
    return [part for part in parts if part]


def _set(**asked: object) -> Q:
    return Q(**{lookup: value for lookup, value in asked.items() if value is not None})


def _ids(images: QuerySet[Image]) -> Int64Array:
    # Sorted here: the database would give up the index that answers the condition for one that is in order.
    rows = images.order_by().values_list("pk", flat=True)
    ids = np.fromiter(rows.iterator(_ROWS), np.int64)
    ids.sort()
    return ids


def _those_of(ids: Int64Array, images: QuerySet[Image]) -> Int64Array:
    slices = [ids[start : start + _IDS_A_QUERY].tolist() for start in range(0, len(ids), _IDS_A_QUERY)]
    found = [_ids(images.filter(pk__in=asked)) for asked in slices]
    return np.concatenate(found) if found else ids
