"""Which way of decoding a JPEG for its derivative is fastest without changing the picture: Pillow or libjpeg-turbo.

    python scripts/compare_jpeg_decoders.py FOLDER_OF_PHOTOS       (needs: pip install simplejpeg)

For pictures of several sizes, tiled from the photos so that they are full of detail: images/s on one core, and the mean
difference of a channel, in levels of 255, from decoding whole and resizing with the same filter.
"""

from __future__ import annotations

import io
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

try:
    import simplejpeg
except ImportError:
    sys.exit("This comparison needs simplejpeg: pip install simplejpeg")

SHORT_SIDE = 384
PICTURES = 16
SIZES = ((1024, 768), (1600, 1067), (2048, 1536), (3000, 2000), (4032, 3024))
FACTORS = (2.0, 1.5, 1.0)
Decode = Callable[[bytes], Image.Image]


def target_of(width: int, height: int) -> tuple[int, int]:
    scale = SHORT_SIDE / min(width, height)
    return round(width * scale), round(height * scale)


def whole(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    return picture.convert("RGB").resize(target_of(*picture.size), Image.Resampling.BICUBIC)


def pillow_draft(factor: float) -> Decode:
    def decode(data: bytes) -> Image.Image:
        picture = Image.open(io.BytesIO(data))
        target = target_of(*picture.size)
        picture.draft("RGB", (round(factor * target[0]), round(factor * target[1])))
        picture.load()
        return picture.resize(target, Image.Resampling.BICUBIC, reducing_gap=3.0)

    return decode


def libjpeg_turbo(factor: float) -> Decode:
    def decode(data: bytes) -> Image.Image:
        height, width = simplejpeg.decode_jpeg_header(data)[:2]
        target = target_of(width, height)
        least = {"min_width": round(factor * target[0]), "min_height": round(factor * target[1])}
        pixels = simplejpeg.decode_jpeg(data, "RGB", min_factor=1, **least)
        return Image.fromarray(pixels).resize(target, Image.Resampling.BICUBIC)

    return decode


def mosaic(photos: list[Path], width: int, height: int) -> bytes:
    page = Image.new("RGB", (width, height))
    for y in range(0, height, 333):
        for x in range(0, width, 480):
            with Image.open(random.choice(photos)) as photo:
                page.paste(photo.convert("RGB"), (x, y))
    target = io.BytesIO()
    page.save(target, "JPEG", quality=90)
    return target.getvalue()


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    photos = [path for path in sorted(Path(sys.argv[1]).rglob("*")) if path.suffix.lower() in {".jpg", ".jpeg"}]
    if not photos:
        sys.exit(f"{sys.argv[1]} holds no JPEG photos.")
    random.seed(1)
    ways = {"whole": whole}
    ways |= {f"Pillow draft, {factor:g} x target": pillow_draft(factor) for factor in FACTORS}
    ways |= {f"libjpeg-turbo, {factor:g} x target": libjpeg_turbo(factor) for factor in FACTORS}
    for size in SIZES:
        pictures = [mosaic(photos, *size) for _ in range(PICTURES)]
        expected = [np.asarray(whole(data), np.float32) for data in pictures]
        for name, decode in ways.items():
            started = time.process_time()
            found = [decode(data) for data in pictures]
            speed = PICTURES / (time.process_time() - started)
            pairs = zip(found, expected, strict=True)
            errors = [float(np.abs(np.asarray(picture, np.float32) - exact).mean()) for picture, exact in pairs]
            print(
                f"{size[0]} x {size[1]}  {name:28} {speed:6.1f}/s  mean {np.mean(errors):.2f}  most {max(errors):.2f}"
            )


if __name__ == "__main__":
    main()
