"""The points of a map as rows, for other programs: CSV line by line, Parquet some thousand rows at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np

from search.explorer.colours import ClusterNames
from search.exports.archive import Sink
from search.exports.csv_safety import BYTE_ORDER_MARK, csv_line
from search.maps.files import MapFiles, open_map
from search.maps.selections import MapSelection
from search.models import Dataset, Image, Projection

_AT_ONCE = 2000
_ROW_GROUP = 20_000


class MapRow(NamedTuple):
    """A point whose image is there; clusters by their names, empty where it is in none."""

    map_index: int
    image_id: int
    name: str
    x: float
    y: float
    cluster: str
    cluster_within: str


def map_rows(dataset: Dataset, projection: Projection, selection: MapSelection | None) -> Iterator[MapRow]:
    """Yields all points or those of a selection, in map order. Raises UnknownMap before the first row."""
    files = open_map(projection)
    indices = np.arange(len(files)) if selection is None else selection.indices()
    words = ClusterNames(projection)
    return (
        row
        for start in range(0, len(indices), _AT_ONCE)
        for row in _some(dataset, files, words, indices[start : start + _AT_ONCE].tolist())
    )


def csv_parts(rows: Iterator[MapRow]) -> Iterator[str]:
    """Yields the CSV: a heading, and a line a point."""
    yield BYTE_ORDER_MARK + csv_line(MapRow._fields)
    yield from map(csv_line, rows)


def parquet_parts(rows: Iterator[MapRow]) -> Generator[bytes]:
    """Yields a Parquet file, a part for each group of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, number, place = pa.string(), pa.int64(), pa.float32()
    kinds = dict(zip(MapRow._fields, (number, number, text, place, place, text, text), strict=True))
    schema, sink = pa.schema(list(kinds.items())), Sink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for group in _groups(rows):
            writer.write_table(pa.table(dict(zip(MapRow._fields, zip(*group, strict=True), strict=True)), schema))
            yield sink.take()
    yield sink.take()


def _groups(rows: Iterator[MapRow]) -> Iterator[list[MapRow]]:
    group: list[MapRow] = []
    for row in rows:
        group.append(row)
        if len(group) == _ROW_GROUP:
            yield group
            group = []
    if group:
        yield group


def _some(dataset: Dataset, files: MapFiles, words: ClusterNames, indices: list[int]) -> Iterator[MapRow]:
    ids = files.image_ids[indices].tolist()
    ready = Image.objects.filter(dataset=dataset, state=Image.State.READY, pk__in=ids).order_by()
    names = dict(ready.values_list("pk", "name"))
    places = files.coordinates[indices].tolist()
    for index, image_id, (x, y), of_point in zip(indices, ids, places, words.of(indices), strict=True):
        if image_id in names:
            yield MapRow(index, image_id, names[image_id], x, y, *(of_point or ["", ""])[:2])
