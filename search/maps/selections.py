"""Selections on maps: points within a drawn line, a rectangle or clusters, kept for a day under a token.

A selection that somebody made who is signed in is theirs alone; one of a visitor belongs to whoever has its token,
which nobody can guess. It says which points, and who asks for their images sees those that the dataset shows them.
"""

from __future__ import annotations

import gzip
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.conf import settings

from search.errors import InvalidQuery, UnknownSelection
from search.files import cache
from search.files.atomic import atomic_file
from search.files.paths import map_selection_path
from search.images.presence import present_among
from search.maps.files import MapFiles, open_map
from search.maps.regions import Region, points_in
from search.models import Dataset, Image, Projection
from search.permissions.visibility import Person
from search.values import BoolArray, Int64Array

LIFETIME = timedelta(days=1)
"""A selection is kept for so long after its last use."""

MOST_BYTES = 256 << 20
"""The most that all selections take. One has at most 125 kB for a million points, mostly a tenth of that."""

_USE_RESOLUTION = timedelta(hours=1)
"""The grain of the last use: a use is written down once in so long, not at every request."""

_SWEEPS = "x"
"""One token in 64 begins so. Making it sweeps, so that nobody fills the disk between two sweeps of the beat."""

_WAYS = ("add", "subtract", "within")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_GZIP_LEVEL = 5
_GONE = (
    f"This selection is not there, or no longer: selections on a map are kept for {24 * LIFETIME.days} hours after "
    "their last use, for whoever made them. Select the images again."
)


@dataclass(frozen=True, slots=True)
class MapSelection:
    """Points of a map that somebody selected; `mask` has a truth value for each point, in map order."""

    token: str
    projection: Projection
    count: int
    mask: BoolArray
    files: MapFiles

    def image_ids(self) -> Int64Array:
        """Returns the image ids of its points, ascending; some images may be gone since."""
        ids: Int64Array = np.sort(self.files.image_ids[self.mask])
        return ids

    def indices(self) -> Int64Array:
        """Returns the map indices of its points, ascending."""
        return np.flatnonzero(self.mask)


@dataclass(frozen=True, slots=True)
class Combination:
    """The ways in which a region changes an existing selection."""

    way: str
    """`add`, `subtract` or `within`."""

    token: str


def read_combination(body: Mapping[str, object]) -> Combination | None:
    """Reads how a request combines its region with another selection, if it does. Raises InvalidQuery for several."""
    ways = [(way, body[way]) for way in _WAYS if body.get(way)]
    if not ways:
        return None
    way, token = ways[0]
    if len(ways) > 1 or not isinstance(token, str):
        raise InvalidQuery(f"Name one selection by one of {', '.join(_WAYS)}.")
    return Combination(way, token)


def select(
    dataset: Dataset, projection: Projection, person: Person, region: Region, combination: Combination | None
) -> MapSelection:
    """Selects the points of a region whose images are ready, alone or combined with an earlier selection.

    Raises InvalidQuery for a region that is none, UnknownSelection, UnknownMap.
    """
    files = open_map(projection)
    mask = points_in(files, region)
    if combination is not None:
        before = selection_on(projection, combination.token, person).mask
        mask = {"add": before | mask, "subtract": before & ~mask, "within": before & mask}[combination.way]
    selected = np.flatnonzero(mask)
    # A point stays on its map when its image is hidden or deleted, but it is in no selection.
    mask[selected] = present_among(dataset, files.image_ids[selected])
    return _store(projection, person, mask, files)


def selection_on(projection: Projection, token: str, person: Person | None) -> MapSelection:
    """Returns a selection on this map. Raises UnknownSelection as `selection_of` does, and for one on another map."""
    selection = selection_of(token, person)
    if selection.projection.pk != projection.pk:
        raise UnknownSelection("This selection was made on another map. Select the images again.")
    return selection


def selection_of(token: str, person: Person | None) -> MapSelection:
    """Returns the selection under a token, which counts as a use; for the console (`person` is None) anybody's.

    Raises UnknownSelection when it or its map is no longer kept, or when it is not this person's.
    """
    path = map_selection_path(token) if _TOKEN.fullmatch(token) else None
    age = None if path is None else cache.age_of(path)
    if path is None or age is None or age > LIFETIME.total_seconds():
        raise UnknownSelection(_GONE)
    head, _, packed = path.read_bytes().partition(b"\n")
    header = json.loads(head)
    if person is not None and header["owner"] not in {None, person.pk}:
        raise UnknownSelection(_GONE)
    projection = Projection.objects.filter(pk=header["projection"]).select_related("version").first()
    if projection is None:
        raise UnknownSelection("The map on which this selection was made is no longer kept. Select the images again.")
    cache.note_use(path, _USE_RESOLUTION)
    files = open_map(projection)
    bits = np.frombuffer(gzip.decompress(packed), np.uint8)
    mask = np.unpackbits(bits, count=len(files), bitorder="little").astype(np.bool_)
    return MapSelection(token, projection, header["count"], mask, files)


def packed_points(selection: MapSelection) -> bytes:
    """Packs a selection: a bit a point in map order, the lowest of each byte first, compressed by gzip."""
    return gzip.compress(np.packbits(selection.mask, bitorder="little").tobytes(), _GZIP_LEVEL, mtime=0)


def selected_images(selection: MapSelection, after: int, count: int) -> tuple[list[tuple[int, Image]], int | None]:
    """Returns the next images in map order, with their map indices above `after`, and where to go on; None at the end.

    The first pages are a sample of the whole selection, since map order is. Images that are gone are left out.
    """
    indices = selection.indices()
    place = int(np.searchsorted(indices, after, side="right"))
    images: list[tuple[int, Image]] = []
    ready = Image.objects.filter(state=Image.State.READY).select_related("dataset").order_by()
    while place < len(indices) and len(images) < count:
        some = indices[place : place + count - len(images)]
        ids = selection.files.image_ids[some].tolist()
        rows = ready.in_bulk(ids)
        images += [(index, rows[pk]) for index, pk in zip(some.tolist(), ids, strict=True) if pk in rows]
        place += len(some)
    return images, int(indices[place - 1]) if place < len(indices) else None


def ready_ids(selection: MapSelection) -> Int64Array:
    """Returns the image ids of its points, ascending, without images that are gone since."""
    ids = selection.image_ids()
    ready: Int64Array = ids[present_among(selection.projection.version.dataset, ids)]
    return ready


def sweep_selections() -> int:
    """Deletes old selections, and the longest unused beyond `MOST_BYTES`; returns how many. May run twice."""
    return cache.sweep(Path(settings.MAP_CACHE_DIR).glob("selections/*/*"), max_age=LIFETIME, most_bytes=MOST_BYTES)


def _store(projection: Projection, person: Person, mask: BoolArray, files: MapFiles) -> MapSelection:
    token = secrets.token_urlsafe(24)
    if token[0] in _SWEEPS:
        sweep_selections()
    selection = MapSelection(token, projection, int(np.count_nonzero(mask)), mask, files)
    head = {"projection": projection.pk, "owner": person.pk, "count": selection.count}
    with atomic_file(map_selection_path(token)) as file:
        file.write(json.dumps(head).encode() + b"\n" + packed_points(selection))
    return selection
