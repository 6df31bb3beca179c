"""A real web server on this machine that behaves as badly as servers do."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import unquote

from PIL import Image as Pillow

DRIP_SECONDS = 0.02


def jpeg(colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Pillow.new("RGB", size, colour).save(file, "JPEG", quality=95)
    return file.getvalue()


@dataclass
class WebServer:
    """Where it listens, and which paths it was asked for."""

    host: str
    port: int
    asked: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def address(self, path: str) -> str:
        return f"http://{self.host}:{self.port}{path}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    seen: WebServer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        seen = cast("_Server", self.server).seen
        seen.asked.append(self.path)
        what, _, rest = self.path.removeprefix("/").partition("/")
        with suppress(OSError):  # whoever asked went away
            getattr(self, f"_{what}", self._missing)(unquote(rest))

    def _missing(self, _: str) -> None:
        self.send_error(404)

    def _picture(self, colour: str) -> None:
        self._send(jpeg(colour), "text/plain")

    def _page(self, _: str) -> None:
        self._send(b"<html>no picture</html>", "image/jpeg")

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.end_headers()

    def _loop(self, _: str) -> None:
        self._redirect("/loop")

    def _drip(self, _: str) -> None:
        self.send_response(200)
        self.end_headers()
        self._drip_on(b"x")

    def _headers(self, _: str) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self._drip_on(b"X-Y: z\r\n")

    def _flood(self, _: str) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(bytes(1 << 20))

    def _drip_on(self, drop: bytes) -> None:
        while not cast("_Server", self.server).seen.stopped.wait(DRIP_SECONDS):
            self.wfile.write(drop)
            self.wfile.flush()

    def _send(self, content: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def serving(host: str) -> Iterator[WebServer]:
    server = _Server((host, 0), _Handler)
    server.seen = WebServer(host, server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.seen
    finally:
        server.seen.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()
