"""Projections: the map of the live index version, drawn anew or on an earlier map, and stored with its clusters."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction

from search.errors import NotSearchable
from search.files.atomic import atomic_folder
from search.files.paths import projection_folder
from search.index.base import VectorIndex
from search.index.live import open_version
from search.maps import child_process, clusters
from search.maps.extend import CHECKSUMS_FILE, Base, base_for, checksums_of
from search.maps.files import IDS_FILE, store_map_clusters, store_map_files
from search.models import Dataset, IndexVersion, MapCluster, Projection
from search.projection.drawing import Drawing, Task
from search.projection.layout import fitted_positions
from search.projection.parameters import MapParameters
from search.projection.points import FORMAT
from search.values import Int64Array, Report, UInt64Array, no_report

KEPT_PROJECTIONS = 8
_FOUND, _READ, _DRAWN = 0.3, 0.35, 0.97
"""Shares of the work at which neighbours are found, vectors are read and the child has drawn."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a map is drawn from: a version, its images, their contents, and the map on which they are placed."""

    dataset: Dataset
    version: IndexVersion
    ids: Int64Array
    checksums: UInt64Array
    parameters: MapParameters
    base: Base | None


def project_dataset(
    dataset: Dataset, report: Report = no_report, *, parameters: MapParameters | None = None, anew: bool = False
) -> Projection:
    """Draws the live version: its new images on the map of an earlier one where that stands, else all anew.

    With `parameters`, or `anew`, always all anew; without parameters, with those of the map before.
    Raises NotSearchable without a live version, ServiceUnavailable when the process that draws dies.
    """
    version = dataset.live_version
    if version is None:
        raise NotSearchable(f"Dataset {dataset.name!r} has no index yet, so there is nothing to draw. Index it first.")
    started = time.monotonic()
    # Opened for this map only: a worker that kept the indexes of all datasets open would grow with each.
    index = open_version(version)
    try:
        ids = np.asarray(index.image_ids)
        checksums = checksums_of(dataset, version, ids)
        base = None if anew or parameters else base_for(version, ids, checksums)
        chosen = parameters or _parameters_before(dataset, base)
        known = _Known(dataset, version, ids, checksums, chosen, base)
        task = _task(known, index, _part(report, 0.0, _FOUND, len(ids)))
    finally:
        index.close()
    del index
    found_s = time.monotonic() - started
    with child_process.scratch_folder() as folder:
        child_process.write_vectors(folder, known.dataset, version, ids, _part(report, _FOUND, _READ, len(ids)))
        drawn = child_process.draw(task, folder, _part(report, _READ, _DRAWN, len(ids)))
    drawn.timings["neighbours"] = round(found_s, 3)
    naming = time.monotonic()
    named = clusters.named(dataset, version, ids, drawn, base)
    drawn.timings["names"] = round(time.monotonic() - naming, 3)
    projection = _store(known, drawn, named, time.monotonic() - started)
    report(len(ids), len(ids))
    return projection


def _part(report: Report, first: float, last: float, images: int) -> Report:
    """Tells a step's progress as that of the whole, in images, which never reaches the end."""

    def tell(done: int, total: int) -> None:
        share = first + (last - first) * done / max(total, 1)
        report(min(int(share * images), images - 1), images)

    return tell


def _task(known: _Known, index: VectorIndex, report: Report) -> Task:
    """Asks the index for the neighbours of every image among those that are laid out, or of new ones among the old."""
    everything = np.arange(len(known.ids))
    if known.base is not None:
        base, asked = known.base.kept, np.setdiff1d(everything, known.base.kept, assume_unique=True)
    else:
        base, asked = fitted_positions(len(known.ids)), everything
    among = None if len(base) == len(known.ids) else base
    found, similarities = index.neighbours(known.parameters.neighbours, report, of=asked, among=among)
    return Task(
        count=len(known.ids),
        dimension=index.dimension,
        parameters=known.parameters,
        base=base,
        rows=asked,
        neighbours=np.searchsorted(base, found),
        similarities=similarities,
        coordinates=known.base.coordinates if known.base else None,
        labels=known.base.labels if known.base else None,
    )


def _parameters_before(dataset: Dataset, base: Base | None) -> MapParameters:
    before = base.projection if base else newest_projection(dataset)
    return MapParameters.from_json(before.parameters) if before else MapParameters()


def _store(known: _Known, drawn: Drawing, named: list[MapCluster], seconds: float) -> Projection:
    base = known.base.projection if known.base else None
    fitted = base.fitted if base else len(fitted_positions(len(known.ids)))
    placed = base.placed + len(known.ids) - len(known.base.kept) if base and known.base else 0
    with transaction.atomic():
        projection = Projection.objects.create(
            version=known.version,
            parameters=known.parameters.as_json(),
            count=len(known.ids),
            fitted=fitted,
            placed=placed,
            based_on=base,
            trustworthiness=drawn.trustworthiness,
            seconds=seconds,
            timings=drawn.timings | {"peak_mb": drawn.peak_mb},
        )
        for cluster in named:
            cluster.projection = projection
        MapCluster.objects.bulk_create(named)
        with atomic_folder(projection_folder(projection.path)) as folder:
            projection.layout = _write_files(folder, known, drawn)
        projection.save(update_fields=["layout"])
    _prune(known.dataset)
    return projection


def _write_files(folder: Path, known: _Known, drawn: Drawing) -> dict[str, Any]:
    """Returns how the points are laid out."""
    written = store_map_files(folder, known.ids, drawn.coordinates)
    order = np.searchsorted(known.ids, np.load(folder / IDS_FILE))
    np.save(folder / CHECKSUMS_FILE, known.checksums[order])
    store_map_clusters(folder, drawn.labels[:, order])
    return written


def _prune(dataset: Dataset) -> None:
    kept = [projection.pk for projection in projections_of(dataset)[:KEPT_PROJECTIONS]]
    drawn = Projection.objects.filter(version__dataset=dataset).exclude(pk__in=kept)
    for projection in drawn.select_related("version"):
        delete_projection(projection)


def delete_projection(projection: Projection) -> None:
    """Removes a map with its clusters and files; nothing happens when it is gone already."""
    folder = projection_folder(projection.path)
    Projection.objects.filter(pk=projection.pk).delete()
    shutil.rmtree(folder, ignore_errors=True)


def projections_of(dataset: Dataset) -> list[Projection]:
    """The dataset's projections, newest first; those whose files an earlier version of the site wrote count as none."""
    found = Projection.objects.filter(version__dataset=dataset, layout__format=FORMAT).select_related("version")
    return list(found.order_by("-id"))


def projection_of(dataset: Dataset, projection_id: int) -> Projection | None:
    """The map of that number, if it is one of the dataset's that is kept."""
    return Projection.objects.select_related("version").filter(pk=projection_id, version__dataset=dataset).first()


def newest_projection(dataset: Dataset) -> Projection | None:
    """The map to show: of the live version where there is one, else the newest of an older version."""
    projections = projections_of(dataset)
    live = [projection for projection in projections if projection.version_id == dataset.live_version_id]
    return next(iter(live or projections), None)


def has_map(version: IndexVersion) -> bool:
    """Whether this very version is drawn."""
    return version.projections.filter(layout__format=FORMAT).exists()


def drawn_since(version: IndexVersion, moment: datetime) -> bool:
    """Whether this very version was drawn after that moment."""
    return version.projections.filter(layout__format=FORMAT, created_at__gte=moment).exists()
