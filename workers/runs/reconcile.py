"""The repair of indexes that lack images, by runs like any other; once a day, and by the doctor."""

from __future__ import annotations

import logging

from search.datasets.disk_usage import note_index_check
from search.errors import UserError
from search.models import Dataset
from search.versions.reconcile import Reconciliation, reconcile
from workers.models import Run
from workers.runs.start import start_run

logger = logging.getLogger(__name__)


def reconcile_all() -> None:
    """Compare every live index with the database, and start a run where images cannot be found.

    A dataset that is being worked on is left to its run.
    """
    busy = Run.objects.filter(state=Run.State.ACTIVE).values("dataset")
    idle = Dataset.objects.filter(live_version__isnull=False).exclude(pk__in=busy)
    for dataset in idle.select_related("live_version__encoder"):
        _reconcile(dataset)


def reconcile_one(dataset_id: int) -> None:
    """Compare the index of one dataset with the database; its page in the administration shows the result."""
    dataset = Dataset.objects.select_related("live_version__encoder").filter(pk=dataset_id).first()
    if dataset is not None:
        _reconcile(dataset)


def _reconcile(dataset: Dataset) -> None:
    try:
        result = reconcile(dataset)
        if result is None:
            return
        note_index_check(dataset, result.sentence())
        if not result.is_complete:
            logger.error("%s", result.sentence())
            repair_index(result)
    except (UserError, OSError) as error:
        logger.error("the index of %s was not compared: %s", dataset.name, error)


def repair_index(result: Reconciliation) -> Run:
    """Start the run that makes index and database agree. Raises what `start_run` raises."""
    return start_run(result.dataset, Run.Kind.REBUILD, priority=Run.Priority.LOW)
