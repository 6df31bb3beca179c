"""The indexes that this process keeps open: one a dataset, replaced when another version goes live."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from search.errors import IndexDamaged, NotSearchable
from search.index import store
from search.index.base import VectorIndex
from search.models import Dataset, IndexVersion
from search.storage import index_folder

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LiveIndex:
    """An open index and the version that it is."""

    version: IndexVersion
    index: VectorIndex


class LiveIndexes:
    """Opens the live version of a dataset once; a request that holds the old one goes on with it undisturbed."""

    def __init__(self) -> None:
        self._open: dict[int, LiveIndex] = {}
        self._refused: dict[int, int] = {}
        self._locks: dict[int, threading.Lock] = {}

    def of(self, dataset: Dataset) -> LiveIndex:
        """The live index; while another thread opens a new version, and when that is damaged, the one before.

        Raises NotSearchable without a live version, IndexDamaged when its files fail verification and none is open.
        """
        if dataset.live_version_id is None:
            raise NotSearchable(
                f"Dataset {dataset.name!r} has no index yet. "
                f"Wait for its run to end, or start one in the administration or with: manage.py reindex {dataset.slug}"
            )
        current = self._open.get(dataset.pk)
        if current and dataset.live_version_id in {current.version.pk, self._refused.get(dataset.pk)}:
            return current
        lock = self._locks.setdefault(dataset.pk, threading.Lock())
        if not lock.acquire(blocking=current is None):
            assert current is not None  # noqa: S101 - only then the lock was not waited for
            return current
        try:
            return self._renewed(dataset, dataset.live_version_id)
        finally:
            lock.release()

    def _renewed(self, dataset: Dataset, version_id: int) -> LiveIndex:
        current = self._open.get(dataset.pk)
        if current and current.version.pk == version_id:
            return current
        version = IndexVersion.objects.select_related("encoder", "dataset").get(pk=version_id)
        try:
            renewed = LiveIndex(version, open_version(version))
        except IndexDamaged:
            if current is None:
                raise
            self._refused[dataset.pk] = version_id
            return current
        self._open[dataset.pk] = renewed
        return renewed

    def pinned(self, dataset: Dataset, version_id: int) -> LiveIndex:
        """An earlier version that is still kept. Raises NotSearchable when it was pruned, IndexDamaged."""
        version = (
            IndexVersion.objects.select_related("encoder", "dataset")
            .filter(pk=version_id, dataset=dataset, state=IndexVersion.State.READY)
            .first()
        )
        if version is None:
            raise NotSearchable(f"This index version of dataset {dataset.name!r} is no longer kept.")
        return LiveIndex(version, open_version(version))

    def reset(self) -> None:
        """Forgets every open index."""
        self._open.clear()
        self._refused.clear()


def open_version(version: IndexVersion) -> VectorIndex:
    """The index of a version, verified. Raises IndexDamaged with the way out."""
    try:
        return store.open_verified(index_folder(version.path), version.encoder.name, version.encoder.dimension)
    except IndexDamaged as error:
        logger.error("%s", error)  # names the folder, which visitors need not know
        raise IndexDamaged(
            f"The index of dataset {version.dataset.name!r} (version {version.number}) is damaged. "
            f"An administrator can rebuild it: manage.py reindex {version.dataset.slug}"
        ) from error


live_indexes = LiveIndexes()
