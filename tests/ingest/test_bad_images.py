"""Files as people really have them: each gets its exact verdict, within its limits, and none stops the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import PngImagePlugin

from search.errors import UnreadableImage
from search.images import decoder_limits
from search.images.derivatives import derive_images, read_picture
from search.ingest.records import ingest_chunk
from search.ingest.walk import find_files
from search.models import Image
from search.values import FailedImage
from tests.conftest import MakeDataset, files_of
from tests.ingest.corpus import CASES, SIZE, Case, bomb, picture, with_page

ROOT = Path(__file__).resolve().parents[2]
RED_UNLESS = {"sixteen-bit.png", "grey-alpha.png"}
NOBODY = 65534

# Each file in a process of its own, whose peak the kernel tells at its end.
READ_EACH = """
import json, os, sys, time
import django
django.setup()
from pathlib import Path
from search.errors import UnreadableImage
from search.images.derivatives import read_picture
from search.images.decoder_limits import limit_memory
for path in Path(sys.argv[1]).iterdir():
    started = time.monotonic()
    child = os.fork()
    if not child:
        with limit_memory():
            try:
                read_picture(path)
            except UnreadableImage:
                pass
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    print(json.dumps([path.name, status, usage.ru_maxrss, time.monotonic() - started]))
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_gets_its_verdict(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    case.write(path)
    if case.reason:
        with pytest.raises(UnreadableImage) as refused:
            read_picture(path)
        assert str(refused.value) == case.reason
        return
    small, width, height, image_format, _ = read_picture(path)
    assert (width, height, image_format) == (*SIZE, case.image_format)
    if case.name not in RED_UNLESS:
        red, green, blue = np.asarray(small)[24, 32].tolist()
        assert red > 225
        assert max(green, blue) < 30


def test_no_file_takes_too_much_memory_or_time(tmp_path: Path) -> None:
    for case in CASES:
        case.write(tmp_path / case.name)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "clipsite.config.settings"}
    read = subprocess.run(
        [sys.executable, "-c", READ_EACH, str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert read.returncode == 0, read.stderr
    measured = [json.loads(line) for line in read.stdout.splitlines()]
    assert {name for name, *_ in measured} == {case.name for case in CASES}
    for name, status, kilobytes, seconds in measured:
        assert status == 0, name
        assert kilobytes << 10 < decoder_limits.WORKER_BYTES, name
        assert seconds < decoder_limits.FILE_SECONDS, name


def test_it_reads_grey_with_transparency(tmp_path: Path) -> None:
    Pillow.new("LA", SIZE, (200, 255)).save(tmp_path / "grey.png")
    assert read_picture(tmp_path / "grey.png")[0].getpixel((1, 1)) == (200, 200, 200)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Without the rights of root, to whom every file is readable."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_without_permission_says_so() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        readable, locked = Path(folder, "readable.jpg"), Path(folder, "locked.jpg")
        for path in (readable, locked):
            with_page(path)
        locked.chmod(0)
        with unprivileged():
            assert read_picture(readable)[1:3] == SIZE
            with pytest.raises(UnreadableImage, match=r"^cannot be read: permission denied$"):
                read_picture(locked)


def test_a_folder_of_troubles_costs_only_the_troubles(tmp_path: Path, make_dataset: MakeDataset) -> None:
    folder = tmp_path / "troubles"
    folder.mkdir()
    for name in ("good.png", "two\nlines.png", "vanishes.png"):
        picture().save(folder / name)
    with_page(Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.jpg")))
    bomb(folder / "bomb.png")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "ring.jpg").symlink_to(folder / "ring.jpg")
    dataset = make_dataset(folder)
    ingested = ingest_chunk(dataset, files_of(dataset))
    assert ingested.failures == (FailedImage(None, "caf\\udce9.jpg", "has a name that is not UTF-8; rename it"),)
    (folder / "vanishes.png").unlink()
    outcome = derive_images(list(Image.objects.filter(pk__in=ingested.image_ids).select_related("dataset")))
    done = Image.objects.filter(pk__in=outcome.done_ids)
    assert set(done.values_list("name", flat=True)) == {"good.png", "two\nlines.png"}
    assert {failure.name: failure.reason for failure in outcome.failures} == {
        "bomb.png": "has more than 150 megapixels (CLIPSITE_MAX_IMAGE_MEGAPIXELS)",
        "vanishes.png": "is no longer in its folder",
    }


def test_a_walk_ends_where_links_go_round(tmp_path: Path, make_dataset: MakeDataset) -> None:
    folder = tmp_path / "round"
    (folder / "inner").mkdir(parents=True)
    picture().save(folder / "inner" / "one.png")
    (folder / "inner" / "outer").symlink_to(folder, target_is_directory=True)
    failures: list[FailedImage] = []
    assert [file.name for file in find_files(make_dataset(folder), failures.append)] == ["inner/one.png"]
    assert failures == []


def test_pillow_refuses_long_texts_before_they_fill_the_memory() -> None:
    assert PngImagePlugin.MAX_TEXT_CHUNK <= 1 << 20
    assert PngImagePlugin.MAX_TEXT_MEMORY <= 64 << 20
