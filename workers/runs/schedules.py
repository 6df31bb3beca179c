"""Schedules of datasets whose folder is looked through by itself: rows of django-celery-beat, one a dataset."""

from __future__ import annotations

import json
import logging

from django.conf import settings
from django.db import models
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from search.errors import UserError
from search.models import Dataset
from workers.models import Run
from workers.runs.start import start_run

logger = logging.getLogger(__name__)

_HOUR_AT_NIGHT = 3
_LATE_SECONDS = 6 * 3600
"""The age at which a waiting rescan expires; the next one comes."""


class Rescan(models.TextChoices):
    """An interval at which a folder is looked through."""

    NEVER = "never", "only when somebody says so"
    HOURLY = "hourly", "every hour"
    NIGHTLY = "nightly", "every night"
    WEEKLY = "weekly", "on Sunday night"


def rescan_of(dataset: Dataset) -> Rescan:
    """Return how often the folder of this dataset is looked through now."""
    row = _row(dataset).filter(enabled=True).values_list("crontab__hour", "crontab__day_of_week").first()
    if row is None:
        return Rescan.NEVER
    hour, day = row
    if hour == "*":
        return Rescan.HOURLY
    return Rescan.NIGHTLY if day == "*" else Rescan.WEEKLY


def set_rescan(dataset: Dataset, how_often: Rescan) -> None:
    """Write the row that the scheduler reads within seconds, or delete it."""
    if how_often == Rescan.NEVER:
        delete_schedule(dataset)
        return
    crontab, _ = CrontabSchedule.objects.get_or_create(
        minute=str(dataset.pk % 60),  # so that not all folders are read in the same minute
        hour="*" if how_often == Rescan.HOURLY else str(_HOUR_AT_NIGHT),
        day_of_week="0" if how_often == Rescan.WEEKLY else "*",
        day_of_month="*",
        month_of_year="*",
        timezone=settings.TIME_ZONE,
    )
    PeriodicTask.objects.update_or_create(
        name=_name(dataset),
        defaults={
            "task": "workers.tasks.rescan",
            "args": json.dumps([dataset.pk]),
            "crontab": crontab,
            "queue": "cpu",
            "expire_seconds": _LATE_SECONDS,
            "enabled": True,
            "description": f"Indexes what changed in the folder of {dataset.name}.",
        },
    )


def delete_schedule(dataset: Dataset) -> None:
    """Delete the schedule of a dataset."""
    # One by one: the model's own delete tells the scheduler after the row is gone, that of a queryset only before.
    for row in _row(dataset):
        row.delete()


def rescan(dataset_id: int) -> None:
    """Start the index run; a dataset with an active run is left to that."""
    dataset = Dataset.objects.select_related("live_version__encoder").filter(pk=dataset_id).first()
    if dataset is None:
        return
    try:
        start_run(dataset, Run.Kind.INDEX, priority=Run.Priority.LOW)
    except UserError as error:
        logger.warning("the folder of %s was not looked through: %s", dataset.name, error)


def _row(dataset: Dataset) -> models.QuerySet[PeriodicTask]:
    rows: models.QuerySet[PeriodicTask] = PeriodicTask.objects.filter(name=_name(dataset))
    return rows


def _name(dataset: Dataset) -> str:
    return f"rescan dataset {dataset.pk}"
