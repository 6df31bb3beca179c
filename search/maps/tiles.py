"""Tiles of a map: sheets of small pictures in place of points, drawn when first asked for, kept while there is room."""

from __future__ import annotations

import io
import json
import logging
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from PIL import Image as Pillow
from PIL import ImageOps

from search.bucket import sync
from search.errors import UnknownMap
from search.files import cache
from search.files.atomic import atomic_file
from search.files.paths import derivative_path, map_tiles_folder
from search.images.presence import present_ids
from search.maps.files import MapFiles, open_map
from search.models import Dataset, Image, Projection
from search.projection.points import spread_in_tile

logger = logging.getLogger(__name__)

CELL = 64
"""Pixels of each side of a picture on a sheet."""

COLUMNS = 8
MOST_PICTURES = 64
DEEPEST = 12
"""The highest zoom, at which a tile is 16 steps of the map wide."""

MOST_BYTES = 512 << 20
"""The most that all sheets take together; beyond it the longest unused go."""

_USE_RESOLUTION = timedelta(hours=1)
"""How exactly the last use of a sheet is known."""

_QUALITY = 60


@dataclass(frozen=True, slots=True)
class Tile:
    """A cell of the map: a zoom cuts its bounds into 2^zoom columns and rows, counted from the lowest coordinates."""

    zoom: int
    x: int
    y: int


def tile_points(files: MapFiles, tile: Tile) -> list[int]:
    """Returns the map indices of the points whose pictures stand on a sheet, row by row. Raises UnknownMap for no tile.

    They never change. The picture of one whose image is gone is left transparent.
    """
    if not 0 <= tile.zoom <= DEEPEST or max(tile.x, tile.y) >= 1 << tile.zoom:
        raise UnknownMap(f"There is no tile {tile.zoom}/{tile.x}/{tile.y}: zoom goes from 0 to {DEEPEST}.")
    return spread_in_tile(files.codes, files.levels, tile.zoom, tile.x, tile.y, MOST_PICTURES)


def stored_sheet(dataset: Dataset, projection: Projection, tile: Tile) -> bytes | None:
    """Returns the sheet of a tile as WebP; None where it has to be drawn, or redrawn as images came or went since.

    Raises UnknownMap, also for a tile in which nothing lies.
    """
    files = open_map(projection)
    indices = tile_points(files, tile)
    if not indices:
        raise UnknownMap("Nothing lies in this tile.")
    path = _path(projection.pk, tile)
    try:
        head, _, sheet = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    # A sheet says which images it shows: an image that was hidden meanwhile must not be seen on it.
    if set(json.loads(head)) != present_ids(dataset, files.image_ids[indices].tolist()):
        return None
    cache.note_use(path, _USE_RESOLUTION)
    return sheet


def draw_tile(projection_id: int, tile: Tile) -> None:
    """Draws the sheet of a tile; nothing happens for a map that is gone. May run twice."""
    projection = Projection.objects.select_related("version__dataset").filter(pk=projection_id).first()
    if projection is None:
        return
    dataset = projection.version.dataset
    try:
        files = open_map(projection)
        ids = files.image_ids[tile_points(files, tile)].tolist()
    except UnknownMap as error:
        logger.info("no tile of map %s was drawn: %s", projection_id, error)
        return
    images = Image.objects.filter(dataset=dataset, state=Image.State.READY).order_by().in_bulk(ids)
    sheet = _sheet(dataset, [images.get(image_id) for image_id in ids])
    with atomic_file(_path(projection.pk, tile)) as file:
        file.write(json.dumps(sorted(images)).encode() + b"\n" + sheet)


def _sheet(dataset: Dataset, images: list[Image | None]) -> bytes:
    rows = max(1, -(-len(images) // COLUMNS))
    sheet = Pillow.new("RGBA", (COLUMNS * CELL, rows * CELL))
    sync.fetch_all([derivative_path(dataset.pk, image.checksum) for image in images if image])
    for place, image in enumerate(images):
        if image is None:
            continue
        try:
            with Pillow.open(derivative_path(dataset.pk, image.checksum)) as picture:
                picture.draft("RGB", (2 * CELL, 2 * CELL))
                small = ImageOps.fit(picture.convert("RGB"), (CELL, CELL), Pillow.Resampling.BOX)
        except OSError as error:
            logger.warning("image %s has no picture on the map: %s", image.pk, error)
            continue
        sheet.paste(small, (place % COLUMNS * CELL, place // COLUMNS * CELL))
    content = io.BytesIO()
    sheet.save(content, "WEBP", quality=_QUALITY, method=2)
    return content.getvalue()


def sweep_tiles() -> int:
    """Deletes sheets of maps that are gone, and beyond `MOST_BYTES` the longest unused; returns how many of these.

    May run twice.
    """
    root = Path(settings.MAP_CACHE_DIR) / "tiles"
    for folder in root.glob("*"):
        if not Projection.objects.filter(pk=int(folder.name)).exists():
            shutil.rmtree(folder, ignore_errors=True)
    return cache.sweep(root.glob("*/*"), most_bytes=MOST_BYTES)


def _path(projection_id: int, tile: Tile) -> Path:
    return map_tiles_folder(projection_id) / f"{tile.zoom}-{tile.x}-{tile.y}"
