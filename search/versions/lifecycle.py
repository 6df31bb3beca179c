"""The versions of a dataset: which one is live, going back, and how long the others are kept."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from search.errors import UserError, VersionRefused
from search.files.paths import index_folder, projection_folder
from search.index import store
from search.index.recovery import mark_damaged, restore_if_intact
from search.models import Dataset, IndexVersion
from search.versions.serving import processes_by_version

logger = logging.getLogger(__name__)

KEPT_VERSIONS = 3
"""The ready versions that are kept, beside the live one and those that a process still serves."""


def make_ready(version: IndexVersion) -> None:
    """Marks a published version as ready: it can be compared and made live. The live version stays."""
    version.state = IndexVersion.State.READY
    version.published_at = timezone.now()
    version.save(update_fields=["state", "count", "fingerprint", "notes", "published_at"])


def make_live(dataset: Dataset, version: IndexVersion) -> None:
    """Makes a published version the one that answers, by one commit."""
    with transaction.atomic():
        make_ready(version)
        Dataset.objects.filter(pk=dataset.pk).update(live_version=version)
    _now_live(dataset, version)


def _now_live(dataset: Dataset, version: IndexVersion) -> None:
    dataset.live_version = version
    store.announce(index_folder(version.path))


def version_numbered(dataset: Dataset, number: int) -> IndexVersion:
    """Returns the version of that number. Raises VersionRefused, which names the versions that there are."""
    version = dataset.versions.select_related("encoder", "dataset").filter(number=number).first()
    if version is None:
        numbers = ", ".join(map(str, dataset.versions.order_by("number").values_list("number", flat=True)))
        there = f"It has {numbers}." if numbers else "It has none yet."
        raise VersionRefused(f"Dataset {dataset.name!r} has no version {number}. {there}")
    return version


def switch_to(dataset: Dataset, version: IndexVersion) -> None:
    """Makes another version live by one commit: a newer one that is staged, or an older one to go back to.

    Every web process swaps within seconds. Raises VersionRefused for one that is not ready, or whose files are damaged.
    """
    if version.state == IndexVersion.State.DAMAGED:
        restore_if_intact(version)  # somebody may have put the files back
    elif version.state == IndexVersion.State.READY and not store.is_intact(index_folder(version.path)):
        mark_damaged(version, f"The index in {index_folder(version.path)} is not what was written.")
    with transaction.atomic():
        # The lock keeps the version from being pruned between this look and the commit.
        locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
        current = locked.versions.filter(pk=version.pk).first()
        if current is None or current.state != IndexVersion.State.READY:
            state = current.get_state_display() if current else "no longer kept"
            raise VersionRefused(
                f"Version {version.number} of {dataset.name!r} cannot go live: {state}. What is live stays live."
            )
        Dataset.objects.filter(pk=dataset.pk).update(live_version=version)
    _now_live(dataset, version)


def delete_version(dataset: Dataset, version: IndexVersion) -> None:
    """Removes a version with its files and maps. Raises VersionRefused for one that is live, built or still served."""
    with transaction.atomic():
        locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
        name = f"Version {version.number} of {dataset.name!r}"
        if locked.live_version_id == version.pk:
            raise VersionRefused(f"{name} is live. Make another one live before you delete it.")
        if version.state == IndexVersion.State.BUILDING:
            raise VersionRefused(f"{name} is being built. Cancel its run first.")
        if version.pk in processes_by_version(dataset):
            raise VersionRefused(f"{name} is still served by a web process. Try again in a few seconds.")
        remove_files = _forget(version)
    remove_files()


def prune_versions(dataset: Dataset) -> None:
    """Removes versions that nobody needs, with their files.

    Kept are the live one, the newest KEPT_VERSIONS ready ones, those that a process serves, one that is being built,
    and damaged ones until a newer one is live, for that long they are worth an alert.
    """
    with transaction.atomic():
        own_row = Dataset.objects.select_for_update(of=("self",)).select_related("live_version")
        locked = own_row.filter(pk=dataset.pk).first()
        if locked is None:
            return
        removals = [_forget(version) for version in _unneeded(locked)]
    for remove_files in removals:
        remove_files()


def prune_all() -> None:
    """Prunes all datasets: a version could not go when its successor went live, where a process served it still."""
    crowded = Dataset.objects.annotate(number=Count("versions")).filter(number__gt=KEPT_VERSIONS)
    for dataset in crowded:
        prune_versions(dataset)


def sweep_leftovers(dataset: Dataset) -> None:
    """Removes folders that belong to no version, left by builds that died. Only while nobody builds for the dataset."""
    numbers = {str(number) for number in dataset.versions.values_list("number", flat=True)}
    home = Path(settings.INDEXES_DIR) / str(dataset.pk)
    for folder in home.iterdir() if home.is_dir() else ():
        if folder.is_dir() and folder.name not in numbers:
            logger.warning("removing %s, which belongs to no version", folder)
            discard_files(folder)


def _unneeded(dataset: Dataset) -> list[IndexVersion]:
    live = dataset.live_version
    ready = dataset.versions.filter(state=IndexVersion.State.READY).values_list("pk", flat=True)[:KEPT_VERSIONS]
    needed = {*ready, *processes_by_version(dataset), live.pk if live else None}
    others = dataset.versions.exclude(pk__in=[pk for pk in needed if pk]).exclude(state=IndexVersion.State.BUILDING)
    return [version for version in others if not is_alarming(version, live)]


def is_alarming(version: IndexVersion, live: IndexVersion | None) -> bool:
    """Tells whether a damaged version is worth an alert: no newer one is live."""
    return version.state == IndexVersion.State.DAMAGED and (live is None or live.number < version.number)


def _forget(version: IndexVersion) -> Callable[[], None]:
    """Deletes the row; returns what removes the files, for after the commit: a row without files would be an alarm."""
    folder = index_folder(version.path)
    maps = [projection_folder(projection.path) for projection in version.projections.all()]
    version.delete()

    def remove_files() -> None:
        for map_folder in maps:
            shutil.rmtree(map_folder, ignore_errors=True)
        discard_files(folder)

    return remove_files


def discard_files(folder: Path) -> None:
    """Removes the files of a version, and its vectors on a server; one that does not answer keeps them for now."""
    try:
        store.discard(folder)
    except UserError as error:
        logger.warning("%s stays until the next build: %s", folder, error)
