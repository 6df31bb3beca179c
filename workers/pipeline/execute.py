"""The execution of one batch: claim it, renew its lease, call the stage's work, record the outcome."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection
from django.utils import timezone

from search.errors import BucketUnavailable, DiskFull, UserError
from search.log_context import log_fields
from search.values import Report
from workers.models import Batch, Run
from workers.pipeline import disk_space, lifecycle, lost_workers
from workers.pipeline.advance import advance
from workers.pipeline.exclusive import SharedLock
from workers.pipeline.lifecycle import LeaseLostError
from workers.processes import identity
from workers.progress.eta import Sample, add_sample
from workers.progress.publish import publish_soon
from workers.registry import IMAGE_STAGES, Work, get_stage

logger = logging.getLogger(__name__)

LEASE_RENEWAL = 5.0
"""Seconds between renewals of a lease; without one for LEASE, `workers.pipeline.lost_workers` recovers the batch."""

_REPORT_SECONDS = 1.0

_process_lock = SharedLock()


def execute(batch_id: int, work: Work) -> None:
    """Work on the batch unless another worker has it; every outcome ends up in SQL."""
    # A batch over which a worker was lost has the process to itself, so that no batch beside it is blamed.
    with _process_lock.acquire(exclusive=lost_workers.is_suspected(batch_id)):
        _execute(batch_id, work)


def _execute(batch_id: int, work: Work) -> None:
    batch = lifecycle.claim(batch_id, identity.own_name())
    if batch is None:
        lost_workers.recover(batch_id)  # delivered again, perhaps because the process that claimed it is gone
        return
    with log_fields(run=batch.run_id, batch=batch.pk):
        _attempt(batch, work)


def _attempt(batch: Batch, work: Work) -> None:
    publish_soon(batch.run_id)
    try:
        with renewed_lease(batch):
            outcome = work(batch, _reporter(batch))
        lifecycle.finish(batch, outcome)
        advance(batch.run_id)
    except LeaseLostError:
        # Where the run is over, the row is still ours, and would say running for ever: repair looks at active runs.
        lifecycle.leased_row(batch).update(state=Batch.State.FAILED)
    except DatabaseError:
        # If the database does not answer at all, this fails too: the lease runs out, and repair does the same later.
        logger.exception("%s failed", batch)
        connection.close()
        if not disk_space.wait_if_short(batch):
            lifecycle.try_again(batch, "the database refused")
    except DiskFull:
        disk_space.wait_for_disk_space(batch)
    except BucketUnavailable as error:
        disk_space.wait_for_disk_space(batch, str(error))
    except UserError as error:
        # A run's message is read by whoever may see the dataset; the full text is for who runs the server.
        logger.warning("%s failed: %s", batch, error)
        lifecycle.fail(batch, error.public)
    except Exception as error:  # the one place where any failure of the work becomes a failed run
        if not Batch.objects.filter(pk=batch.pk).exists():
            return  # its dataset was deleted under it
        logger.exception("%s failed", batch)
        if not disk_space.wait_if_short(batch):
            # Whoever may see the dataset may read this; paths and other inner matters stay in the log.
            sentence = f"failed unexpectedly ({type(error).__name__}); see the worker's log."
            lifecycle.fail(batch, f"{get_stage(batch.stage).label} {sentence}")
    publish_soon(batch.run_id)


def _reporter(batch: Batch) -> Report:
    """Return the report of a batch: it writes progress of one-batch stages, and stops the work of an ended run."""
    last = 0.0
    is_only_batch = batch.stage not in IMAGE_STAGES
    samples: list[Sample] = []

    def report(done: int, total: int) -> None:
        nonlocal last, samples
        if done < total and time.monotonic() - last < _REPORT_SECONDS:
            return
        last = time.monotonic()
        if not lifecycle.leased_row(batch).filter(run__state=Run.State.ACTIVE).exists():
            raise LeaseLostError
        if is_only_batch:
            samples = add_sample(samples, time.time(), done)
            batch.run.stages.filter(stage=batch.stage).update(done=done, total=total, samples=samples)
        publish_soon(batch.run_id)

    return report


@contextmanager
def renewed_lease(batch: Batch) -> Iterator[None]:
    """Renew the batch's heartbeat from a thread, for as long as this process lives and works on it."""
    finished = threading.Event()

    def renew() -> None:
        try:
            while not finished.wait(LEASE_RENEWAL):
                try:
                    lifecycle.leased_row(batch).update(heartbeat_at=timezone.now())
                # A MemoryError comes from the limit under which derive decodes: it holds for all threads here.
                except (DatabaseError, MemoryError) as error:
                    logger.warning("heartbeat of batch %s was not written: %s", batch.pk, error)
                    connection.close()  # the next beat connects anew
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"lease-{batch.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
