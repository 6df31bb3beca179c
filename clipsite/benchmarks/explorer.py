"""The map in a real browser over a real web server: how soon points are seen, how long frames take, how much memory.

To be called with settings that point to an empty data folder and free ports. The points are synthetic clusters, stored
as those of any map are.
"""

from __future__ import annotations

import hashlib
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import psutil
from django.conf import settings
from django.db import connection
from PIL import Image as Pillow

from clipsite.benchmarks.browser import measure_page
from clipsite.benchmarks.machine import describe_machine
from clipsite.server import embedded_valkey, prepare, stack
from clipsite.server.supervisor import Supervisor
from search.errors import ServiceUnavailable
from search.files.atomic import atomic_folder
from search.files.paths import derivative_path, projection_folder
from search.maps.files import IDS_FILE, store_map_clusters, store_map_files
from search.models import Dataset, EncoderRecord, Image, IndexVersion, MapCluster, Projection
from search.values import Float32Array, Int64Array

GROUPS = 200
_PICTURES = 256
_READY_SECONDS = 120
_QUIET_SECONDS = 1.0
_QUIET_PERCENT = 10
_SEED = 7

Say = Callable[[str], None]


def measure_explorer(points: int, folder: Path, say: Say) -> dict[str, Any]:
    """Open a map of so many points in headless Chromium. Raises ServiceUnavailable without browser or server."""
    prepare.migrate()
    prepare.collect_static_files()
    say(f"Making a map of {points:,} points.")
    dataset = _dataset(points, folder)
    with Supervisor(settings.LOGS_DIR, "benchmark") as supervisor:
        supervisor.start(stack.valkey_server())
        embedded_valkey.wait_until_ready(_READY_SECONDS)
        web = supervisor.start(stack.web())
        address = f"http://127.0.0.1:{settings.PORT}/map/{dataset.slug}/"
        _wait_until_there(address)
        _wait_until_quiet(web.pid or 0)
        say("Opening it.")
        figures = measure_page(address, points)
    return figures | {"points": points, "machine": describe_machine()}


def _wait_until_there(address: str) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=_READY_SECONDS):  # noqa: S310  # our own server
                return
        except URLError:
            time.sleep(0.2)
    raise ServiceUnavailable(f"The web process does not answer. Its messages are in {settings.LOGS_DIR}.")


def _wait_until_quiet(pid: int) -> None:
    """Wait for the text tower, which a web process loads when it starts: the measurement begins after that."""
    until = time.monotonic() + _READY_SECONDS
    web = psutil.Process(pid)
    while web.cpu_percent(interval=_QUIET_SECONDS) > _QUIET_PERCENT and time.monotonic() < until:
        pass


@dataclass(frozen=True, slots=True)
class SyntheticPoints:
    """Points around centres, each of which stands in one of 16 squares: about as uneven as a UMAP of real photos."""

    places: Float32Array
    groups: Int64Array
    centres: Float32Array

    @property
    def squares(self) -> Int64Array:
        """The square of each centre."""
        columns = np.clip((self.centres + 10) // 5, 0, 3).astype(np.int64)
        return columns[:, 0] * 4 + columns[:, 1]


def clustered_points(count: int) -> SyntheticPoints:
    """Return so many points around 200 centres, the same each time."""
    chance = np.random.default_rng(_SEED)
    centres = chance.uniform(-10, 10, (GROUPS, 2))
    widths = chance.uniform(0.1, 0.6, GROUPS)
    groups = chance.integers(0, GROUPS, count)
    places = centres[groups] + chance.normal(size=(count, 2)) * widths[groups, None]
    return SyntheticPoints(places.astype(np.float32), groups, centres.astype(np.float32))


def _dataset(points: int, folder: Path) -> Dataset:
    dataset = Dataset.objects.create(
        name="Benchmark", slug="benchmark", visibility=Dataset.Visibility.PUBLIC, source_path=str(folder)
    )
    encoder = EncoderRecord.objects.create(name="benchmark", dimension=2)
    version = IndexVersion.objects.create(
        dataset=dataset, encoder=encoder, number=1, state=IndexVersion.State.READY, count=points
    )
    Image.objects.bulk_create(_image(dataset, number, _picture(dataset, number)) for number in range(_PICTURES))
    _copy_records(points)
    _draw(version, points)
    return dataset


def _copy_records(count: int) -> None:
    """Copy the records under other ids and names, in the database alone, until there are `count`."""
    columns = [field.column for field in Image._meta.concrete_fields if field.column]
    values = {"id": "numbers.n", "name": "CAST(numbers.n AS TEXT)"}
    selected = ", ".join(values.get(column, f"of.{column}") for column in columns)
    table = Image._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608  # names of our own columns
            f"WITH RECURSIVE numbers(n) AS (SELECT {_PICTURES + 1} UNION ALL SELECT n + 1 FROM numbers WHERE n < %s) "
            f"SELECT {selected} FROM numbers JOIN {table} of ON of.id = 1 + numbers.n %% {_PICTURES}",
            [count],
        )


def _draw(version: IndexVersion, count: int) -> None:
    points = clustered_points(count)
    projection = Projection.objects.create(version=version, count=count, seconds=0)
    with atomic_folder(projection_folder(projection.path)) as files:
        projection.layout = store_map_files(files, np.arange(1, count + 1, dtype=np.int64), points.places)
        groups = points.groups[np.load(files / IDS_FILE) - 1]
        store_map_clusters(files, np.stack([points.squares[groups], groups]).astype(np.uint16))
    projection.save()
    for level, numbers in enumerate((points.squares, np.arange(GROUPS))):
        for number in np.unique(numbers).tolist():
            (x, y), members = (
                points.centres[numbers == number][0].tolist(),
                int((numbers[points.groups] == number).sum()),
            )
            MapCluster.objects.create(
                projection=projection, level=level, number=number, name=f"group {number}", count=members, x=x, y=y
            )


def _picture(dataset: Dataset, number: int) -> str:
    """Write a small picture as a derivative, and return its checksum."""
    checksum = hashlib.sha256(f"{number}".encode()).hexdigest()
    path = derivative_path(dataset.pk, checksum)
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(number).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    Pillow.fromarray(noise).resize((512, 384), Pillow.Resampling.BICUBIC).save(path, "JPEG", quality=80)
    return checksum


def _image(dataset: Dataset, number: int, checksum: str) -> Image:
    return Image(
        pk=number + 1,
        dataset=dataset,
        name=f"{number:07}.jpg",
        checksum=checksum,
        byte_size=1,
        modified_ns=0,
        width=512,
        height=384,
        format="JPEG",
        state=Image.State.READY,
    )
