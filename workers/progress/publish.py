"""Messages to browsers that a run changed: numbered in SQL, sent through the channel layer, at most twice a second."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from redis.exceptions import RedisError

from workers.models import Run
from workers.progress.events import GROUP, run_changed
from workers.progress.state import run_state, with_progress

logger = logging.getLogger(__name__)

LEAST_INTERVAL = timedelta(seconds=0.5)


def publish(run_id: int) -> None:
    """Send the run's state; wait for its turn, half a second at most, where the last message is that young."""
    last = _last_sent(run_id)
    time.sleep(_until_turn(last))
    _send(run_id, last)


def publish_soon(run_id: int) -> None:
    """Send the run's state without waiting: at its turn a thread does, so that the end of a burst is never left out."""
    last = _last_sent(run_id)
    if _until_turn(last):
        _delayed_publisher.add(run_id)
    else:
        _send(run_id, last)


def publish_unsent() -> None:
    """Send every active run's state, and the end of a run whose process ended before it was published."""
    is_unpublished = Q(published_at=None) | Q(finished_at__gt=F("published_at"))
    for run_id in Run.objects.filter(Q(state=Run.State.ACTIVE) | is_unpublished).values_list("pk", flat=True):
        publish_soon(run_id)


class _DelayedPublisher:
    """The runs that this process publishes later; one thread for each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: set[int] = set()

    def add(self, run_id: int) -> None:
        with self._lock:
            if run_id in self._runs:
                return
            self._runs.add(run_id)
        try:
            threading.Thread(target=self._publish, args=(run_id,), name=f"publish-{run_id}", daemon=True).start()
        except (RuntimeError, MemoryError):  # no room for a thread, as under the memory limit of derive
            with self._lock:
                self._runs.discard(run_id)

    def _publish(self, run_id: int) -> None:
        try:
            time.sleep(_until_turn(_last_sent(run_id)))
            with self._lock:
                # From here on a change starts a thread of its own; those before are committed and will be read.
                self._runs.discard(run_id)
            publish(run_id)
        except DatabaseError as error:
            logger.warning("progress of run %s was not sent: %s", run_id, error)
        finally:
            with self._lock:
                self._runs.discard(run_id)
            # This thread had a connection of its own, which no end of a request or task closes.
            connection.close()


_delayed_publisher = _DelayedPublisher()


def _last_sent(run_id: int) -> datetime | None:
    return Run.objects.filter(pk=run_id).values_list("published_at", flat=True).first()


def _until_turn(last: datetime | None) -> float:
    """Return the seconds until the next message may follow; bounded, should another machine's clock be ahead."""
    if last is None:
        return 0.0
    return max(timedelta(0), min(LEAST_INTERVAL, last + LEAST_INTERVAL - timezone.now())).total_seconds()


def _send(run_id: int, last: datetime | None) -> None:
    """Number the run's state and send it, unless another process did after `last`: its message holds our change.

    A socket is a hint: that Valkey does not answer must not stop the work.
    """
    with transaction.atomic():
        # The row stays locked until its state is read, so that every number belongs to one message.
        due = Run.objects.filter(pk=run_id, published_at=last)
        if not due.update(sequence=F("sequence") + 1, published_at=timezone.now()):
            return
        run = with_progress(Run.objects.filter(pk=run_id)).get()
        message = run_changed(run_state(run), run.dataset_id)
    try:
        async_to_sync(get_channel_layer().group_send)(GROUP, message)
    except (RedisError, OSError) as error:
        logger.warning("progress of run %s was not sent: %s", run_id, error)
