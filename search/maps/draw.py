"""Projections: the map of the live index version, redrawn or extended from an earlier one, stored with its clusters."""

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
from search.maps.extend import CHECKSUMS_FILE, BaseMap, checksums_of, find_base_map
from search.maps.files import IDS_FILE, store_map_clusters, store_map_files
from search.models import Dataset, IndexVersion, MapCluster, Projection
from search.projection.drawing import Drawing, Task
from search.projection.layout import fitted_positions
from search.projection.parameters import MapParameters
from search.projection.points import FORMAT
from search.values import Int64Array, Report, UInt64Array, no_report

MOST_PROJECTIONS = 8
"""The maps of a dataset that are kept, newest first."""

_NEIGHBOURS_DONE, _VECTORS_DONE, _DRAWING_DONE = 0.3, 0.35, 0.97
"""The shares of the work at which neighbours are known, vectors are read and the child has drawn."""


@dataclass(frozen=True, slots=True)
class _Input:
    """The input of a map: a version, its images, their contents, and the map that it extends."""

    dataset: Dataset
    version: IndexVersion
    ids: Int64Array
    checksums: UInt64Array
    parameters: MapParameters
    base: BaseMap | None


def project_dataset(
    dataset: Dataset, report: Report = no_report, *, parameters: MapParameters | None = None, redraw: bool = False
) -> Projection:
    """Draws the live version: extends the map of an earlier version where enough of it stands, else redraws all.

    With `parameters`, or `redraw`, all is redrawn; without parameters, with those of the map before.
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
        base = None if redraw or parameters else find_base_map(version, ids, checksums)
        chosen = parameters or _parameters_before(dataset, base)
        inputs = _Input(dataset, version, ids, checksums, chosen, base)
        task = _task(inputs, index, _partial(report, 0.0, _NEIGHBOURS_DONE, len(ids)))
    finally:
        index.close()
    del index
    neighbours_s = time.monotonic() - started
    with child_process.scratch_folder() as folder:
        child_process.write_vectors(
            folder, inputs.dataset, version, ids, _partial(report, _NEIGHBOURS_DONE, _VECTORS_DONE, len(ids))
        )
        drawing = child_process.draw(task, folder, _partial(report, _VECTORS_DONE, _DRAWING_DONE, len(ids)))
    drawing.timings["neighbours"] = round(neighbours_s, 3)
    naming_started = time.monotonic()
    records = clusters.build_clusters(dataset, version, ids, drawing, base)
    drawing.timings["names"] = round(time.monotonic() - naming_started, 3)
    projection = _store(inputs, drawing, records, time.monotonic() - started)
    report(len(ids), len(ids))
    return projection


def _partial(report: Report, first: float, last: float, images: int) -> Report:
    """Returns a report for one step, which tells its progress as that of the whole, in images, short of the end."""

    def tell(done: int, total: int) -> None:
        share = first + (last - first) * done / max(total, 1)
        report(min(int(share * images), images - 1), images)

    return tell


def _task(inputs: _Input, index: VectorIndex, report: Report) -> Task:
    """Makes the child's task: neighbours of all images among those laid out, or of new images among the base map's."""
    everything = np.arange(len(inputs.ids))
    if inputs.base is not None:
        base = inputs.base.positions
        queries = np.setdiff1d(everything, base, assume_unique=True)
    else:
        base, queries = fitted_positions(len(inputs.ids)), everything
    among = None if len(base) == len(inputs.ids) else base
    neighbours, similarities = index.neighbours(inputs.parameters.neighbours, report, of=queries, among=among)
    return Task(
        count=len(inputs.ids),
        dimension=index.dimension,
        parameters=inputs.parameters,
        base=base,
        rows=queries,
        neighbours=np.searchsorted(base, neighbours),
        similarities=similarities,
        coordinates=inputs.base.coordinates if inputs.base else None,
        labels=inputs.base.labels if inputs.base else None,
    )


def _parameters_before(dataset: Dataset, base: BaseMap | None) -> MapParameters:
    before = base.projection if base else newest_projection(dataset)
    return MapParameters.from_json(before.parameters) if before else MapParameters()


def _store(inputs: _Input, drawing: Drawing, records: list[MapCluster], seconds: float) -> Projection:
    base = inputs.base.projection if inputs.base else None
    fitted = base.fitted if base else len(fitted_positions(len(inputs.ids)))
    placed = base.placed + len(inputs.ids) - len(inputs.base.positions) if base and inputs.base else 0
    with transaction.atomic():
        projection = Projection.objects.create(
            version=inputs.version,
            parameters=inputs.parameters.as_json(),
            count=len(inputs.ids),
            fitted=fitted,
            placed=placed,
            based_on=base,
            trustworthiness=drawing.trustworthiness,
            seconds=seconds,
            timings=drawing.timings | {"peak_mb": drawing.peak_mb},
        )
        for cluster in records:
            cluster.projection = projection
        MapCluster.objects.bulk_create(records)
        with atomic_folder(projection_folder(projection.path)) as folder:
            projection.layout = _write_files(folder, inputs, drawing)
        projection.save(update_fields=["layout"])
    _prune(inputs.dataset)
    return projection


def _write_files(folder: Path, inputs: _Input, drawing: Drawing) -> dict[str, Any]:
    """Writes the files of a map; returns how its points are laid out."""
    layout = store_map_files(folder, inputs.ids, drawing.coordinates)
    order = np.searchsorted(inputs.ids, np.load(folder / IDS_FILE))
    np.save(folder / CHECKSUMS_FILE, inputs.checksums[order])
    store_map_clusters(folder, drawing.labels[:, order])
    return layout


def _prune(dataset: Dataset) -> None:
    newest = [projection.pk for projection in projections_of(dataset)[:MOST_PROJECTIONS]]
    surplus = Projection.objects.filter(version__dataset=dataset).exclude(pk__in=newest)
    for projection in surplus.select_related("version"):
        delete_projection(projection)


def delete_projection(projection: Projection) -> None:
    """Removes a map with its clusters and files; nothing happens when it is gone already."""
    folder = projection_folder(projection.path)
    Projection.objects.filter(pk=projection.pk).delete()
    shutil.rmtree(folder, ignore_errors=True)


def projections_of(dataset: Dataset) -> list[Projection]:
    """Returns the dataset's maps, newest first, without those whose files an earlier version of the site wrote."""
    projections = Projection.objects.filter(version__dataset=dataset, layout__format=FORMAT).select_related("version")
    return list(projections.order_by("-id"))


def projection_of(dataset: Dataset, projection_id: int) -> Projection | None:
    """Returns the map of that number, if it is one of the dataset's."""
    return Projection.objects.select_related("version").filter(pk=projection_id, version__dataset=dataset).first()


def newest_projection(dataset: Dataset) -> Projection | None:
    """Returns the map to show: of the live version where there is one, else the newest of an older version."""
    projections = projections_of(dataset)
    live = [projection for projection in projections if projection.version_id == dataset.live_version_id]
    return next(iter(live or projections), None)


def has_map(version: IndexVersion) -> bool:
    """Tells whether this very version has a map."""
    return version.projections.filter(layout__format=FORMAT).exists()


def has_map_since(version: IndexVersion, moment: datetime) -> bool:
    """Tells whether this very version got a map after that moment."""
    return version.projections.filter(layout__format=FORMAT, created_at__gte=moment).exists()
