"""Runs that wait for disk space, or for a bucket that takes what they make: they go on by themselves."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from search.files.atomic import DISK_IS_FULL
from workers.models import Batch, Run, RunEvent
from workers.pipeline.lifecycle import leased_row, note

SPACE_TO_GO_ON = 32 << 20
"""The free bytes without which a resumed run would stop again at once."""


def wait_if_short(batch: Batch) -> bool:
    """Let a batch that failed wait if the disk may be why, and return whether it waits.

    A database or a library complains of a full disk in words of its own, or a worker falls silent.
    """
    is_short = free_bytes() < SPACE_TO_GO_ON
    if is_short:
        wait_for_disk_space(batch)
    return is_short


def wait_for_disk_space(batch: Batch, sentence: str = DISK_IS_FULL) -> None:
    """Put the batch back and pause its run, whose message is the sentence. Only the holder of the lease may."""
    with transaction.atomic():
        if not leased_row(batch).update(state=Batch.State.QUEUED, queued_at=timezone.now()):
            return
        running = Run.objects.filter(pk=batch.run_id, state=Run.State.ACTIVE, waits_for_disk_space=False)
        if running.update(is_paused=True, waits_for_disk_space=True, message=sentence):
            note(batch.run, sentence, RunEvent.Level.WARNING)


def free_bytes() -> int:
    """Return the bytes that are free on the fullest of the disks that hold data."""
    folders = (settings.DATA_DIR, settings.DERIVATIVES_DIR, settings.INDEXES_DIR, settings.PROJECTIONS_DIR)
    return min(shutil.disk_usage(folder).free for folder in folders if folder.exists())
