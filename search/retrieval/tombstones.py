"""Images that left the library after their index was built: hidden from its searches as soon as one of them is met."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from search.images.presence import present_ids, ready_ids
from search.index.base import VectorIndex
from search.models import Dataset
from search.values import Int64Array

TRUSTED_SECONDS = 5.0
"""After this time it is asked whether hidden images came back."""


@dataclass(slots=True)
class _Hidden:
    ids: set[int] = field(default_factory=set)
    checked_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Absence:
    """The entries that this process has hidden in each open index."""

    def __init__(self) -> None:
        # Weak, so that remembering hidden images keeps no replaced index open.
        self._hidden: weakref.WeakKeyDictionary[VectorIndex, _Hidden] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def count(self, index: VectorIndex) -> int:
        """Return how many images of the index are known to be absent."""
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


def _absent_ids(dataset: Dataset, index: VectorIndex) -> Int64Array:
    ids = np.asarray(index.image_ids)
    absent: Int64Array = ids[~np.isin(ids, ready_ids(dataset))]
    return absent


absence = Absence()
