"""Deleting datasets of any size: gone for everybody at once, their rows and files removed by a job that may die."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from search.datasets.create import dataset_delete, is_uploaded
from search.models import CollectionImage, Dataset, Projection

LEASE = timedelta(minutes=2)
"""A job that said nothing for longer is taken to be gone, and another may go on."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The records that are deleted with a dataset; `counts` by their names."""

    counts: dict[str, int]
    is_uploaded: bool

    def sentence(self) -> str:
        listed = ", ".join(f"{number:,} {name}" for name, number in self.counts.items() if number)
        originals = "uploaded originals too" if self.is_uploaded else "the originals on the server stay"
        return f"{listed or 'no image'}; {originals}"


def loss_of(dataset: Dataset) -> Loss:
    """Counts in SQL what is deleted with a dataset; takes a second for a million images."""
    counts = {
        "images": dataset.images.count(),
        "index versions": dataset.versions.count(),
        "maps": Projection.objects.filter(version__dataset=dataset).count(),
        "runs with their logs": dataset.runs.count(),
        "tags": dataset.tags.count(),
        "places in collections": CollectionImage.objects.filter(image__dataset=dataset).count(),
    }
    return Loss(counts, is_uploaded(dataset))


def mark_deleted(dataset: Dataset) -> None:
    """Marks a dataset as deleted: nobody finds it from now on, and its name and address are free again."""
    Dataset.with_deleted.filter(pk=dataset.pk, deleted_at=None).update(
        name=f"deleted {dataset.pk}",
        slug=f"deleted-{dataset.pk}",
        live_version=None,
        deleted_at=timezone.now(),
        removal_until=None,
    )


def waiting_for_removal() -> QuerySet[Dataset]:
    """Returns the deleted datasets on which no job is at work."""
    return Dataset.with_deleted.filter(_unclaimed()).exclude(deleted_at=None)


def remove_deleted(dataset_id: int) -> bool:
    """Removes rows in slices, then the files; harmless when called twice. Returns whether this call did it."""
    unclaimed = Dataset.with_deleted.filter(_unclaimed(), pk=dataset_id).exclude(deleted_at=None)
    # A conditional update claims the removal, so that of two jobs one does it; it is renewed with each slice.
    if not unclaimed.update(removal_until=timezone.now() + LEASE):
        return False

    def keep_claim() -> None:
        Dataset.with_deleted.filter(pk=dataset_id).update(removal_until=timezone.now() + LEASE)

    dataset_delete(Dataset.with_deleted.get(pk=dataset_id), each_slice=keep_claim)
    return True


def _unclaimed() -> Q:
    return Q(removal_until=None) | Q(removal_until__lt=timezone.now())
