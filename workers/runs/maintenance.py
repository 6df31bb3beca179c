"""Jobs on datasets that are no runs: removal of deleted ones, disk usage, the comparison with the index."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from search.datasets import delete, disk_usage
from search.errors import BucketUnavailable
from search.models import Dataset
from workers.celery import app
from workers.models import Batch, Run
from workers.pipeline.lost_workers import LEASE
from workers.runs import schedules
from workers.runs.control import cancel_run

logger = logging.getLogger(__name__)

MEASURE_INTERVAL = timedelta(days=1)
_RESEND_SECONDS = 30


def delete_dataset(dataset: Dataset) -> None:
    """Mark a dataset as deleted for everybody at once and cancel its run; a worker removes rows and files."""
    for run in dataset.runs.filter(state=Run.State.ACTIVE):
        cancel_run(run)
    with transaction.atomic():
        schedules.delete_schedule(dataset)
        delete.mark_deleted(dataset)
        transaction.on_commit(lambda: _send("remove_dataset", dataset.pk))


def remove_dataset(dataset_id: int) -> None:
    """Remove rows and files of a deleted dataset, unless a worker still has a batch of it: then repair asks again."""
    alive = timezone.now() - LEASE
    at_work = Batch.objects.filter(run__dataset=dataset_id, state=Batch.State.RUNNING, heartbeat_at__gt=alive)
    try:
        # A batch at work would write rows and files anew behind the removal.
        if not at_work.exists() and delete.remove_deleted(dataset_id):
            logger.info("dataset %s and its files are removed", dataset_id)
    except BucketUnavailable as error:
        logger.warning("dataset %s is removed later: %s", dataset_id, error)


def resend_removals() -> None:
    """Ask again for removals whose message or worker was lost."""
    old = timezone.now() - timedelta(seconds=_RESEND_SECONDS)
    for pk in delete.waiting_for_removal().filter(deleted_at__lt=old).values_list("pk", flat=True):
        # It expires, so that messages do not pile up where workers are busy for hours.
        _send("remove_dataset", pk, expires=_RESEND_SECONDS)


def measure_due() -> None:
    """Measure datasets on which a run ended since their last measurement, and each once a day."""
    ended = Run.objects.filter(dataset=OuterRef("pk"), finished_at__gt=OuterRef("usage__measured_at"))
    old = Q(usage__measured_at=None) | Q(usage__measured_at__lt=timezone.now() - MEASURE_INTERVAL)
    # The longest unmeasured first, so that each has its turn however long one takes.
    for dataset in Dataset.objects.filter(old | Exists(ended)).order_by(F("usage__measured_at").asc(nulls_first=True)):
        disk_usage.measure(dataset)


def request_index_check(dataset: Dataset) -> bool:
    """Let a worker compare index and database; return whether it could be asked."""
    return _send("reconcile_dataset", dataset.pk)


def _send(task: str, dataset_id: int, expires: float | None = None) -> bool:
    how = {"queue": "cpu", "priority": Run.Priority.LOW, "retry": False, "expires": expires}
    try:
        app.send_task(f"workers.tasks.{task}", args=[dataset_id], **how)
    except OperationalError:
        logger.warning("%s of dataset %s could not be queued", task, dataset_id)
        return False
    return True
