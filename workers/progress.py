"""Telling browsers that a run changed: numbered in SQL, sent through the channel layer, at most twice a second."""

from __future__ import annotations

import logging
from datetime import timedelta

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from redis.exceptions import RedisError

from workers.events import GROUP, RunChanged
from workers.models import Run
from workers.state import run_state

logger = logging.getLogger(__name__)

LEAST_INTERVAL = timedelta(seconds=0.5)


def publish_soon(run_id: int) -> None:
    """Publishes unless that was done within the last half second; a later change carries what is left out."""
    recent = timezone.now() - LEAST_INTERVAL
    _publish(run_id, Run.objects.filter(pk=run_id).exclude(published_at__gt=recent))


def publish(run_id: int) -> None:
    """Publishes whatever was published before: for changes that must show at once."""
    _publish(run_id, Run.objects.filter(pk=run_id))


def _publish(run_id: int, due: QuerySet[Run]) -> None:
    """Numbers the run's state and sends it. A socket is a hint: that Valkey does not answer must not stop the work."""
    with transaction.atomic():
        # The row stays locked until its state is read, so that every number belongs to one message.
        if not due.update(sequence=F("sequence") + 1, published_at=timezone.now()):
            return
        run = Run.objects.select_related("dataset").prefetch_related("stages").get(pk=run_id)
        message: RunChanged = {"type": "run.changed", "dataset_id": run.dataset_id, "run": run_state(run)}
    try:
        async_to_sync(get_channel_layer().group_send)(GROUP, message)
    except (RedisError, OSError) as error:
        logger.warning("progress of run %s was not sent: %s", run_id, error)
