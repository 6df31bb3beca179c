"""A 64-bit hash of what a picture looks like: copies of a picture have hashes of which few bits differ.

pHash by the discrete cosine transform, after C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash
Functions", 2010: 32 x 32 grey values, the 8 x 8 lowest frequencies without the constant ones, each compared with their
median. Written here in numpy, because the hash of the mirrored picture is wanted too, which libraries do not give.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from search.values import Int64Array, UInt8Array

BITS = 64
_SIDE = 32
_FREQUENCIES = 8
_DRAFT = 4 * _SIDE

_COSINES = np.cos(
    np.pi * np.arange(1, _FREQUENCIES + 1)[:, None] * (2 * np.arange(_SIDE)[None, :] + 1) / (2 * _SIDE)
).astype(np.float32)

_MIRRORED = int.from_bytes(
    np.packbits(np.tile(np.arange(1, _FREQUENCIES + 1) % 2 == 1, (_FREQUENCIES, 1))).tobytes(), "big", signed=True
)
"""The bits of odd horizontal frequencies, whose waves mirroring turns round; their median stays near zero."""


def perceptual_hash(picture: Pillow.Image) -> int:
    """The hash as a signed 64-bit number, as databases keep it."""
    # Reduced by a whole number first, which is quicker than to convert every pixel.
    small = picture.reduce(max(1, min(picture.size) // (2 * _SIDE)))
    grey = small.convert("L").resize((_SIDE, _SIDE), Pillow.Resampling.BOX)
    waves = _COSINES @ np.asarray(grey, np.float32) @ _COSINES.T
    return int.from_bytes(np.packbits(waves > np.median(waves)).tobytes(), "big", signed=True)


def hash_of_file(path: Path) -> int | None:
    """The hash of a derivative; None where the file is gone or damaged."""
    try:
        with Pillow.open(path, formats=("JPEG",)) as opened:
            opened.draft("L", (_DRAFT, _DRAFT))
            return perceptual_hash(opened)
    except (OSError, SyntaxError):  # what Pillow raises for damaged JPEGs
        return None


def distances(left: Int64Array, right: Int64Array) -> UInt8Array:
    """Return how many bits differ, pair by pair, for the picture or its mirror image, the fewer; 0 to 64."""
    as_is = np.bitwise_count((left ^ right).view(np.uint64))
    mirrored = np.bitwise_count((left ^ right ^ np.int64(_MIRRORED)).view(np.uint64))
    return np.minimum(as_is, mirrored)
