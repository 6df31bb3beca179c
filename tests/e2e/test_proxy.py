"""The site behind nginx: who sends what, what stays closed, and a restart that nobody notices."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image as Pillow
from websockets.sync.client import connect
from websockets.typing import Origin

from search.polling import wait_for
from tests.e2e.proxy import nginx_program, proxy
from tests.e2e.site import ROOT, Site, running_site
from tests.environment import free_port

pytestmark = pytest.mark.e2e

NAMES = ("red sun.png", "100% blue?.png", "grün+weiß.png")
READY_SECONDS = 120


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Behind:
    """A site of two web processes behind an nginx."""

    site: Site
    port: int
    second_port: int
    folder: Path

    def get(self, path: str, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def hits(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.get("/api/v1/search?dataset=pictures&q=red").body)["hits"]
        return found


@contextmanager
def second_web(site: Site, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """One more web process of the site."""
    environment = site.environment | {"CLIPSITE_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "clipsite.stack", "web"], cwd=ROOT, env=environment)
    try:
        assert wait_for(is_ready(port), READY_SECONDS)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def is_ready(port: int) -> Callable[[], bool]:
    def asked() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()

    return asked


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory, small_checkpoint: str) -> Iterator[Behind]:
    nginx_program()  # before all that takes long
    folder = tmp_path_factory.mktemp("behind")
    photos = folder / "photos"
    photos.mkdir()
    for number, name in enumerate(NAMES):
        Pillow.new("RGB", (500 + number, 400), (80 * number, 20, 120)).save(photos / name)
    settings = {
        "CLIPSITE_ACCEL": "1",
        "CLIPSITE_PROXIES": "1",
        "CLIPSITE_SEARCHES_PER_MINUTE": "0",  # one visitor searches all the time
        "CLIPSITE_IMAGE_ROOTS": str(photos),
        "CLIPSITE_ENCODER": small_checkpoint,
        "CLIPSITE_METRICS_NETWORKS": "127.0.0.0/8",
    }
    port, second_port = free_port(), free_port()
    with running_site(folder, **settings) as site, second_web(site, second_port):
        site.ingest("pictures", photos)
        variables = {
            "DATA_DIR": site.environment["CLIPSITE_DATA_DIR"],
            "PHOTOS_DIR": str(photos),
            "HTTP_PORT": str(port),
            "UPLOAD_MB": "64",
        }
        with proxy(folder / "nginx", [urlsplit(site.address).port or 0, second_port], "http", **variables):
            yield Behind(site, port, second_port, folder)


def test_nginx_sends_thumbnails_with_the_headers_of_the_site(behind: Behind) -> None:
    address = urlsplit(behind.hits()[0]["thumbnail_url"]).path
    answer = behind.get(address)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.body.startswith(b"\xff\xd8")
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "private, max-age=3600"
    assert "x-accel-redirect" not in answer.headers
    # The site itself knows no ranges.
    assert behind.get(address, Range="bytes=0-1").body == b"\xff\xd8"


def test_nginx_sends_originals_whatever_their_names(behind: Behind) -> None:
    hits = behind.hits()
    assert sorted(hit["name"] for hit in hits) == sorted(NAMES)
    for hit in hits:
        address = urlsplit(hit["original_url"]).path
        answer = behind.get(address)
        assert (answer.status, answer.headers["content-type"]) == (200, "image/png"), hit["name"]
        assert answer.body == (behind.folder / "photos" / hit["name"]).read_bytes()
        assert answer.headers["content-disposition"].startswith("inline")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert behind.get(address, Range="bytes=0-3").status == 206


def test_what_may_not_be_seen_is_not_sent(behind: Behind) -> None:
    data = behind.site.environment["CLIPSITE_DATA_DIR"]
    for path in (
        f"/accel{data}/secret_key",
        f"/accel{behind.folder}/photos/{NAMES[0].replace(' ', '%20')}",
        "/image/999999/thumbnail",
        "/static/../secret_key",
        "/static/%2e%2e/secret_key",
    ):
        assert behind.get(path).status in {400, 404}, path


def test_a_symbolic_link_is_not_followed(behind: Behind) -> None:
    """Put in the place of a picture after it was indexed: nginx looks itself when it opens the file."""
    hit = next(hit for hit in behind.hits() if hit["name"] == NAMES[0])
    path = behind.folder / "photos" / NAMES[0]
    content = path.read_bytes()
    path.unlink()
    path.symlink_to(Path(behind.site.environment["CLIPSITE_DATA_DIR"]) / "secret_key")
    try:
        assert behind.get(urlsplit(hit["original_url"]).path).status in {403, 404}
    finally:
        path.unlink()
        path.write_bytes(content)


def test_nginx_sends_static_files_compressed_and_for_ever(behind: Behind) -> None:
    home = behind.get("/")
    assert home.status == 200
    addresses = {part.split('"')[0] for part in home.body.decode().split('"/static/')[1:]}
    assert addresses
    for address in addresses:
        answer = behind.get(f"/static/{address}", **{"Accept-Encoding": "gzip"})
        assert answer.status == 200, address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", address
        assert answer.headers["x-content-type-options"] == "nosniff"
        if address.endswith((".css", ".js")):
            assert answer.headers.get("content-encoding") == "gzip" or len(answer.body) < 1000, address


def test_figures_stay_inside(behind: Behind) -> None:
    assert behind.get("/metrics").status == 404
    connection = http.client.HTTPConnection("127.0.0.1", behind.second_port, timeout=30)
    connection.request("GET", "/metrics")
    assert b"clipsite_index_version" in connection.getresponse().read()
    connection.close()


def test_progress_comes_through(behind: Behind) -> None:
    origin = Origin(f"http://127.0.0.1:{behind.port}")
    with connect(f"ws://127.0.0.1:{behind.port}/ws/runs/", origin=origin) as socket:
        frame = json.loads(socket.recv(timeout=30))
    assert frame["type"] == "snapshot"
    assert frame["runs"][0]["state"] == "done"


@dataclass
class Visitor:
    """Asks without a pause, a new connection each time, from the start of the `with` block to its end."""

    behind: Behind
    answered: int = 0
    problems: list[str] = field(default_factory=list)

    def __enter__(self) -> Visitor:
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._visit)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._thread.join()

    def _visit(self) -> None:
        while not self._left.is_set():
            for path in ("/", "/search?dataset=pictures&q=red", "/healthz"):
                try:
                    answer = self.behind.get(path)
                except (OSError, http.client.HTTPException) as error:
                    self.problems.append(f"{path}: {error!r}")
                    continue
                self.answered += 1
                if answer.status != 200:
                    self.problems.append(f"{path}: {answer.status}")


def test_web_processes_are_restarted_one_after_the_other_and_nobody_notices(behind: Behind) -> None:
    first_port = urlsplit(behind.site.address).port or 0
    with Visitor(behind) as visitor:
        stop(behind, behind.second_port)
        enough = visitor.answered + 10
        assert wait_for(lambda: visitor.answered > enough, 60), "nothing is answered with one process"
        with second_web(behind.site, behind.second_port):
            stopped = stop(behind, first_port)  # the supervisor starts another one
            assert wait_for(is_ready(first_port), READY_SECONDS)
            assert web_processes(behind, first_port) != stopped
            enough = visitor.answered + 10
            assert wait_for(lambda: visitor.answered > enough, 60)
    assert visitor.problems == []


def stop(behind: Behind, port: int) -> list[int]:
    """Ends a web process in good order; the numbers that it had."""
    running = web_processes(behind, port)
    for process in running:
        os.kill(process, signal.SIGTERM)
    assert running
    assert wait_for(lambda: not set(running) & set(web_processes(behind, port)), 60)
    return running


def web_processes(behind: Behind, port: int) -> list[int]:
    return behind.site.processes(f"uvicorn.*--port {port}")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    files = ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run([*command, *files], check=True, capture_output=True)
    return tmp_path


def test_https_is_all_there_is_when_it_is_chosen(behind: Behind, certificate: Path, tmp_path: Path) -> None:
    port, tls_port = free_port(), free_port()
    variables = {
        "DATA_DIR": behind.site.environment["CLIPSITE_DATA_DIR"],
        "PHOTOS_DIR": str(behind.folder / "photos"),
        "TLS_DIR": str(certificate),
        "HTTP_PORT": str(port),
        "HTTPS_PORT": str(tls_port),
        "UPLOAD_MB": "64",
    }
    with proxy(tmp_path / "nginx", [urlsplit(behind.site.address).port or 0], "https", **variables):
        plain = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        plain.request("GET", "/search?q=red")
        answer = plain.getresponse()
        assert (answer.status, answer.getheader("Location")) == (301, "https://127.0.0.1/search?q=red")
        plain.close()
        trusting = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
        trusting.check_hostname = False
        secure = http.client.HTTPSConnection("127.0.0.1", tls_port, timeout=30, context=trusting)
        secure.request("GET", "/readyz")
        assert secure.getresponse().status == 200
        secure.close()


def test_who_asks_the_api_far_too_often_is_refused_by_nginx_itself(tmp_path: Path) -> None:
    port = free_port()
    variables = {"DATA_DIR": str(tmp_path), "PHOTOS_DIR": str(tmp_path), "HTTP_PORT": str(port), "UPLOAD_MB": "1"}
    # There is no site behind it: what it lets through ends in 502, and at once.
    with proxy(tmp_path / "nginx", [free_port()], "http", **variables):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        found: dict[int, tuple[str | None, bytes]] = {}
        for _ in range(1_000):
            connection.request("GET", "/api/v1/search")
            answer = connection.getresponse()
            found[answer.status] = (answer.headers["Content-Type"], answer.read())
            if answer.status == http.client.TOO_MANY_REQUESTS:
                assert answer.headers["Retry-After"] == "1"
                break
        connection.request("GET", "/")
        assert connection.getresponse().status == http.client.BAD_GATEWAY
        connection.close()
    kind, body = found[http.client.TOO_MANY_REQUESTS]
    assert kind == "application/problem+json"
    assert json.loads(body)["status"] == http.client.TOO_MANY_REQUESTS
    assert http.client.BAD_GATEWAY in found
