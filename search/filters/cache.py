"""A cache of filters prepared for open indexes, for a few seconds: a second page and a reload ask the same."""

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

CACHE_SECONDS = 5.0
"""How long a tag or a name may have changed before searches notice."""

_MOST_ENTRIES = 64


@dataclass(frozen=True, slots=True)
class _Entry:
    index: weakref.ref[VectorIndex]
    selection: FilterMask
    until: float


class Selections:
    """The cache of this process, the oldest entry first; its weak references hold no replaced index open."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[int, Filters], _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, dataset: Dataset, live: LiveIndex, filters: Filters, *, anew: bool = False) -> FilterMask:
        """The images of an index that pass the filters, as they were a few seconds ago or, with `anew`, as they are."""
        key = (live.version.pk, filters)
        with self._lock:
            self._forget_old()
            entry = self._entries.get(key)
        if entry is not None and not anew and entry.index() is live.index:
            return entry.selection
        selection = live.index.select(criteria(dataset, filters))
        with self._lock:
            self._entries[key] = _Entry(weakref.ref(live.index), selection, time.monotonic() + CACHE_SECONDS)
            self._entries.move_to_end(key)
        return selection

    def _forget_old(self) -> None:
        now = time.monotonic()
        while self._entries:
            key, oldest = next(iter(self._entries.items()))
            if oldest.until > now and len(self._entries) < _MOST_ENTRIES:
                return
            del self._entries[key]

    def reset(self) -> None:
        """Empties the cache."""
        with self._lock:
            self._entries.clear()


selections = Selections()
