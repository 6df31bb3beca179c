"""Schedules are rows: those of the site are written at each start, that of a dataset by its page."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from search.models import Dataset
from tests.conftest import FAKE_ENCODER
from tests.workers.conftest import start
from workers import tasks
from workers.celery import app
from workers.models import Run
from workers.runs import schedules
from workers.runs.schedules import Rescan


@pytest.mark.parametrize("how_often", list(Rescan))
def test_what_was_chosen_is_what_is_read_back(pictures: Dataset, how_often: Rescan) -> None:
    schedules.set_rescan(pictures, Rescan.HOURLY)
    schedules.set_rescan(pictures, how_often)
    assert schedules.rescan_of(pictures) == how_often
    assert PeriodicTask.objects.count() == (how_often != Rescan.NEVER)


def test_every_night_means_at_three_in_the_time_zone_of_the_site(pictures: Dataset) -> None:
    schedules.set_rescan(pictures, Rescan.NIGHTLY)
    crontab = PeriodicTask.objects.get().crontab.schedule
    zone = ZoneInfo(settings.TIME_ZONE)
    evening = datetime(2026, 3, 10, 22, 0, tzinfo=zone)
    crontab.nowfun = lambda: evening
    coming = evening + crontab.remaining_estimate(evening)
    assert (coming.day, coming.hour) == (11, 3)


def test_a_rescan_indexes_what_changed_and_lets_others_go_first(pictures: Dataset) -> None:
    tasks.rescan(pictures.pk)
    run = pictures.runs.get()
    assert (run.kind, run.priority, run.requested_by) == (Run.Kind.INDEX, Run.Priority.LOW, None)


def test_a_dataset_that_is_being_worked_on_is_left_to_its_run(pictures: Dataset) -> None:
    run = start(pictures, encoder=FAKE_ENCODER)
    tasks.rescan(pictures.pk)
    assert list(pictures.runs.all()) == [run]


def test_the_scheduler_writes_the_schedules_of_the_site_and_keeps_one_switched_off(transactional_db: None) -> None:
    DatabaseScheduler(app=app)
    rows = {row.name: row for row in PeriodicTask.objects.all()}
    assert set(rows) == set(settings.CELERY_BEAT_SCHEDULE)
    repair = rows["repair-runs"]
    assert (repair.queue, repair.expire_seconds, repair.interval.every) == ("repair", 10, 10)
    PeriodicTask.objects.filter(name="sweep-map-cache").update(enabled=False)
    DatabaseScheduler(app=app)
    assert not PeriodicTask.objects.get(name="sweep-map-cache").enabled


def test_every_schedule_of_the_site_names_a_task_that_there_is() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)
