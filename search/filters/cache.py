"""Filters prepared for open indexes, kept for a few seconds: a second page and a reload ask the same."""

from __future__ import annotations

import threading
import time
import weakref
from collections import OrderedDict
from dataclasses import dataclass

from search.filters.filters import criteria
from search.index.base import FilterMask, VectorIndex
from search.index.live import LiveIndex
from search.models import Dataset
from search.values import Filters

KEPT_SECONDS = 5.0
"""How long a tag or a name may have changed before searches notice."""

_MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class _Kept:
    index: weakref.ref[VectorIndex]
    selection: FilterMask
    until: float


class Selections:
    """The selections of this process, the oldest first; an index that was replaced is not held open by them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, Filters], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, dataset: Dataset, live: LiveIndex, conditions: Filters, *, anew: bool = False) -> FilterMask:
        """What of this index meets the conditions, as it was a few seconds ago or, asked `anew`, as it is."""
        key = (live.version.pk, conditions)
        with self._lock:
            self._forget_old()
            kept = self._kept.get(key)
        if kept is not None and not anew and kept.index() is live.index:
            return kept.selection
        selection = live.index.select(criteria(dataset, conditions))
        with self._lock:
            self._kept[key] = _Kept(weakref.ref(live.index), selection, time.monotonic() + KEPT_SECONDS)
            self._kept.move_to_end(key)
        return selection

    def _forget_old(self) -> None:
        now = time.monotonic()
        while self._kept:
            key, oldest = next(iter(self._kept.items()))
            if oldest.until > now and len(self._kept) < _MOST_KEPT:
                return
            del self._kept[key]

    def reset(self) -> None:
        """Forgets all."""
        with self._lock:
            self._kept.clear()


selections = Selections()
