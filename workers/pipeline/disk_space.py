"""Runs for which a disk had no room, or that a bucket would not take from: they wait, and go on by themselves."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from search.files.atomic import DISK_IS_FULL
from workers.models import Batch, Run, RunEvent
from workers.pipeline.lifecycle import held, note

ROOM_TO_GO_ON = 32 << 20
"""With less, a run that goes on would stand still again at once."""


def waits_where_short(batch: Batch) -> bool:
    """Has a batch that failed wait where it may have failed for want of room, and says whether it does.

    A database or a library complains of a full disk in words of its own, or a worker falls silent.
    """
    is_short = free_bytes() < ROOM_TO_GO_ON
    if is_short:
        wait_for_room(batch)
    return is_short


def wait_for_room(batch: Batch, sentence: str = DISK_IS_FULL) -> None:
    """Puts the batch back and pauses its run, whose message is the sentence. Only who holds the batch may."""
    with transaction.atomic():
        if not held(batch).update(state=Batch.State.QUEUED, queued_at=timezone.now()):
            return
        going_on = Run.objects.filter(pk=batch.run_id, state=Run.State.ACTIVE, waits_for_room=False)
        if going_on.update(is_paused=True, waits_for_room=True, message=sentence):
            note(batch.run, sentence, RunEvent.Level.WARNING)


def free_bytes() -> int:
    """Of the fullest of the disks that hold data."""
    folders = (settings.DATA_DIR, settings.DERIVATIVES_DIR, settings.INDEXES_DIR, settings.PROJECTIONS_DIR)
    return min(shutil.disk_usage(folder).free for folder in folders if folder.exists())
