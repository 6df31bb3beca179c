"""What a release consists of: one version, a wheel with all that the program reads, a source archive that makes it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from django.test import Client

from clipsite import __version__
from tests.ops.archives import built

ROOT = Path(__file__).resolve().parents[2]
PLACES = {"clipsite": "clipsite", "search": "search", "workers": "workers"} | {
    "templates": "clipsite/templates",
    "static": "clipsite/static",
    "deploy": "clipsite/deploy",
}
"""Where the wheel has the folders of the repository that the program reads; `deploy` is for the nginx before it."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", ROOT, tmp_path_factory.mktemp("archives") / "wheel")


def contents(wheel: Path) -> dict[str, int]:
    """The files of a wheel and their checksums."""
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        return Parser().parsestr(archive.read(f"clipsite-{__version__}.dist-info/METADATA").decode())


def test_the_wheel_has_every_file_that_the_program_reads_and_no_other(wheel: Path) -> None:
    read = {
        f"{place}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, place in PLACES.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    described = f"clipsite-{__version__}.dist-info/"
    assert {name for name in contents(wheel) if not name.startswith(described)} == read
    assert {"clipsite/templates/base.html", "clipsite/static/js/page/site.js"} <= read
    assert "clipsite/deploy/nginx/fill" in read
    assert {"search/migrations/0001_initial.py", "search/encoders/starter/imagenet_tree.tsv"} <= read


def test_the_wheel_says_its_licences_and_carries_them(wheel: Path) -> None:
    described = metadata(wheel)
    assert described["License-Expression"] == "MIT"
    assert described.get_all("License-File") == ["LICENSE", "search/encoders/starter/imagenet_tree.LICENSE"]
    for name in ("LICENSE", "search/encoders/starter/imagenet_tree.LICENSE"):
        with zipfile.ZipFile(wheel) as archive:
            carried = archive.read(f"clipsite-{__version__}.dist-info/licenses/{name}")
        assert carried == (ROOT / name).read_bytes()


def test_the_source_archive_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    archive = built("sdist", ROOT, tmp_path / "sdist")
    assert archive.name == f"clipsite-{__version__}.tar.gz"
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    source = tmp_path / "unpacked" / f"clipsite-{__version__}"
    assert (source / "Makefile").is_file()
    assert (source / "constraints.txt").is_file()
    assert (source / "deploy" / "nginx" / "http.conf.template").is_file()
    assert contents(built("wheel", source, tmp_path / "again")) == contents(wheel)


def test_the_version_is_the_same_wherever_it_is_shown(wheel: Path, client: Client) -> None:
    assert wheel.name == f"clipsite-{__version__}-py3-none-any.whl"
    assert metadata(wheel)["Version"] == __version__
    assert json.loads(client.get("/api/v1/openapi.json").content)["info"]["version"] == __version__
    for argument in ("--version", "version"):
        said = subprocess.run([sys.executable, "manage.py", argument], cwd=ROOT, capture_output=True, text=True)
        assert said.stdout == f"clipsite {__version__}\n"


def test_the_changelog_tells_of_this_version_and_has_room_for_the_next() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(__version__)} - \d{{4}}-\d\d-\d\d", headings[1])
