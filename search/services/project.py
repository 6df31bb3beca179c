"""Projections: UMAP coordinates of the live index version, computed in a process of their own and stored with it."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction

from search.errors import NotSearchable, ServiceUnavailable
from search.index.live import open_version
from search.models import Dataset, IndexVersion, Projection
from search.projection import layout
from search.projection.points import FORMAT
from search.services.map_files import store_map_files
from search.services.vectors import DatasetContent
from search.storage import atomic_folder, projection_folder
from search.values import Float32Array, Int64Array, Report, no_report

logger = logging.getLogger(__name__)

KEPT_PROJECTIONS = 3
_POLL_SECONDS = 1.0


def project_dataset(dataset: Dataset, report: Report = no_report) -> Projection:
    """Lays out the live version anew. Raises NotSearchable without one, ServiceUnavailable when UMAP's process dies."""
    version = dataset.live_version
    if version is None:
        raise NotSearchable(f"Dataset {dataset.name!r} has no index yet, so there is nothing to draw. Index it first.")
    started = time.monotonic()
    # Opened for this map only: a worker that kept the indexes of all datasets open would grow with each.
    index = open_version(version)
    try:
        ids = index.image_ids
        neighbours, similarities = index.neighbours(layout.NEIGHBOURS, report)
    finally:
        index.close()
    del index
    coordinates = _run_layout(_vectors(dataset, version, ids), neighbours, similarities, report)
    return _store(version, ids, coordinates, time.monotonic() - started)


def _vectors(dataset: Dataset, version: IndexVersion, ids: Int64Array) -> Float32Array:
    """Vectors of the version's images in its order; one deleted meanwhile stands as zeros, harmless to the layout."""
    vectors = np.zeros((len(ids), version.encoder.dimension), np.float32)
    for chunk in DatasetContent(dataset, version.encoder).chunks(ids):
        vectors[np.searchsorted(ids, chunk.image_ids)] = chunk.vectors
    return vectors


def _run_layout(
    vectors: Float32Array, neighbours: Int64Array, similarities: Float32Array, report: Report
) -> Float32Array:
    """Runs the layout as a child, so that its threads, memory and crashes are not the worker's."""
    with tempfile.TemporaryDirectory(dir=_scratch()) as scratch:
        source, target, log = (Path(scratch, name) for name in ("input.npz", "output.npy", "log.txt"))
        np.savez(source, vectors=vectors, neighbours=neighbours, similarities=similarities)
        with log.open("wb") as log_file:
            child = subprocess.Popen(
                [sys.executable, "-m", "search.projection.layout", str(source), str(target)],
                cwd=settings.BASE_DIR,
                stdin=subprocess.PIPE,  # closes when this process dies, whatever kills it; the child ends then
                stdout=log_file,
                stderr=log_file,
            )
            try:
                _wait(child, len(vectors), report)
            finally:
                child.kill()
                child.communicate()
        if child.returncode != 0:
            last_line = (log.read_text(errors="replace").strip().splitlines() or ["no output"])[-1]
            logger.error("the layout ended with: %s", last_line)
            raise ServiceUnavailable(
                "The map could not be computed; the worker's log says why. Searching works; try the map again."
            )
        coordinates: Float32Array = np.load(target)
        return coordinates


def _wait(child: subprocess.Popen[bytes], total: int, report: Report) -> None:
    while True:
        try:
            child.wait(timeout=_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            report(0, total)
        else:
            report(total, total)
            return


def _scratch() -> Path:
    folder = Path(settings.PROJECTIONS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _store(version: IndexVersion, ids: Int64Array, coordinates: Float32Array, seconds: float) -> Projection:
    with transaction.atomic():
        projection = Projection.objects.create(
            version=version,
            parameters={
                "neighbours": layout.NEIGHBOURS,
                "min_distance": layout.MIN_DISTANCE,
                "metric": "cosine",
                "seed": layout.SEED,
            },
            count=len(ids),
            seconds=seconds,
        )
        with atomic_folder(projection_folder(projection.path)) as folder:
            projection.layout = store_map_files(folder, ids, coordinates)
        projection.save(update_fields=["layout"])
    _prune(version.dataset)
    return projection


def _prune(dataset: Dataset) -> None:
    kept = [projection.pk for projection in projections_of(dataset)[:KEPT_PROJECTIONS]]
    for projection in (
        Projection.objects.filter(version__dataset=dataset).exclude(pk__in=kept).select_related("version")
    ):
        shutil.rmtree(projection_folder(projection.path), ignore_errors=True)
        projection.delete()


def projections_of(dataset: Dataset) -> list[Projection]:
    """The dataset's projections, newest first; those whose files an earlier version of the site wrote count as none."""
    found = Projection.objects.filter(version__dataset=dataset, layout__format=FORMAT).select_related("version")
    return list(found.order_by("-id"))


def newest_projection(dataset: Dataset) -> Projection | None:
    """The map to show: of the live version where there is one, else the newest of an older version."""
    projections = projections_of(dataset)
    live = [projection for projection in projections if projection.version_id == dataset.live_version_id]
    return next(iter(live or projections), None)


def has_map(version: IndexVersion) -> bool:
    """Whether this very version is drawn."""
    return version.projections.filter(layout__format=FORMAT).exists()
