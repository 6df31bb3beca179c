"""The pictures of the installation that later releases are tested with: plain shapes, drawn here."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

_SIZE = (192, 144)
_BOX = (40, 24, 136, 120)
_DATE_TAKEN = 0x9003
"""Number of the EXIF field DateTimeOriginal."""


def draw_pictures(photos: Path, drafts: Path) -> None:
    """Fills two new folders with pictures, a file that is none, and captions of the first folder."""
    (photos / "lines").mkdir(parents=True)
    drafts.mkdir()
    for shape in ("ellipse", "rectangle"):
        for colour in ("red", "blue", "black"):
            _shape(shape, colour).save(photos / f"{colour}-{shape}.png")
    for number, colour in enumerate(("red", "green")):
        _stripes(colour).save(photos / "lines" / f"{colour}-stripes.jpg", quality=85, exif=_taken(2020 + number))
    noise = np.random.default_rng(7).integers(0, 255, (12, 16, 3), np.uint8)
    Image.fromarray(noise).resize(_SIZE, Image.Resampling.NEAREST).save(photos / "noise.png")
    # An equal file, and one that looks the same.
    shutil.copy(photos / "red-ellipse.png", photos / "red-ellipse copy.png")
    _stripes("red").save(photos / "lines" / "red-stripes again.jpg", quality=60)
    (photos / "broken.jpg").write_bytes(b"this is no picture")
    (photos / "captions.csv").write_text(
        "file,caption\nred-ellipse.png,a red circle\nblue-rectangle.png,a blue square\nnoise.png,coloured noise\n"
    )
    for colour in ("green", "yellow"):
        _shape("rectangle", colour).save(drafts / f"{colour}.png")


def change_pictures(photos: Path) -> None:
    """Adds a picture to the first folder, and takes one away."""
    _shape("ellipse", "orange").save(photos / "orange-ellipse.png")
    (photos / "black-rectangle.png").unlink()


def _shape(shape: str, colour: str) -> Image.Image:
    picture = Image.new("RGB", _SIZE, "white")
    getattr(ImageDraw.Draw(picture), shape)(_BOX, fill=colour)
    return picture


def _stripes(colour: str) -> Image.Image:
    picture = Image.new("RGB", _SIZE, "white")
    pen = ImageDraw.Draw(picture)
    for left in range(0, _SIZE[0], 24):
        pen.rectangle((left, 0, left + 11, _SIZE[1]), fill=colour)
    return picture


def _taken(year: int) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[_DATE_TAKEN] = f"{year}:07:01 12:00:00"
    return exif
