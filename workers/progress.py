"""Telling browsers that a run changed: numbered in SQL, sent through the channel layer, at most twice a second."""

from __future__ import annotations

import logging
import time

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db.models import F
from redis.exceptions import RedisError

from workers.events import GROUP, RunChanged
from workers.models import Run
from workers.state import run_state

logger = logging.getLogger(__name__)

_LEAST_SECONDS = 0.5
_last_sent: dict[int, float] = {}


def publish_soon(run_id: int) -> None:
    """Publishes unless this process did so within the last half second; a later change carries what is left out."""
    if time.monotonic() - _last_sent.get(run_id, 0.0) >= _LEAST_SECONDS:
        publish(run_id)


def publish(run_id: int) -> None:
    """Numbers the run's state and sends it. A socket is a hint: that Valkey does not answer must not stop the work."""
    _last_sent[run_id] = time.monotonic()
    if not Run.objects.filter(pk=run_id).update(sequence=F("sequence") + 1):
        return
    run = Run.objects.select_related("dataset").prefetch_related("stages").get(pk=run_id)
    message: RunChanged = {"type": "run.changed", "dataset_id": run.dataset_id, "run": run_state(run)}
    try:
        async_to_sync(get_channel_layer().group_send)(GROUP, message)
    except (RedisError, OSError) as error:
        logger.warning("progress of run %s was not sent: %s", run_id, error)
