"""Deleting datasets of any size: gone for everybody at once, their rows and files removed by a job that may die."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from search.models import Dataset
from search.services.datasets import dataset_delete

LEASE = timedelta(minutes=2)
"""A job that said nothing for longer is taken to be gone, and another may go on."""


def mark_deleted(dataset: Dataset) -> None:
    """Nobody finds the dataset from now on, and its name and address are free again."""
    Dataset.with_deleted.filter(pk=dataset.pk, deleted_at=None).update(
        name=f"deleted {dataset.pk}",
        slug=f"deleted-{dataset.pk}",
        live_version=None,
        deleted_at=timezone.now(),
        removal_until=None,
    )


def waiting_for_removal() -> QuerySet[Dataset]:
    """Deleted datasets on which no job is at work."""
    return Dataset.with_deleted.filter(_unclaimed()).exclude(deleted_at=None)


def remove_deleted(dataset_id: int) -> bool:
    """Removes rows in slices, then the files; harmless when called twice. Returns whether this call did it."""
    claimed = Dataset.with_deleted.filter(_unclaimed(), pk=dataset_id).exclude(deleted_at=None)
    if not claimed.update(removal_until=timezone.now() + LEASE):
        return False

    def keep_claim() -> None:
        Dataset.with_deleted.filter(pk=dataset_id).update(removal_until=timezone.now() + LEASE)

    dataset_delete(Dataset.with_deleted.get(pk=dataset_id), each_slice=keep_claim)
    return True


def _unclaimed() -> Q:
    return Q(removal_until=None) | Q(removal_until__lt=timezone.now())
