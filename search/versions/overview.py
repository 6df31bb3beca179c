"""Versions as people see them, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from search.encoders.base import public_name
from search.models import Dataset, IndexVersion
from search.versions.lifecycle import is_alarming
from search.versions.serving import processes_by_version


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """A version as people see it; `served_by` names processes, `recall` is None where it was not measured."""

    version: IndexVersion
    encoder_name: str
    is_live: bool
    is_ready: bool
    is_newer: bool
    recall: float | None
    kind: str
    byte_size: int
    served_by: tuple[str, ...]

    @property
    def state_words(self) -> str:
        if not self.is_ready:
            words = self.version.get_state_display()
            return f"live, {words}" if self.is_live else words
        if self.is_live:
            return "live"
        return "ready" if self.is_newer else "kept"

    @property
    def can_go(self) -> bool:
        return not self.is_live and not self.served_by and self.version.state != IndexVersion.State.BUILDING


def overview(dataset: Dataset) -> list[VersionSummary]:
    """Returns the summaries of all versions of a dataset, newest first."""
    serving = processes_by_version(dataset)
    live = dataset.live_version
    return [
        VersionSummary(
            version=version,
            encoder_name=public_name(version.encoder.name),
            is_live=version.pk == dataset.live_version_id,
            is_ready=version.state == IndexVersion.State.READY,
            is_newer=live is None or version.number > live.number,
            recall=version.notes.get("recall_at_10"),
            kind=version.notes.get("kind", ""),
            byte_size=version.notes.get("bytes", 0),
            served_by=tuple(serving.get(version.pk, ())),
        )
        for version in dataset.versions.select_related("encoder", "dataset")
    ]


@dataclass(frozen=True, slots=True)
class IndexAlert:
    """A damaged version that is live, or for which an older one serves."""

    dataset: Dataset
    version: IndexVersion

    def sentence(self) -> str:
        damaged = f"The index files of version {self.version.number} are damaged."
        live = self.dataset.live_version
        if live is None or live.pk == self.version.pk:
            return f"{damaged} No intact version is left, so {self.dataset.name} cannot be searched. Rebuild it."
        since = f"{live.published_at:%Y-%m-%d %H:%M}" if live.published_at else "earlier"
        instead = f"Version {live.number} of {since} serves instead"
        return f"{damaged} {instead}; what came later is not found until you rebuild."


def index_alerts(among: QuerySet[Dataset]) -> list[IndexAlert]:
    """Returns the alerts of these datasets, one for each that has a damaged version that matters."""
    damaged = IndexVersion.objects.filter(dataset__in=among, state=IndexVersion.State.DAMAGED)
    newest: dict[int, IndexVersion] = {}
    for version in damaged.select_related("dataset__live_version").order_by("number"):
        if is_alarming(version, version.dataset.live_version) or version.dataset.live_version_id == version.pk:
            newest[version.dataset_id] = version
    return [IndexAlert(version.dataset, version) for version in newest.values()]
