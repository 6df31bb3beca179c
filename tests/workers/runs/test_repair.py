"""What is lost on the way is found again from SQL."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from search.models import Dataset
from tests.workers.conftest import start, work_off
from workers.celery import app
from workers.models import Batch, Run
from workers.pipeline.lifecycle import MAX_ATTEMPTS, claim
from workers.pipeline.lost_workers import LEASE
from workers.pipeline.queue import waiting_messages
from workers.runs.repair import LOST_MESSAGE_AGE, repair_runs


def purge() -> None:
    with app.connection_for_write() as connection:
        for queue in ("cpu", "gpu"):
            connection.default_channel.queue_purge(queue)


def age(batch: Batch) -> None:
    past = timezone.now() - max(LEASE, LOST_MESSAGE_AGE) - timedelta(seconds=1)
    Batch.objects.filter(pk=batch.pk).update(heartbeat_at=past, queued_at=past)


def test_it_requeues_the_batch_of_a_lost_worker(pictures: Dataset) -> None:
    run = start(pictures)
    batch = claim(run.batches.get().pk, "a worker that dies")
    assert batch is not None
    repair_runs()
    batch.refresh_from_db()
    assert batch.state == Batch.State.RUNNING
    age(batch)
    repair_runs()
    batch.refresh_from_db()
    assert batch.state == Batch.State.QUEUED
    assert run.events.latest("pk").text == "find images is tried again: its worker was lost."
    assert work_off(run).state == Run.State.DONE


def test_it_gives_up_on_a_batch_that_keeps_losing_workers(pictures: Dataset) -> None:
    run = start(pictures)
    for _ in range(MAX_ATTEMPTS):
        batch = claim(run.batches.get().pk, "worker")
        assert batch is not None
        age(batch)
        repair_runs()
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert f"tried {MAX_ATTEMPTS} times in vain: its worker was lost" in run.message


def test_it_sends_a_batch_again_whose_message_the_broker_forgot(pictures: Dataset) -> None:
    run = start(pictures)
    purge()
    repair_runs()
    assert waiting_messages("cpu") == 0
    age(run.batches.get())
    repair_runs()
    assert waiting_messages("cpu") == 1


def test_it_advances_a_run_whose_last_worker_died_before_it_could(pictures: Dataset) -> None:
    run = start(pictures)
    run.batches.update(state=Batch.State.DONE)
    repair_runs()
    assert run.batches.filter(stage="build", state=Batch.State.QUEUED).count() == 1


def test_it_ignores_an_attempt_that_lost_its_batch_to_another(pictures: Dataset) -> None:
    run = start(pictures)
    first = claim(run.batches.get().pk, "slow")
    assert first is not None
    age(first)
    repair_runs()
    second = claim(first.pk, "quick")
    assert second is not None
    assert second.attempts == first.attempts + 1
    assert claim(first.pk, "third") is None
