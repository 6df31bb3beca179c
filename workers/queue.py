"""Handing batches to Celery: after the commit, by id, on the queue of their stage."""

from __future__ import annotations

import logging

from django.db import transaction
from kombu.exceptions import OperationalError

from clipsite.celery import app
from workers.models import Batch, Stage

logger = logging.getLogger(__name__)

QUEUES = {
    Stage.INGEST: "cpu",
    Stage.DERIVE: "cpu",
    Stage.EMBED: "gpu",
    Stage.BUILD: "cpu",
    Stage.PROJECT: "cpu",
}


def enqueue_on_commit(batch: Batch) -> None:
    """Sends the batch once its row is committed; a message that is lost is sent again by `workers.repair`."""
    transaction.on_commit(lambda: enqueue(batch))


def enqueue(batch: Batch) -> None:
    stage = Stage(batch.stage)
    try:
        app.send_task(f"workers.tasks.{stage.value}", args=[batch.pk], queue=QUEUES[stage], retry=False)
    except OperationalError:
        logger.warning("batch %s could not be queued; it will be sent again", batch.pk)


def waiting_messages(queue: str) -> int:
    """How many messages wait in a queue. Raises kombu's OperationalError when the broker does not answer."""
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        return int(channel.queue_declare(queue=queue, durable=True, auto_delete=False).message_count)
