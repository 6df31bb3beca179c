"""Filters as the database answers them: which images of a dataset pass them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from django.db.models import F, Q, QuerySet

from search.duplicates.lookup import has_no_better, without_duplicates
from search.filters.error_ledger import error_ledger
from search.filters.name_index import images_named
from search.index.base import Criteria
from search.maps.selections import selection_of
from search.models import CollectionImage, Dataset, Image, ImageTag, Tag
from search.values import Filters, Int64Array, Orientation

NO_FILTERS = Filters()
_ROWS = 20_000
_FEW = 5_000
"""Rows that are looked up one by one sooner than another index is read."""

_IDS_A_QUERY = 1_000
_SCANNED_FOR_ONE = 50
"""Images of a dataset that are read in a row in the time of looking up one."""

_SHAPES = {
    Orientation.LANDSCAPE: Q(width__gt=F("height")),
    Orientation.PORTRAIT: Q(width__lt=F("height")),
    Orientation.SQUARE: Q(width=F("height")),
}


def criteria(dataset: Dataset, filters: Filters) -> Criteria:
    """The criteria that an index selects by. The person may see the collection and the selection in them."""
    return Criteria(filters, partial(matching_ids, dataset, filters))


def matching_ids(dataset: Dataset, filters: Filters) -> Int64Array:
    """Ids of the ready images that pass every filter, ascending."""
    ids = _matching(dataset, filters)
    # Before the search and not among its hits, so that pages are full and totals count groups.
    return without_duplicates(dataset, ids) if filters.is_collapsed else ids


def _matching(dataset: Dataset, filters: Filters) -> Int64Array:
    """Ids of the images that pass the filters, duplicates of each other included.

    Each part is answered by a database index of its own, and the ids are intersected. In one query the database would
    use one of these indexes and look up the rest row by row: several times slower where many images remain.
    """
    parts = _parts(dataset, filters)
    ready = dataset.images.filter(state=Image.State.READY)
    if filters.selection:
        selected = _selected(dataset, filters)
        if len(selected) <= _FEW:
            return _rows_among(selected, ready.filter(*parts))
        others = replace(filters, selection="")
        return np.intersect1d(selected, _matching(dataset, others), assume_unique=True)
    # The index of names alone tells at once that few images remain, so it is asked before the other parts.
    by_name = images_named(filters.name_contains, _worth_looking_up(dataset))
    if by_name is not None:
        return _rows_among(by_name, ready.filter(*parts))
    ids = _ids(ready.filter(parts[0]) if parts else ready)
    for number, part in enumerate(parts[1:], start=1):
        if len(ids) <= _FEW:
            return _rows_among(ids, ready.filter(*parts[number:]))
        ids = np.intersect1d(ids, _ids(ready.filter(part)), assume_unique=True)
    return ids


def meets(image: Image, filters: Filters) -> bool:
    """Tell whether an image is ready and passes every filter."""
    if filters.selection and image.pk not in _selected(image.dataset, filters):
        return False
    matching = image.dataset.images.filter(*_parts(image.dataset, filters), state=Image.State.READY)
    return matching.filter(pk=image.pk).exists() and (not filters.is_collapsed or has_no_better(image, matching))


def _selected(dataset: Dataset, filters: Filters) -> Int64Array:
    """Ids of the images that are selected on a map, ascending; none where it is the map of another dataset."""
    selection = selection_of(filters.selection, None)
    is_own = selection.projection.version.dataset_id == dataset.pk
    return selection.image_ids() if is_own else np.empty(0, np.int64)


def _worth_looking_up(dataset: Dataset) -> int:
    """The number of images that are looked up one by one sooner than all of a dataset are read."""
    return dataset.live_version.count // _SCANNED_FOR_ONE if dataset.live_version else 0


def _parts(dataset: Dataset, filters: Filters) -> list[Q]:
    """The filters by the index that answers them; those that are likely to leave fewest images come first."""
    parts = []
    for name in filters.tags:
        tags = list(Tag.objects.filter(dataset=dataset, name__iexact=name).values_list("pk", flat=True))
        parts.append(Q(pk__in=ImageTag.objects.filter(tag__in=tags).values("image_id")))
    if filters.collection is not None:
        members = CollectionImage.objects.filter(collection=filters.collection)
        parts.append(Q(pk__in=members.values("image_id")))
    if filters.without_errors:
        parts.append(~Q(pk__in=error_ledger.image_ids(dataset)))
    parts.append(_set(taken_at__gte=filters.taken_from, taken_at__lt=filters.taken_until))
    parts.append(_set(added_at__gte=filters.added_from, added_at__lt=filters.added_until))
    shape = _SHAPES[filters.orientation] if filters.orientation else Q()
    parts.append(_set(width__gte=filters.shorter_side_from, height__gte=filters.shorter_side_from) & shape)
    parts.append(_set(name__icontains=filters.name_contains or None))
    return [part for part in parts if part]


def _set(**lookups: object) -> Q:
    return Q(**{lookup: value for lookup, value in lookups.items() if value is not None})


def _ids(images: QuerySet[Image]) -> Int64Array:
    # Sorted here: the database would give up the index that answers the condition for one that is in order.
    rows = images.order_by().values_list("pk", flat=True)
    ids = np.fromiter(rows.iterator(_ROWS), np.int64)
    ids.sort()
    return ids


def _rows_among(ids: Int64Array, images: QuerySet[Image]) -> Int64Array:
    slices = [ids[start : start + _IDS_A_QUERY].tolist() for start in range(0, len(ids), _IDS_A_QUERY)]
    pieces = [_ids(images.filter(pk__in=some)) for some in slices]
    return np.concatenate(pieces) if pieces else ids
