"""Rows of a collection: one for each vector, from the version in which it came to the one in which it left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from search.index.base import Chunk, Content, ScalarFields
from search.index.check import check_chunks
from search.values import Filters, Int64Array, Orientation

OPEN = 1 << 40
"""The last version of what has not left yet."""

_VERSION_BITS = 20
LAST_VERSION = (1 << _VERSION_BITS) - 1
_UNKNOWN_TIME = 1 << 62
"""Later than every time, so that no range of times holds it."""

_LONGEST_NAME = 8192
"""Bytes; a name has 1,024 characters at most."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORIENTATIONS = {Orientation.SQUARE: 0, Orientation.LANDSCAPE: 1, Orientation.PORTRAIT: 2}

# What has a meaning in an expression or a pattern is kept as a character of the private use area, in names and in what
# is looked for alike. So nothing needs to be escaped, which the servers do in different ways.
_SPECIAL = {code: 0xE000 + code for code in [*range(32), 127, *map(ord, "\"'\\%_{}")]}


def describe(schema: Any, dimension: int, *, halves: bool) -> Any:
    """Fills the schema of a collection."""
    from pymilvus import DataType

    schema.add_field("row", DataType.INT64, is_primary=True)
    for name in ("image_id", "first_version", "last_version", "taken_at", "added_at", "shorter_side", "orientation"):
        schema.add_field(name, DataType.INT64)
    schema.add_field("name", DataType.VARCHAR, max_length=_LONGEST_NAME)
    schema.add_field("vector", DataType.FLOAT16_VECTOR if halves else DataType.FLOAT_VECTOR, dim=dimension)
    return schema


def image_of(row: int) -> int:
    """The image of a row, by its key: an image has a row for each vector that it had."""
    return row >> _VERSION_BITS


def rows(
    content: Content, image_ids: Int64Array | None, version: int, *, halves: bool
) -> Iterator[tuple[Chunk, list[dict[str, Any]]]]:
    """Rows that begin with this version, with the chunk that they are of; images gone meanwhile are left out.

    Raises IndexDamaged for vectors that could never be found.
    """
    for chunk in check_chunks(content.chunks(image_ids), content.dimension):
        facts = {fact.image_id: fact for fact in content.scalar_fields(chunk.image_ids)}
        present = np.isin(chunk.image_ids, np.fromiter(facts, np.int64, len(facts)))
        chunk = Chunk(chunk.image_ids[present], chunk.vectors[present])
        vectors = chunk.vectors if halves else chunk.vectors.astype(np.float32)
        pairs = zip(chunk.image_ids.tolist(), vectors, strict=True)
        yield chunk, [{**_scalars(facts[image_id], version), "vector": vector} for image_id, vector in pairs]


def as_written(row: dict[str, Any]) -> dict[str, Any]:
    """A row that was read, with its vector as it was written; the client hands out halves as bytes in a list."""
    value = row.get("vector")
    if value is None:
        return row
    halves = isinstance(value[0], bytes)
    return {**row, "vector": np.frombuffer(value[0], np.float16) if halves else np.asarray(value, np.float32)}


def visible(version: int) -> str:
    """The expression for what a version holds."""
    return f"first_version <= {version} and last_version > {version}"


def among(image_ids: Int64Array) -> str:
    return f"image_id in [{','.join(map(str, image_ids.tolist()))}]"


def not_among(image_ids: Int64Array) -> str:
    return f"image_id not in [{','.join(map(str, image_ids.tolist()))}]"


def pushed_down(filters: Filters) -> str | None:
    """The expression for these filters; None where only the database knows."""
    looked_up = filters.tags or filters.collection is not None or filters.selection
    if looked_up or filters.without_errors or filters.is_collapsed:
        return None
    bounds = (
        ("taken_at >=", filters.taken_from),
        ("taken_at <", filters.taken_until),
        ("added_at >=", filters.added_from),
        ("added_at <", filters.added_until),
    )
    terms = [f"{field} {_milliseconds(moment)}" for field, moment in bounds if moment is not None]
    if filters.taken_from is not None:
        terms.append(f"taken_at < {_UNKNOWN_TIME}")
    if filters.orientation is not None:
        terms.append(f"orientation == {_ORIENTATIONS[filters.orientation]}")
    if filters.shorter_side_from is not None:
        terms.append(f"shorter_side >= {filters.shorter_side_from}")
    if filters.name_contains:
        terms.append(f'name like "%{_plain(filters.name_contains)}%"')
    return " and ".join(terms)


def _scalars(facts: ScalarFields, version: int) -> dict[str, Any]:
    return {
        "row": facts.image_id << _VERSION_BITS | version,
        "image_id": facts.image_id,
        "first_version": version,
        "last_version": OPEN,
        "taken_at": _UNKNOWN_TIME if facts.taken_at_ms is None else facts.taken_at_ms,
        "added_at": facts.added_at_ms,
        "shorter_side": min(facts.width, facts.height),
        "orientation": _ORIENTATIONS[_orientation(facts.width, facts.height)],
        "name": _plain(facts.name),
    }


def _orientation(width: int, height: int) -> Orientation:
    if width == height:
        return Orientation.SQUARE
    return Orientation.LANDSCAPE if width > height else Orientation.PORTRAIT


def _plain(text: str) -> str:
    return text.lower().translate(_SPECIAL)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
