"""The indexes that this process keeps open: one a dataset, replaced when another version goes live."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.conf import settings

from search.errors import IndexDamaged, NotSearchable, UserError
from search.files.paths import index_folder
from search.index import store
from search.index.base import VectorIndex
from search.index.recovery import damage_sentence, fall_back, mark_damaged, require_undamaged
from search.models import Dataset, IndexVersion

logger = logging.getLogger(__name__)

PINNED = 4
"""Versions beside the live ones that stay open for cursors and comparisons."""

_PINNED_SECONDS = 300.0


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class LiveIndex:
    """An open index and the version that it is; it is closed when nobody holds this, so hold this, not its `index`."""

    version: IndexVersion
    index: VectorIndex


class LiveIndexes:
    """Opens the live version of a dataset once; a request that holds the old one goes on with it undisturbed.

    With a watcher it is the watcher that opens another version, and no query waits for one. Without, the first query
    that notices opens it, while the others answer from the old one.
    """

    def __init__(self) -> None:
        self._open: dict[int, LiveIndex] = {}
        self._pinned: OrderedDict[int, tuple[LiveIndex, float]] = OrderedDict()
        self._locks: dict[int, threading.Lock] = {}
        self._opening_pins = threading.Lock()
        self._changing_pins = threading.Lock()
        self._call_watcher: Callable[[], None] | None = None

    def of(self, dataset: Dataset) -> LiveIndex:
        """The live index; while another version is being opened, and when none can be, the one before.

        Raises NotSearchable without a live version, IndexDamaged when its files fail verification and none is open.
        """
        if dataset.live_version_id is None:
            raise _not_indexed(dataset)
        current = self._open.get(dataset.pk)
        if current is None:
            return self.renew(dataset)
        if current.version.pk == dataset.live_version_id:
            return current
        if self._call_watcher is not None:
            self._call_watcher()
            return current
        return self.renew(dataset, wait=False)

    def renew(self, dataset: Dataset, *, wait: bool = True) -> LiveIndex:
        """Opens what the database says is live beside what is open, and puts it in its place. Raises as `of` does.

        Without `wait`, what is open is returned while another thread does the same.
        """
        lock = self._locks.setdefault(dataset.pk, threading.Lock())
        current = self._open.get(dataset.pk)
        if not lock.acquire(blocking=wait or current is None):
            assert current is not None  # noqa: S101 - only then the lock was not waited for
            return current
        try:
            return self._open_newest(dataset)
        finally:
            lock.release()

    def _open_newest(self, dataset: Dataset) -> LiveIndex:
        current = self._open.get(dataset.pk)
        # Read again: the row that the caller has may be older than what is open.
        version = _live_version(dataset)
        while current is None or current.version.pk != version.pk:
            try:
                opened = LiveIndex(version, open_version(version))
            except UserError as error:
                # Whoever found the damage may have made an earlier version live.
                now_live = _live_version(dataset)
                if isinstance(error, IndexDamaged) and now_live.pk != version.pk:
                    version = now_live
                    continue
                if current is None:
                    raise
                logger.warning("version %s goes on serving: %s", current.version, error)
                return current
            weakref.finalize(opened, opened.index.close).atexit = False
            # The whole swap: one entry of a dictionary, so that no query waits. A request that holds the old index goes
            # on with it, and the last one that drops it closes it.
            self._open[dataset.pk] = opened
            return opened
        return current

    def pinned(self, dataset: Dataset, version_id: int) -> LiveIndex:
        """A certain version, which a cursor or a comparison names. Raises NotSearchable when it is no longer kept."""
        current = self._open.get(dataset.pk)
        if current and current.version.pk == version_id:
            return current
        with self._opening_pins:
            pin = self._pinned.get(version_id)
            live = pin[0] if pin and pin[0].version.dataset_id == dataset.pk else _open_pin(dataset, version_id)
            self._update_pins(live)
        return live

    def _update_pins(self, used: LiveIndex | None = None) -> None:
        """Pins the version that is used, and unpins all but those that were used last and lately."""
        with self._changing_pins:
            if used is not None:
                self._pinned[used.version.pk] = (used, time.monotonic())
                self._pinned.move_to_end(used.version.pk)
            for version_id, (_, used_at) in list(self._pinned.items()):
                if len(self._pinned) > PINNED or time.monotonic() - used_at > _PINNED_SECONDS:
                    del self._pinned[version_id]

    def serving(self) -> dict[int, int]:
        """Ids of the versions that answer here, by the id of the dataset."""
        return {dataset_id: live.version.pk for dataset_id, live in list(self._open.items())}

    def keep_only(self, dataset_ids: Collection[int]) -> None:
        """Closes the indexes of datasets that are gone, and pinned versions that nobody asked for lately."""
        for dataset_id in set(self._open) - set(dataset_ids):
            self._open.pop(dataset_id, None)
        self._update_pins()

    def set_watcher(self, call: Callable[[], None] | None) -> None:
        """Leaves renewing to a watcher, which `call` wakes when a query saw another version; None: nobody watches."""
        self._call_watcher = call

    def reset(self) -> None:
        """Forgets every open index."""
        self._open.clear()
        self._pinned.clear()


def open_version(version: IndexVersion) -> VectorIndex:
    """The index of a version, verified; one that is damaged is marked, and the best one before it goes live for it.

    Raises IndexDamaged with the way out, or ServiceUnavailable: a server of vectors is away.
    """
    require_undamaged(version)
    try:
        return store.open_verified(index_folder(version.path), version.encoder.name, version.encoder.dimension)
    except IndexDamaged as error:
        mark_damaged(version, str(error))
        fall_back(version)
        raise IndexDamaged(damage_sentence(version)) from error


def _live_version(dataset: Dataset) -> IndexVersion:
    version = IndexVersion.objects.select_related("encoder", "dataset").filter(live_in=dataset.pk).first()
    if version is None:
        raise _not_indexed(dataset)
    return version


def _open_pin(dataset: Dataset, version_id: int) -> LiveIndex:
    versions = IndexVersion.objects.select_related("encoder", "dataset")
    version = versions.filter(pk=version_id, dataset=dataset, state=IndexVersion.State.READY).first()
    if version is None:
        raise NotSearchable(f"This version of the index of dataset {dataset.name!r} is no longer kept.")
    try:
        opened = LiveIndex(version, open_version(version))
    except IndexDamaged as error:
        raise NotSearchable(str(error)) from error
    weakref.finalize(opened, opened.index.close).atexit = False
    return opened


def _not_indexed(dataset: Dataset) -> NotSearchable:
    return NotSearchable(
        f"Dataset {dataset.name!r} has no index yet. "
        f"Wait for its run to end, or start one: choose Index on its page, or run {settings.COMMAND} ingest."
    )


live_indexes = LiveIndexes()
