"""The points of a map as a browser reads them: levels of detail, Morton order, deltas, byte planes.

A level with m points is 4m bytes and nothing else. Each point has 16 bits for x and 16 for y, steps over the bounds of
the map. Both are interleaved to a Morton code (Morton 1966) of 32 bits, x in the even bits and y in the odd ones. The
codes of a level ascend; each is written as the difference to the one before, the first as itself. The differences are
written as four planes of m bytes, the lowest bytes first. So what lies near each other on the map lies near each other
in the file, the upper planes are almost all zeros, and gzip has little left to do.

The first levels are random samples, so that a map can be drawn before all of it has arrived. A point is known by its
place in this order, its map index: no column of ids is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from search.values import Float32Array, Int64Array, UInt8Array, UInt16Array, UInt32Array

FORMAT = 2
"""Format 1 was one file of all points, in the order of the image ids."""

STEPS = 65_535
"""Of each axis: at forty-fold zoom on 1,200 pixels one step is 0.7 pixels."""

LEVELS = (16_384, 49_152, 196_608)
"""Points of the levels but the last, which has the rest."""

_SEED = 20_240_611
_SPREAD = ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The rectangle over which the steps of a map are spread; where points lie on one line, it is 1 wide."""

    low_x: float
    low_y: float
    high_x: float
    high_y: float

    def as_list(self) -> list[float]:
        return [self.low_x, self.low_y, self.high_x, self.high_y]


def bounds_of(coordinates: Float32Array) -> Bounds:
    """Return the bounds of coordinates of shape (n, 2); the unit square for none."""
    if not len(coordinates):
        return Bounds(0.0, 0.0, 1.0, 1.0)
    low = coordinates.min(axis=0).astype(float)
    high = coordinates.max(axis=0).astype(float)
    high = np.where(high > low, high, low + 1.0)
    return Bounds(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def quantise(coordinates: Float32Array, bounds: Bounds) -> UInt16Array:
    """Steps from 0 to 65535 for coordinates within the bounds, shape (n, 2)."""
    low = np.array([bounds.low_x, bounds.low_y])
    span = np.array([bounds.high_x, bounds.high_y]) - low
    steps: UInt16Array = np.rint((coordinates.astype(np.float64) - low) / span * STEPS).astype(np.uint16)
    return steps


def morton_codes(steps: UInt16Array) -> UInt32Array:
    """Steps of shape (n, 2) with their bits interleaved, shape (n,)."""
    return _spread(steps[:, 0]) | (_spread(steps[:, 1]) << np.uint32(1))


def steps_of(codes: UInt32Array) -> UInt16Array:
    """The steps from which `morton_codes` made these."""
    return np.stack([_gather(codes), _gather(codes >> np.uint32(1))], axis=1)


def map_order(codes: UInt32Array) -> tuple[Int64Array, list[int]]:
    """Return the order of the points on the map, shape (n,), and the size of each level. The same for the same points.

    Levels are random samples; within each the codes ascend.
    """
    permutation = np.random.default_rng(_SEED).permutation(len(codes))
    sizes = level_sizes(len(codes))
    parts = np.split(permutation, np.cumsum(sizes)[:-1]) if sizes else []
    levels = [part[np.argsort(codes[part], kind="stable")] for part in parts]
    return np.concatenate([np.empty(0, np.int64), *levels]), sizes


def level_sizes(count: int) -> list[int]:
    """Return how many of so many points each level has; none is empty."""
    sizes: list[int] = []
    for size in LEVELS:
        sizes.append(min(size, count - sum(sizes)))
    sizes.append(count - sum(sizes))
    return [size for size in sizes if size]


def level_slices(sizes: Sequence[int]) -> Iterator[slice]:
    """Yield where in the map order each level stands."""
    first = 0
    for size in sizes:
        yield slice(first, first + size)
        first += size


def spread_in_tile(codes: UInt32Array, sizes: Sequence[int], zoom: int, x: int, y: int, most: int) -> list[int]:
    """Map indices of some points of a tile: all, or `most` that lie spread over it, those of the first levels before.

    At a zoom the bounds are cut into 2^zoom columns and rows of tiles, counted from the lowest coordinates.
    """
    rest = 32 - 2 * zoom
    first = int(morton_codes(np.array([[x, y]], np.uint16))[0]) << rest
    last = first + (1 << rest) - 1
    indices: list[int] = []
    for level in level_slices(sizes):
        within = codes[level]
        begin = int(np.searchsorted(within, np.uint32(first), side="left"))
        count = int(np.searchsorted(within, np.uint32(last), side="right")) - begin
        quota = min(count, most - len(indices))
        indices += [level.start + begin + number * count // quota for number in range(quota)]
    return indices


def encode_level(codes: UInt32Array) -> bytes:
    """The bytes of a level, for codes that ascend."""
    deltas = np.diff(codes, prepend=np.uint32(0)).astype("<u4")
    planes: bytes = np.ascontiguousarray(deltas.view(np.uint8).reshape(len(codes), 4).T).tobytes()
    return planes


def decode_level(content: bytes) -> UInt32Array:
    """The codes of a level. Raises ValueError for what is none."""
    if len(content) % 4:
        raise ValueError(f"a level of a map has four bytes a point, and not {len(content)} in all")
    planes = np.frombuffer(content, np.uint8).reshape(4, -1)
    deltas = np.ascontiguousarray(planes.T).view("<u4").reshape(-1)
    return np.cumsum(deltas, dtype=np.uint32)


def encode_column(values: UInt8Array | UInt16Array) -> bytes:
    """A number of each point, in map order: bytes as they are, 16 bits as the plane of low bytes, then of high ones."""
    if values.dtype == np.uint8:
        return values.tobytes()
    pairs = np.ascontiguousarray(values.astype("<u2")).view(np.uint8).reshape(len(values), 2)
    planes: bytes = np.ascontiguousarray(pairs.T).tobytes()
    return planes


def decode_column(content: bytes) -> UInt16Array:
    """The 16-bit numbers that `encode_column` wrote."""
    planes = np.frombuffer(content, np.uint8).reshape(2, -1)
    return np.ascontiguousarray(planes.T).view("<u2").reshape(-1)


def _spread(values: UInt16Array) -> UInt32Array:
    """Sixteen bits to the even ones of 32."""
    spread = values.astype(np.uint32)
    for shift, mask in _SPREAD:
        spread = (spread | (spread << np.uint32(shift))) & np.uint32(mask)
    return spread


def _gather(codes: UInt32Array) -> UInt16Array:
    """The even bits of 32 to sixteen."""
    bits = codes & np.uint32(0x55555555)
    for shift, mask in zip((1, 2, 4, 8), (0x33333333, 0x0F0F0F0F, 0x00FF00FF, 0x0000FFFF), strict=True):
        bits = (bits | (bits >> np.uint32(shift))) & np.uint32(mask)
    return bits.astype(np.uint16)
