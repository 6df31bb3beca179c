"""Two workers, one batch: on PostgreSQL this is a race that the database must decide."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from search.models import Dataset
from tests.workers.conftest import do, start, work_off
from workers.models import Batch, Run
from workers.pipeline.lifecycle import claim, leased_row
from workers.registry import DERIVE, INGEST

WORKERS = 3
BATCHES = 60


def test_each_batch_is_claimed_by_one_worker_however_many_ask_at_once(pictures: Dataset) -> None:
    run = start(pictures)
    Batch.objects.bulk_create(Batch(run=run, stage=DERIVE) for _ in range(BATCHES))
    ids = list(run.batches.values_list("pk", flat=True))
    together = Barrier(WORKERS)

    def ask(worker: int) -> list[int]:
        try:
            claimed = []
            for batch_id in ids:
                together.wait(timeout=60)
                if claim(batch_id, f"worker {worker}"):
                    claimed.append(batch_id)
            return claimed
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        claims = [batch_id for claimed in pool.map(ask, range(WORKERS)) for batch_id in claimed]
    assert sorted(claims) == sorted(ids)


def test_an_attempt_that_lost_its_batch_cannot_fail_the_run(pictures: Dataset) -> None:
    run = start(pictures)
    stale = claim(run.batches.get().pk, "slow")
    assert stale is not None
    Batch.objects.update(state=Batch.State.QUEUED)
    second = claim(stale.pk, "quick")
    assert second is not None
    assert not leased_row(stale).exists()
    assert leased_row(second).exists()


def test_an_unreadable_image_stays_so_when_ingest_is_done_twice(pictures: Dataset) -> None:
    run = start(pictures)
    do(run.batches.get())
    do(run.batches.filter(stage=DERIVE).get())
    run.batches.filter(stage=INGEST).update(state=Batch.State.QUEUED)
    run.stages.filter(stage=INGEST).update(finished_at=None)
    assert work_off(run).state == Run.State.DONE
    assert pictures.images.get(name="broken.jpg").state == "failed"
    assert run.batches.filter(stage=DERIVE).count() == 1
