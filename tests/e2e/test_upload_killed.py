"""The drill of an upload: the web process is killed while files arrive; nothing of them stays, and they come again."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from search.polling import wait_for
from tests.e2e.site import ROOT, Site
from tests.load.records import Watched, ask

pytestmark = pytest.mark.e2e

FILES = 24
SIGN_IN = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "clipsite.config.settings"
import django
django.setup()
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.get(username="admin"))
print(client.cookies["sessionid"].value)
"""
BOUNDARY = "a-boundary-that-no-picture-has"
SECONDS = 120


class Administrator:
    """The administrator's browser: keeps cookies, and sends forms with their token."""

    def __init__(self, site: Site) -> None:
        self._host = urllib.parse.urlsplit(site.address).netloc
        self._cookies: dict[str, str] = {}
        command = [sys.executable, "-c", SIGN_IN]
        done = subprocess.run(command, cwd=ROOT, env=site.environment, capture_output=True, text=True, check=True)
        self._cookies["sessionid"] = done.stdout.strip()

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str]:
        connection = http.client.HTTPConnection(self._host, timeout=SECONDS)
        connection.request(method, path, body=body or None, headers=self._headers(kind))
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            self._cookies[name] = value
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, text

    def send_half(self, path: str, body: bytes) -> socket.socket:
        """The connection over which the first half of a form has gone."""
        host, _, port = self._host.partition(":")
        connection = socket.create_connection((host, int(port)), timeout=SECONDS)
        headers = self._headers(f"multipart/form-data; boundary={BOUNDARY}") | {
            "Host": self._host,
            "Content-Length": str(len(body)),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body[: len(body) // 2])
        return connection

    def upload_form(self, name: str, files: list[Path]) -> bytes:
        fields = {
            "csrfmiddlewaretoken": self._token("/admin/search/dataset/add/"),
            "name": name,
            "visibility": "public",
            "then": "index",
        }
        parts = [f'name="{field}"\r\n\r\n{value}'.encode() for field, value in fields.items()]
        for file in files:
            head = f'name="files"; filename="{file.name}"\r\nContent-Type: image/jpeg\r\n\r\n'
            parts.append(head.encode() + file.read_bytes())
        start = f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode()
        return b"".join(start + part + b"\r\n" for part in parts) + f"--{BOUNDARY}--\r\n".encode()

    def confirm(self, path: str) -> tuple[int, str]:
        """Says yes on a page of the administration that asks."""
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": self._token(path), "post": "yes"}).encode()
        return self.send("POST", path, form, "application/x-www-form-urlencoded")

    def _headers(self, kind: str) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {"Cookie": cookies} | ({"Content-Type": kind} if kind else {})

    def _token(self, path: str) -> str:
        _, page = self.send("GET", path)
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert found is not None, page[:2000]
        return found.group(1)


def test_an_upload_that_is_cut_off_leaves_nothing_and_can_come_again(site: Site, tmp_path: Path) -> None:
    chance = np.random.default_rng(11)
    for number in range(FILES):
        noise = chance.integers(0, 255, (60, 80, 3), dtype=np.uint8)
        Pillow.fromarray(noise).resize((640, 480)).save(tmp_path / f"upload-{number:02}.jpg", quality=90)
    files = sorted(tmp_path.glob("*.jpg"))
    administrator = Administrator(site)
    originals = Path(site.environment["CLIPSITE_DATA_DIR"]) / "originals"
    before = ask(site, "SELECT count(*) FROM search_dataset"), sorted(originals.rglob("*"))

    connection = administrator.send_half("/admin/search/dataset/add/", administrator.upload_form("Cut off", files))
    (web,) = site.processes("uvicorn")
    os.kill(web, signal.SIGKILL)
    with suppress(ConnectionResetError):
        assert connection.recv(1) == b""
    connection.close()
    assert wait_for(lambda: site.processes("uvicorn") not in ([], [web]), SECONDS), "no other web process was started"
    assert wait_for(lambda: is_ready(site), SECONDS)
    assert (ask(site, "SELECT count(*) FROM search_dataset"), sorted(originals.rglob("*"))) == before

    form = administrator.upload_form("Came again", files)
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    status, page = administrator.send("POST", "/admin/search/dataset/add/", form, kind)
    assert status == 302, page[:3000]
    run = Watched.newest(site)
    assert wait_for(lambda: run.state() != "active", SECONDS)
    assert run.state() == "done"
    states = (
        "SELECT state, count(*) FROM search_image WHERE dataset_id = (SELECT max(id) FROM search_dataset) GROUP BY 1"
    )
    assert ask(site, states) == [("ready", FILES)]
    assert administrator.send("GET", "/admin/")[0] == 200, "the administrator had to sign in again"


def is_ready(site: Site) -> bool:
    try:
        return site.get("/readyz")[0] == 200
    except OSError:
        return False
