"""Why a run stands still, in a sentence with the way out."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from pytest_django import Settings

from search.models import Dataset
from tests.conftest import MakeDataset, MakeImages
from tests.environment import free_port
from tests.workers.conftest import start
from workers.models import Batch, Run
from workers.pipeline.lifecycle import claim
from workers.runs.control import pause_run
from workers.runs.stalled import why_idle


def test_nobody_takes_its_batches(pictures: Dataset) -> None:
    run = start(pictures)
    assert why_idle(run) == (
        f"No worker takes the batches of run {run.pk}: 1 batch waits. Is clipsite running? Start it with: make run"
    )


def test_the_workers_are_busy_with_another_run(
    pictures: Dataset, make_dataset: MakeDataset, make_images: MakeImages
) -> None:
    other = start(make_dataset(make_images("other", red="red"), name="Other"))
    run = start(pictures)
    claim(other.batches.get().pk, "worker")
    assert f"busy with run {other.pk}: 1 batch waits" in str(why_idle(run))


def test_it_is_paused(pictures: Dataset) -> None:
    run = start(pictures)
    pause_run(run)
    assert why_idle(Run.objects.get(pk=run.pk)) == f"Run {run.pk} is paused. Resume it on its page."


def test_the_broker_does_not_answer(pictures: Dataset, settings: Settings) -> None:
    run = start(pictures)
    address = f"redis://:secret@127.0.0.1:{free_port()}/0"
    settings.REDIS_URL = address
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": address}}
    assert "does not answer" in str(why_idle(run))


def test_a_long_batch_is_no_standstill_until_its_worker_falls_silent(pictures: Dataset) -> None:
    run = start(pictures)
    batch = claim(run.batches.get().pk, "worker")
    assert batch is not None
    assert why_idle(run) is None
    Batch.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    assert "gave no sign of life for 300 s" in str(why_idle(run))
