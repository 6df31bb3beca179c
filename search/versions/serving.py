"""Which web processes serve which versions; each process writes its own row, since none can ask the others."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from search.index.live import live_indexes
from search.models import Dataset, IndexVersion, ServingProcess

FRESH = timedelta(seconds=30)
"""A process whose row is older counts as gone."""


def announce(name: str, versions: dict[int, int]) -> None:
    """Records that the process of this name lives and which version of each dataset it serves."""
    by_dataset = {str(dataset_id): version_id for dataset_id, version_id in versions.items()}
    ServingProcess.objects.update_or_create(name=name, defaults={"versions": by_dataset, "seen_at": timezone.now()})


def withdraw(name: str) -> None:
    """Deletes the row of a process that ends."""
    ServingProcess.objects.filter(name=name).delete()


def drop_stale() -> None:
    """Deletes the rows of processes that were not seen lately."""
    ServingProcess.objects.filter(seen_at__lt=timezone.now() - FRESH).delete()


def fresh_processes() -> list[ServingProcess]:
    """Returns the processes that were seen lately, by name."""
    return list(ServingProcess.objects.filter(seen_at__gte=timezone.now() - FRESH))


def processes_by_version(dataset: Dataset) -> dict[int, list[str]]:
    """Returns the names of fresh processes that serve a version of the dataset, by the version's id."""
    serving: dict[int, list[str]] = {}
    for process in fresh_processes():
        version_id = process.versions.get(str(dataset.pk))
        if version_id is not None:
            serving.setdefault(version_id, []).append(process.name)
    return serving


def count_unopened() -> int:
    """Counts the datasets that have a live version in good order that this process has not opened."""
    live = Dataset.objects.filter(live_version__state=IndexVersion.State.READY)
    return len(set(live.values_list("pk", flat=True)) - set(live_indexes.serving()))
