"""The versions of a dataset: which one is live, and how long the others are kept."""

from __future__ import annotations

import shutil

from django.db import transaction
from django.utils import timezone

from search.models import Dataset, IndexVersion
from search.storage import index_folder, projection_folder

KEPT_VERSIONS = 3
"""The live version and two before it, so that a reader of an old one never loses its files."""


def make_live(dataset: Dataset, version: IndexVersion) -> None:
    """One commit makes a version that was just published the one that answers."""
    with transaction.atomic():
        version.state = IndexVersion.State.READY
        version.published_at = timezone.now()
        version.save(update_fields=["state", "count", "fingerprint", "published_at"])
        Dataset.objects.filter(pk=dataset.pk).update(live_version=version)
    dataset.live_version = version


def prune_versions(dataset: Dataset) -> None:
    """Removes versions beyond KEPT_VERSIONS, and failed ones, with their files; never the live one."""
    live_id = Dataset.objects.values_list("live_version_id", flat=True).get(pk=dataset.pk)
    ready = dataset.versions.filter(state=IndexVersion.State.READY).values_list("pk", flat=True)[:KEPT_VERSIONS]
    kept = {live_id, *ready}
    for version in dataset.versions.exclude(pk__in=kept).exclude(state=IndexVersion.State.BUILDING):
        for projection in version.projections.all():
            shutil.rmtree(projection_folder(projection.path), ignore_errors=True)
        shutil.rmtree(index_folder(version.path), ignore_errors=True)
        version.delete()
