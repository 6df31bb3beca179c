"""Sources of sample photos, against a real HTTP server and packages that the tests make; no network."""

from __future__ import annotations

import hashlib
import http.server
import io
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from search.errors import InvalidSource
from search.samples import fetch_samples
from search.samples.base import SampleSet, SourceUnavailable, complete_set
from search.samples.open_images import OpenImages, within
from search.samples.scikit import ScikitImagePhotos
from search.samples.stamps import DebianStamps
from search.values import no_report

IDS = [f"{number:016x}" for number in range(1, 7)]


def hush(_line: str) -> None:
    """The console of a test that does not look at it."""


def jpeg(shade: int) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), (shade, 90, 120)).save(content, "JPEG")
    return content.getvalue()


class Bucket(http.server.ThreadingHTTPServer):
    """A stand-in for the public bucket: the list, photos with MD5 ETags, and a record of what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        header = "ImageID,Subset,License,Author,Title\n"
        rows = "".join(f'{name},validation,CC BY 2.0,Ann,"A ""{name}""\tphoto"\n' for name in IDS)
        self.files = {"/list.csv": (header + rows).encode()}
        self.files |= {f"/photos/{name}.jpg": jpeg(shade) for shade, name in enumerate(IDS)}
        self.asked: list[str] = []
        self.damaged: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def source(self) -> OpenImages:
        return OpenImages(f"{self.url}/list.csv", f"{self.url}/photos")


class Handler(http.server.BaseHTTPRequestHandler):
    server: Bucket

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if self.path in self.server.damaged:
            content = content[:-20] + b"\0" * 20
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{etag}"')
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with Bucket() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_open_images_come_with_their_credits(bucket: Bucket, tmp_path: Path) -> None:
    progress: list[tuple[int, int]] = []
    found = bucket.source().fetch(tmp_path, 4, hush, lambda done, total: progress.append((done, total)))
    assert found == SampleSet("Open Images", tmp_path / "photos", 4, tmp_path / "captions.tsv")
    assert sorted(file.name for file in found.folder.iterdir()) == [f"{name}.jpg" for name in IDS[:4]]
    assert (found.folder / f"{IDS[2]}.jpg").read_bytes() == bucket.files[f"/photos/{IDS[2]}.jpg"]
    assert found.captions.read_text().splitlines()[0] == f'{IDS[0]}.jpg\tA "{IDS[0]}" photo\tAnn\tCC BY 2.0'
    assert progress[0] == (0, 4)
    assert progress[-1] == (4, 4)


def test_a_second_fetch_downloads_only_what_is_missing(bucket: Bucket, tmp_path: Path) -> None:
    bucket.source().fetch(tmp_path, 3, hush, no_report)
    (tmp_path / "photos" / f"{IDS[1]}.jpg").unlink()
    bucket.asked.clear()
    found = bucket.source().fetch(tmp_path, 5, hush, no_report)
    assert found.count == 5
    assert sorted(bucket.asked) == [f"/photos/{IDS[position]}.jpg" for position in (1, 3, 4)]


def test_a_damaged_photo_is_never_kept(bucket: Bucket, tmp_path: Path) -> None:
    bucket.damaged.add(f"/photos/{IDS[1]}.jpg")
    lines: list[str] = []
    found = bucket.source().fetch(tmp_path, 3, lines.append, no_report)
    assert found.count == 2
    assert not (found.folder / f"{IDS[1]}.jpg").exists()
    assert f"1 photos could not be downloaded ({IDS[1]}.jpg arrived damaged)" in lines[-1]
    bucket.damaged.clear()
    assert bucket.source().fetch(tmp_path, 3, lines.append, no_report).count == 3


def test_a_silent_server_is_given_up_in_time(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match=r"no answer within 0.1 s"):
        within(0.1, threading.Event().wait)


@pytest.fixture
def stamps_package(tmp_path: Path) -> Path:
    """A small package in the shape of Debian's: two photos, a mirrored twin, a drawing and a symbol."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not installed")
    root = tmp_path / "package"
    stamps = root / "usr/share/tuxpaint/stamps"
    for name in ("animals/cat", "food/fruit/kiwi", "animals/cartoon/bear", "symbols/arrow"):
        (stamps / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGBA", (20, 20)).save(stamps / f"{name}.png")
        (stamps / f"{name}.txt").write_text(f"A {name}, ünspoilt.\nde.utf8=Etwas anderes.\n", encoding="utf-8")
    Image.new("RGBA", (20, 20)).save(stamps / "animals/cat_mirror.png")
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN/control").write_text(
        "Package: stamps\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n"
    )
    package = tmp_path / "stamps.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", root, package], check=True, capture_output=True)
    return package


def test_stamps_are_the_captioned_photos_outside_drawings(stamps_package: Path, tmp_path: Path) -> None:
    destination = tmp_path / "stamps"
    destination.mkdir()
    found = DebianStamps().unpack(stamps_package, destination, no_report)
    names = sorted(file.relative_to(found.folder).as_posix() for file in found.folder.rglob("*") if file.is_file())
    assert names == ["animals/cat.png", "food/fruit/kiwi.png"]
    assert found.captions.read_text(encoding="utf-8").splitlines() == [
        "animals/cat.png\tA animals/cat, ünspoilt.",
        "food/fruit/kiwi.png\tA food/fruit/kiwi, ünspoilt.",
    ]
    assert sorted(entry.name for entry in destination.iterdir()) == ["captions.tsv", "photos"]
    assert complete_set("Tux Paint stamps", destination) == found


def test_without_apt_the_stamps_are_silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceUnavailable, match="apt-get and dpkg-deb not installed"):
        DebianStamps().fetch(tmp_path, None, hush, no_report)


def test_scikit_photographs_leave_out_what_is_no_photo(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "skimage.whl", "w") as wheel:
        for name in ("chelsea.png", "rocket.jpg", "horse.png", "logo.png"):
            wheel.writestr(f"skimage/data/{name}", name)
    found = ScikitImagePhotos().unpack(tmp_path / "skimage.whl", tmp_path, no_report)
    assert sorted(file.name for file in found.folder.iterdir()) == ["chelsea.png", "rocket.jpg"]
    assert "chelsea.png\tThe face of a tabby cat." in found.captions.read_text()


def test_the_first_source_that_answers_is_taken_and_the_others_are_explained(bucket: Bucket, tmp_path: Path) -> None:
    lines: list[str] = []
    nowhere = OpenImages(f"{bucket.url}/nothing.csv", bucket.url)
    found = fetch_samples(tmp_path, 2, lines.append, no_report, (nowhere, bucket.source()))
    assert found.count == 2
    assert lines[0] == "Open Images cannot be fetched: Not Found."
    assert lines[-1] == f"Open Images: 2 photos in {found.folder}."


def test_no_answering_source_is_one_sentence_with_a_way_out(bucket: Bucket, tmp_path: Path) -> None:
    nowhere = OpenImages(f"{bucket.url}/nothing.csv", bucket.url)
    with pytest.raises(InvalidSource, match=r"No source of sample photos answers .* manage.py ingest NAME PATH"):
        fetch_samples(tmp_path, None, hush, no_report, (nowhere,))
