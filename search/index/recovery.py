"""What happens when files of a version turn out to be damaged: it is marked, and the best one before it goes live."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction

from search.errors import IndexDamaged
from search.files.paths import index_folder
from search.index import store
from search.models import Dataset, IndexVersion

logger = logging.getLogger(__name__)


def mark_damaged(version: IndexVersion, damage: str) -> None:
    """Marks a version as damaged, unless it is gone meanwhile; a damaged version is not opened again."""
    marked = IndexVersion.objects.filter(pk=version.pk, state=IndexVersion.State.READY)
    if marked.update(state=IndexVersion.State.DAMAGED, damage=damage):
        logger.error("%s", damage)


def fall_back(damaged: IndexVersion) -> IndexVersion | None:
    """Makes the newest intact version before it, of the same encoder, live in its place; None where there is none.

    Nothing happens when another version is live already.
    """
    datasets = Dataset.objects.filter(pk=damaged.dataset_id, live_version=damaged)
    if not datasets.exists():
        return None
    earlier = IndexVersion.objects.filter(
        dataset=damaged.dataset_id,
        encoder=damaged.encoder_id,
        state=IndexVersion.State.READY,
        number__lt=damaged.number,
    )
    for version in earlier.order_by("-number"):
        folder = index_folder(version.path)
        if not store.is_intact(folder):
            mark_damaged(version, f"The index in {folder} is not what was written.")
            continue
        # One conditional update, so that all processes agree on what is live, also those that start later.
        if datasets.update(live_version=version):
            logger.error("dataset %s is searched in version %s again", damaged.dataset_id, version.number)
            store.announce(folder)
        return version
    return None


def damage_sentence(version: IndexVersion) -> str:
    """Return the sentence on a damaged version for visitors, who need not know folders."""
    return (
        f"The index of dataset {version.dataset.name!r} (version {version.number}) is damaged. "
        f"An administrator can rebuild it: {settings.COMMAND} reindex {version.dataset.slug}"
    )


def require_undamaged(version: IndexVersion) -> None:
    """Raises IndexDamaged for a version that is marked."""
    if version.state == IndexVersion.State.DAMAGED:
        raise IndexDamaged(damage_sentence(version))


def restore_if_intact(version: IndexVersion) -> bool:
    """Makes a damaged version ready again where its files are as they were written; returns whether they are."""
    with transaction.atomic():
        if not store.is_intact(index_folder(version.path)):
            return False
        IndexVersion.objects.filter(pk=version.pk, state=IndexVersion.State.DAMAGED).update(
            state=IndexVersion.State.READY, damage=""
        )
    version.refresh_from_db(fields=["state", "damage"])
    return True
