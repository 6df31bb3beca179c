"""Images that left the library after their index was built: hidden from its searches as soon as one of them is met."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from search.index.base import VectorIndex
from search.models import Dataset, Image
from search.values import BoolArray, Int64Array

TRUSTED_SECONDS = 5.0
"""After this time it is asked whether hidden images came back."""

_IDS_A_QUERY = 1000
_MOST_ASKED_SINGLY = 20_000


@dataclass(slots=True)
class _Hidden:
    ids: set[int] = field(default_factory=set)
    checked_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Absence:
    """What this process has hidden in each open index."""

    def __init__(self) -> None:
        self._hidden: weakref.WeakKeyDictionary[VectorIndex, _Hidden] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def count(self, index: VectorIndex) -> int:
        """How many images of the index are known to be absent."""
        hidden = self._hidden.get(index)
        return len(hidden.ids) if hidden else 0

    def show_returned(self, dataset: Dataset, index: VectorIndex) -> None:
        """Lets hidden images be found again that are ready again; asks the database every few seconds at most."""
        hidden = self._hidden.get(index)
        if hidden is None or time.monotonic() - hidden.checked_at < TRUSTED_SECONDS:
            return
        with hidden.lock:
            hidden.checked_at = time.monotonic()
            returned = hidden.ids & present_ids(dataset, hidden.ids)
            if returned:
                hidden.ids -= returned
                index.show_hidden()
                index.hide(hidden.ids)

    def hide(self, dataset: Dataset, index: VectorIndex, absent: Iterable[int], *, every: bool) -> None:
        """Leaves these images out from now on, and where `every` is said all that are absent, which takes longer."""
        with self._lock:
            hidden = self._hidden.setdefault(index, _Hidden(checked_at=time.monotonic()))
        with hidden.lock:
            added = set(absent)
            if every:
                added |= set(_absent_ids(dataset, index).tolist())
            added -= hidden.ids
            hidden.ids |= added
            index.hide(added)

    def reset(self) -> None:
        """Forgets all."""
        with self._lock:
            self._hidden.clear()


def present_ids(dataset: Dataset, image_ids: Iterable[int]) -> set[int]:
    """Those of these images that are ready."""
    asked = list(image_ids)
    if len(asked) > _MOST_ASKED_SINGLY:
        return set(asked) & set(_ready_ids(dataset).tolist())
    found: set[int] = set()
    for start in range(0, len(asked), _IDS_A_QUERY):
        ready = dataset.images.filter(pk__in=asked[start : start + _IDS_A_QUERY], state=Image.State.READY)
        found |= set(ready.order_by().values_list("pk", flat=True))
    return found


def present_among(dataset: Dataset, image_ids: Int64Array) -> BoolArray:
    """Whether each of these images is ready, shape (n,)."""
    present = present_ids(dataset, image_ids.tolist()) if len(image_ids) <= _MOST_ASKED_SINGLY else None
    known = _ready_ids(dataset) if present is None else np.fromiter(present, np.int64, len(present))
    return np.isin(image_ids, known)


def _absent_ids(dataset: Dataset, index: VectorIndex) -> Int64Array:
    ids = np.asarray(index.image_ids)
    absent: Int64Array = ids[~np.isin(ids, _ready_ids(dataset))]
    return absent


def _ready_ids(dataset: Dataset) -> Int64Array:
    ready = dataset.images.filter(state=Image.State.READY).order_by().values_list("pk", flat=True)
    return np.fromiter(ready.iterator(_MOST_ASKED_SINGLY), np.int64)


absence = Absence()
