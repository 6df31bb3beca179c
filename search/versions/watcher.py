"""The thread of a web process that sees new versions go live, opens them, and announces what this process serves."""

from __future__ import annotations

import logging
import threading
import time

from django.db import DatabaseError, connection
from django.db.models import QuerySet

from search.errors import UserError
from search.index.live import live_indexes
from search.models import Dataset, IndexVersion
from search.query.vectors import text_vector
from search.versions import serving
from search.versions.warm_up import warm_query_path

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
_ANNOUNCE_SECONDS = 5.0
_LEAST_PAUSE_SECONDS = 0.2
_PROBE = "a photo"


class Watcher(threading.Thread):
    """The thread that follows live versions: once a second, and at once when a query met another version than it got.

    Queries never wait for it: it opens the new files beside the old, and then replaces one entry of a dictionary.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name="watcher", daemon=True)
        self._process = name
        self._called = threading.Event()
        self._stopped = threading.Event()
        self._announced: dict[int, int] | None = None
        self._announced_at = 0.0

    def run(self) -> None:
        self._warm()
        live_indexes.set_watcher(self._called.set)
        try:
            while not self._stopped.wait(_LEAST_PAUSE_SECONDS):
                self._called.clear()
                self.look()
                self._called.wait(LOOK_SECONDS)
        finally:
            live_indexes.set_watcher(None)
            self._withdraw()

    def stop(self) -> None:
        """Ends the thread after what it is doing."""
        self._stopped.set()
        self._called.set()

    def look(self) -> None:
        """Opens every version that went live, lets go of datasets that are gone, and announces what is served."""
        try:
            self._follow()
            self._announce()
        except Exception:
            logger.exception("looking for new index versions failed; it is tried again")
            connection.close()

    def _warm(self) -> None:
        try:
            warm_query_path()
        except Exception:
            logger.exception("the first query will be slower")

    def _follow(self) -> None:
        indexed = Dataset.objects.filter(live_version__isnull=False)
        live = dict(indexed.values_list("pk", "live_version_id"))
        served = live_indexes.serving()
        for dataset_id, version_id in live.items():
            if served.get(dataset_id) != version_id:
                self._swap(indexed, dataset_id)
        live_indexes.keep_only(live.keys())

    def _swap(self, indexed: QuerySet[Dataset], dataset_id: int) -> None:
        dataset = indexed.select_related("live_version__encoder").filter(pk=dataset_id).first()
        if dataset is None or dataset.live_version is None:
            return
        if dataset.live_version.state == IndexVersion.State.READY:
            _load_text_tower(dataset.live_version)
        try:
            live_indexes.renew(dataset)
        except UserError as error:
            logger.warning("%s", error)

    def _announce(self) -> None:
        now_served = live_indexes.serving()
        if now_served == self._announced and time.monotonic() - self._announced_at < _ANNOUNCE_SECONDS:
            return
        serving.announce(self._process, now_served)
        serving.drop_stale()
        self._announced, self._announced_at = now_served, time.monotonic()

    def _withdraw(self) -> None:
        try:
            serving.withdraw(self._process)
        except DatabaseError:
            logger.warning("the list of processes keeps %s for half a minute", self._process)
        finally:
            connection.close()


def _load_text_tower(version: IndexVersion) -> None:
    """Ahead of the swap, so that no query waits for another encoder; the version answers images even without."""
    try:
        text_vector(version.encoder.name, _PROBE)
    except Exception as error:  # noqa: BLE001 - foreign libraries and weights, which fail in their own ways
        logger.warning("texts cannot be searched in %s: %s", version, error)
