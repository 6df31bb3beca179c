"""Placeholders: what a grid shows of an image before it arrives, in some 22 bytes.

The format is that of ThumbHash (Evan Wallace, 2023): the lowest frequencies of brightness and of two differences of
colour, four bits each. `static/js/grid/thumbhash.js` draws it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from PIL import Image as Pillow

from search.bucket import sync
from search.files.paths import derivative_path
from search.models import Dataset, Image
from search.values import Float32Array, Report, no_report

_SIDE = 64
"""Points along each side that the frequencies are taken from: single pixels, since so low a frequency averages them."""

_MOST = 7
"""Frequencies of brightness along the longer side."""

_OF_COLOUR = 3
_AT_ONCE = 200


def placeholder_of(picture: Pillow.Image) -> str:
    """The placeholder of an RGB picture, as base64."""
    square = picture.resize((_SIDE, _SIDE), Pillow.Resampling.NEAREST)
    pixels = np.asarray(square, np.float32) / 255.0
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    across, down = _frequencies(picture.width, picture.height)
    level, level_scale, levels = _channel((red + green + blue) / 3.0, max(_OF_COLOUR, across), max(_OF_COLOUR, down))
    yellow, yellow_scale, yellows = _channel((red + green) / 2.0 - blue, _OF_COLOUR, _OF_COLOUR)
    redness, redness_scale, rednesses = _channel(red - green, _OF_COLOUR, _OF_COLOUR)
    is_landscape = picture.width > picture.height
    means = (
        round(63 * level)
        | round(31.5 + 31.5 * yellow) << 6
        | round(31.5 + 31.5 * redness) << 12
        | round(31 * level_scale) << 18
    )
    scales = (
        (down if is_landscape else across)
        | round(63 * yellow_scale) << 3
        | round(63 * redness_scale) << 9
        | is_landscape << 15
    )
    parts = np.concatenate([levels, yellows, rednesses])
    steps = np.append(parts, np.zeros(len(parts) % 2)).round().astype(np.uint8)
    packed = (steps[0::2] | steps[1::2] << 4).tobytes()
    return base64.b64encode(means.to_bytes(3, "little") + scales.to_bytes(2, "little") + packed).decode("ascii")


def fill_missing(dataset: Dataset, report: Report = no_report) -> int:
    """Gives ready images that were resized before there were placeholders theirs; says how many got one.

    Stopped in between, the next call goes on from there. A derivative that cannot be read is left to the encoder,
    which has it made anew.
    """
    filled = examined = 0
    for images in _images_without(dataset):
        changed = []
        sync.fetch_all([derivative_path(dataset.pk, image.checksum) for image in images])
        for image in images:
            try:
                with Pillow.open(derivative_path(dataset.pk, image.checksum), formats=("JPEG",)) as opened:
                    opened.draft("RGB", (_SIDE, _SIDE))
                    image.placeholder = placeholder_of(opened.convert("RGB"))
            except OSError:
                continue
            changed.append(image)
        Image.objects.bulk_update(changed, ["placeholder"])
        filled += len(changed)
        examined += len(images)
        report(examined, examined + 1)
    return filled


def _images_without(dataset: Dataset) -> Iterator[list[Image]]:
    images_without = dataset.images.filter(state=Image.State.READY, placeholder="").only("checksum").order_by("pk")
    last = 0
    while images := list(images_without.filter(pk__gt=last)[:_AT_ONCE]):
        yield images
        last = images[-1].pk


def _frequencies(width: int, height: int) -> tuple[int, int]:
    longest = max(width, height)
    return max(1, round(_MOST * width / longest)), max(1, round(_MOST * height / longest))


def _channel(values: Float32Array, across: int, down: int) -> tuple[float, float, Float32Array]:
    """The mean of a channel of shape (64, 64), its largest frequency, and all of them as steps from 0 to 15."""
    waves = _waves()
    frequencies = (waves[:down] @ values @ waves[:across].T) / (_SIDE * _SIDE)
    # The triangle of low frequencies, row by row, without the mean in its corner.
    rows, columns = np.ogrid[:down, :across]
    triangle = frequencies[columns * down < across * (down - rows)]
    mean, parts = float(triangle[0]), triangle[1:]
    scale = float(np.abs(parts).max())
    steps = 7.5 + 7.5 * parts / (scale or 1.0)
    return mean, min(scale, 1.0), steps.astype(np.float32)


@lru_cache(maxsize=1)
def _waves() -> Float32Array:
    """Shape (7, 64): one cosine a row."""
    places = (np.arange(_SIDE, dtype=np.float32) + 0.5) * np.pi / _SIDE
    return np.cos(np.arange(_MOST, dtype=np.float32)[:, None] * places).astype(np.float32)
