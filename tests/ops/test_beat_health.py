"""The health check of the scheduler's container: beat is well while it starts tasks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from clipsite.server.health import beat_starts_tasks


@pytest.mark.parametrize(("minutes", "is_well"), [(None, False), (30, False), (2, True)])
def test_beat_is_well_while_it_starts_tasks(db: None, minutes: int | None, is_well: bool) -> None:
    every = IntervalSchedule.objects.create(every=10, period=IntervalSchedule.SECONDS)
    ran = None if minutes is None else timezone.now() - timedelta(minutes=minutes)
    PeriodicTask.objects.create(name="repair", task="workers.tasks.repair_runs", interval=every, last_run_at=ran)
    assert beat_starts_tasks() is is_well
