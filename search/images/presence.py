"""Which images of a dataset are ready now: there is a file, and it can be shown."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from search.models import Dataset, Image
from search.values import BoolArray, Int64Array

_IDS_A_QUERY = 1000


_MOST_LOOK_UPS = 20_000


def present_ids(dataset: Dataset, image_ids: Iterable[int]) -> set[int]:
    """Return the ids of those of these images that are ready."""
    ids = list(image_ids)
    if len(ids) > _MOST_LOOK_UPS:
        return set(ids) & set(ready_ids(dataset).tolist())
    present: set[int] = set()
    for start in range(0, len(ids), _IDS_A_QUERY):
        ready = dataset.images.filter(pk__in=ids[start : start + _IDS_A_QUERY], state=Image.State.READY)
        present |= set(ready.order_by().values_list("pk", flat=True))
    return present


def present_among(dataset: Dataset, image_ids: Int64Array) -> BoolArray:
    """Return whether each of these images is ready, shape (n,)."""
    present = present_ids(dataset, image_ids.tolist()) if len(image_ids) <= _MOST_LOOK_UPS else None
    ids = ready_ids(dataset) if present is None else np.fromiter(present, np.int64, len(present))
    return np.isin(image_ids, ids)


def ready_ids(dataset: Dataset) -> Int64Array:
    ready = dataset.images.filter(state=Image.State.READY).order_by().values_list("pk", flat=True)
    return np.fromiter(ready.iterator(_MOST_LOOK_UPS), np.int64)
