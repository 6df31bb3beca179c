"""Columns that colour the points of a map: clusters, the dates of images, a tag, closeness to a query."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Max, Min

from search.errors import InvalidQuery, NotSearchable
from search.files.atomic import atomic_file
from search.files.paths import projection_folder
from search.index.live import LiveIndex, live_indexes
from search.maps.files import NOWHERE, MapFiles, open_map
from search.models import Dataset, Image, ImageTag, IndexVersion, MapCluster, Projection, Tag
from search.projection.points import encode_column
from search.query.question import Question
from search.values import UInt8Array

NO_DATE = 255
TOP_TAGS = 20

_LAST_STEP = 254
_DATE_FILE = "date.bin.gz"
_LEGEND_FILE = "date.json"
_ROWS = 20_000
_GZIP_LEVEL = 5


@dataclass(frozen=True, slots=True)
class DateLegend:
    """The first and the last time at which an image of the dataset was taken: the steps 0 and 254."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Similarities:
    """The closeness of each point to a query: 0 at the lowest score, 255 at the highest, in map order."""

    values: UInt8Array
    low: float
    high: float


class ClusterNames:
    """The names of the clusters of a map, as they are now. Raises UnknownMap."""

    def __init__(self, projection: Projection) -> None:
        self._clusters = open_map(projection).clusters()
        clusters = MapCluster.objects.filter(projection=projection)
        self._names = {(one.level, one.number): one.label for one in clusters}

    def of(self, indices: Sequence[int]) -> list[list[str]]:
        """Returns the names for each point, one a level; empty where it is in no cluster, none on a map without any."""
        if self._clusters is None:
            return [[] for _ in indices]
        names, numbers = self._names, self._clusters[:, list(indices)].T.tolist()
        return [[names.get((level, number), "") for level, number in enumerate(of_point)] for of_point in numbers]


def date_legend(dataset: Dataset, projection: Projection) -> DateLegend | None:
    """Returns the span of dates of a map; None where no image has one.

    It is written beside the map at the first question: a map's colours stay what they were.
    """
    path = projection_folder(projection.path) / _LEGEND_FILE
    try:
        span: list[str] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        open_map(projection)  # so that nothing is written beside a map that is gone
        dates = dataset.images.filter(state=Image.State.READY).aggregate(first=Min("taken_at"), last=Max("taken_at"))
        span = [] if dates["first"] is None else [dates["first"].isoformat(), dates["last"].isoformat()]
        with atomic_file(path) as file:
            file.write(json.dumps(span).encode())
    return DateLegend(*map(datetime.fromisoformat, span)) if span else None


def date_column(dataset: Dataset, projection: Projection) -> bytes:
    """Returns when each image was taken, a byte a point, compressed by gzip: steps of the legend, or `NO_DATE`.

    Made once a map, from the database. Raises UnknownMap.
    """
    path = projection_folder(projection.path) / _DATE_FILE
    try:
        return path.read_bytes()
    except FileNotFoundError:
        files = open_map(projection)
    content = _compressed(_dates(dataset, files, date_legend(dataset, projection)))
    with atomic_file(path) as file:
        file.write(content)
    return content


def _dates(dataset: Dataset, files: MapFiles, legend: DateLegend | None) -> UInt8Array:
    column = np.full(len(files), NO_DATE, np.uint8)
    if legend is None:
        return column
    dated = dataset.images.filter(state=Image.State.READY, taken_at__isnull=False).order_by()
    rows = [(pk, moment.timestamp()) for pk, moment in dated.values_list("pk", "taken_at").iterator(_ROWS) if moment]
    indices = files.indices_of(np.array([pk for pk, _ in rows], np.int64))
    first, last = legend.first.timestamp(), legend.last.timestamp()
    since = np.array([seconds for _, seconds in rows], np.float64) - first
    steps = np.clip(np.rint(since / (last - first or 1.0) * _LAST_STEP), 0, _LAST_STEP)
    on_map = indices != NOWHERE
    column[indices[on_map]] = steps[on_map].astype(np.uint8)
    return column


def tag_column(dataset: Dataset, projection: Projection, name: str) -> bytes:
    """Returns 1 for points whose images carry a tag, else 0, gzip-compressed. Raises InvalidQuery for no such tag."""
    name = name.replace("\0", "").strip()
    tags = list(Tag.objects.filter(dataset=dataset, name__iexact=name).values_list("pk", flat=True))
    if not tags:
        raise InvalidQuery(f"There is no tag {name[:80]!r} in {dataset.name}. Choose another.")
    files = open_map(projection)
    tagged = ImageTag.objects.filter(tag__in=tags).order_by().values_list("image_id", flat=True)
    indices = files.indices_of(np.fromiter(tagged.iterator(_ROWS), np.int64))
    column = np.zeros(len(files), np.uint8)
    column[indices[indices != NOWHERE]] = 1
    return _compressed(column)


def similarities(dataset: Dataset, projection: Projection, question: Question, number: int | None) -> Similarities:
    """Scores all images against a question, whatever its filters, under the index version of that number.

    Without a number it is the live one. Points without a vector there count as the lowest. Raises what searching
    raises, and UnknownMap.
    """
    files = open_map(projection)
    live = _index(dataset, number)
    # Scores of all vectors, not of the best: this reads every vector once, which a plain search never does.
    scores = live.index.scores(question.vector(live.version.encoder))
    places = files.indices_of(np.asarray(live.index.image_ids))
    on_map = scores[places != NOWHERE]
    if not len(on_map):
        return Similarities(np.zeros(len(files), np.uint8), 0.0, 0.0)
    low, high = float(on_map.min()), float(on_map.max())
    column = np.zeros(len(files), np.uint8)
    column[places[places != NOWHERE]] = np.rint((on_map - low) / ((high - low) or 1.0) * 255)
    return Similarities(column, low, high)


def _index(dataset: Dataset, number: int | None) -> LiveIndex:
    live = live_indexes.of(dataset)
    if number is None or live.version.number == number:
        return live
    version = IndexVersion.objects.filter(dataset=dataset, number=number).first()
    if version is None:
        raise NotSearchable(f"There is no index version {number} of {dataset.name}, or no longer. Leave it out.")
    return live_indexes.pinned(dataset, version.pk)


def _compressed(column: UInt8Array) -> bytes:
    return gzip.compress(encode_column(column), _GZIP_LEVEL, mtime=0)
