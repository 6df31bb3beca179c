"""The wheel, installed into a new environment, runs the whole site far from the repository."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import urllib.parse
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from clipsite import __version__
from search.polling import wait_for
from tests.environment import free_port
from tests.ops.archives import built

ROOT = Path(__file__).resolve().parents[2]
STRANGERS = ["search.py", "workers.py"]
"""Modules of somebody else, in the folder in which the site is started."""

START_SECONDS = 120
PHOTOGRAPHS = {"a cat": "chelsea.png", "coffee": "coffee.png", "a rocket launch": "rocket.jpg"}


@dataclass(frozen=True)
class Installed:
    """A program in an environment of its own, and the folder in which it is called."""

    program: Path
    folder: Path
    variables: dict[str, str]

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.program), *arguments]
        return subprocess.run(command, cwd=self.folder, env=self.variables, capture_output=True, text=True, timeout=300)

    def processes(self) -> list[int]:
        """Whatever runs with the data of this folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if process.joinpath("cwd").readlink().is_relative_to(self.folder):
                    found.append(int(process.name))
        return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel without its dependencies, which are borrowed from the environment of the tests."""
    folder = tmp_path_factory.mktemp("installed")
    environment = folder / "environment"
    venv.create(environment, symlinks=True, with_pip=False)
    wheel = built("wheel", ROOT, folder / "wheel")
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python"), "--quiet"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # A folder named by a .pth file comes last, and .pth files in it (the editable clipsite) are not read.
    borrowed = environment / "lib" / version / "site-packages" / "borrowed.pth"
    borrowed.write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    for name in ("home", "empty"):
        (folder / name).mkdir()
    # Whatever lies where the site is started is nothing to it.
    for name in STRANGERS:
        (folder / "empty" / name).write_text("raise SystemExit('imported from the working folder')")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("CLIPSITE_", "PYTHON", "VIRTUAL"))
    }
    own = {
        "HOME": str(folder / "home"),
        "CLIPSITE_PORT": str(free_port()),
        "CLIPSITE_REDIS_PORT": str(free_port()),
        "CLIPSITE_ENCODER": "starter/efficientnet-lite2/minilm-l6-tree",
    }
    return Installed(environment / "bin" / "clipsite", folder / "empty", kept | own)


class Visitor:
    """Somebody who looks at pages and keeps cookies."""

    def __init__(self, address: str) -> None:
        self._address = address
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def get(self, path: str, fields: dict[str, str] | None = None) -> str:
        """What a page says; sends a form where there are fields. Anything but an answer of 200 is an error."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        with self._opener.open(urllib.parse.urljoin(self._address, path), data, timeout=60) as answer:
            return str(answer.read().decode())

    def get_with_assets(self, *paths: str) -> set[str]:
        """Looks at pages and at each style sheet, script and icon that they name; returns the kinds of these."""
        pages = [self.get(path) for path in paths]
        assets = {asset for page in pages for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', page)}
        assert all(self.get(asset) for asset in assets)
        return {asset.rpartition(".")[2] for asset in assets}

    def sign_in(self, password: str) -> str:
        """The page that comes after: where the form was opened for."""
        path = "/accounts/login/?next=/admin/"
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        assert token is not None
        fields = {"csrfmiddlewaretoken": token.group(1), "login": "admin", "password": password}
        return self.get(path, fields)


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[bytes]
    output: Path
    address: str


@pytest.fixture(scope="module")
def site(installed: Installed) -> Iterator[Running]:
    output = installed.folder.parent / "output"
    with output.open("wb") as file:
        command = [str(installed.program), "up", "--no-samples"]
        process = subprocess.Popen(
            command, cwd=installed.folder, env=installed.variables, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        assert wait_for(lambda: "Stop  " in output.read_text() or process.poll() is not None, START_SECONDS)
        assert process.poll() is None, output.read_text()
        yield Running(process, output, f"http://127.0.0.1:{installed.variables['CLIPSITE_PORT']}/")
    finally:
        process.terminate()
        process.wait(60)


def test_the_installed_program_is_not_the_repository(installed: Installed) -> None:
    assert installed.call("--version").stdout == f"clipsite {__version__}\n"
    python = installed.program.with_name("python")
    command = [str(python), "-c", "import clipsite.config.settings as settings; print(settings.ASSETS_DIR)"]
    told = subprocess.run(
        command, cwd=installed.folder, env=installed.variables, capture_output=True, text=True, check=True
    )
    assert Path(told.stdout.strip()).is_relative_to(installed.program.parents[1])


def test_sentences_call_the_program_by_the_name_that_it_has_here(installed: Installed) -> None:
    refused = installed.call("search", "anything")
    assert refused.returncode == 1
    assert "clipsite search NAME" in refused.stderr
    assert "manage.py" not in refused.stderr


def test_pages_forms_styles_scripts_administration_and_api_answer(site: Running) -> None:
    password = re.search(r"admin / (\S+)", site.output.read_text())
    assert password is not None
    visitor = Visitor(site.address)
    assert "Datasets" in visitor.sign_in(password.group(1))
    kinds = visitor.get_with_assets(
        "/", "/accounts/password/reset/", "/api/v1/docs", "/admin/", "/admin/search/dataset/add/"
    )
    assert kinds == {"css", "js", "svg"}
    assert json.loads(visitor.get("/api/v1/datasets"))["datasets"] == []


def test_commands_index_photographs_that_searches_then_find(installed: Installed, site: Running) -> None:
    skimage = find_spec("skimage")
    assert skimage is not None
    assert skimage.origin is not None
    photographs = installed.folder.parent / "photographs"
    photographs.mkdir()
    for name in PHOTOGRAPHS.values():
        shutil.copy(Path(skimage.origin).parent / "data" / name, photographs / name)
    indexed = installed.call("ingest", "Photographs", str(photographs), "--wait")
    assert indexed.returncode == 0, indexed.stdout + indexed.stderr + site.output.read_text()
    visitor = Visitor(site.address)
    for query, name in PHOTOGRAPHS.items():
        parameters = urllib.parse.urlencode({"dataset": "photographs", "q": query})
        assert json.loads(visitor.get(f"/api/v1/search?{parameters}"))["hits"][0]["name"] == name
    # More at once than a stranger may ask of this site.
    timed = installed.call("benchmark", "query", "photographs", "--count", "20", "--json")
    assert timed.returncode == 0, timed.stderr
    assert len(json.loads(timed.stdout)) == 4
    said = installed.call("search", "Photographs", "a cat", "--json").stdout.splitlines()
    assert json.loads(said[-1])["hits"][0]["name"] == PHOTOGRAPHS["a cat"]
    visitor.get_with_assets(
        "/datasets/photographs/", "/search?dataset=photographs&q=coffee", "/map/photographs/", "/runs/"
    )


def test_ctrl_c_ends_it_and_leaves_only_its_data(installed: Installed, site: Running) -> None:
    assert installed.processes()
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(60) == 0
    assert site.output.read_text().splitlines()[-1].endswith("| Stopped.")
    assert installed.processes() == []
    assert sorted(path.name for path in installed.folder.iterdir()) == sorted([*STRANGERS, "var"])
