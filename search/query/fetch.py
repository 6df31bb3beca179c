"""Fetching what lies at an address that somebody gave: from public servers, within limits of size and time."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from urllib.parse import urljoin

import httpcore2
import httpx2

from search.errors import BadTerm
from search.query.public_network import NotPublic, PublicBackend, seconds_left

TOTAL_SECONDS = 10.0
"""From the first look-up of a name to the last byte, redirects included."""

MOST_BYTES = 20 << 20
MOST_REDIRECTS = 4
_AT_ONCE = 4
_REDIRECTS = {301, 302, 303, 307, 308}
_HEADERS: dict[bytes | str, bytes | str] = {
    "User-Agent": "clipsite",
    "Accept": "image/*",
    "Accept-Encoding": "identity",
}
_SHOWN = 80
_places = threading.Semaphore(_AT_ONCE)


def fetched(address: str) -> bytes:
    """The content at an http or https address, whatever it is. Raises BadTerm with the reason why there is none.

    Each redirect is checked like the first address.
    """
    deadline = time.monotonic() + TOTAL_SECONDS
    with _place(address), _explained(address):
        target = address
        for _ in range(MOST_REDIRECTS + 1):
            content, redirect = _request(target, deadline)
            if redirect is None:
                return content
            target = urljoin(target, redirect)
        raise _refusal(address, f"it leads on more than {MOST_REDIRECTS} times")


def _request(address: str, deadline: float) -> tuple[bytes, str | None]:
    """The content, or where the server says that it is."""
    url = httpx2.URL(address)
    if url.scheme not in {"http", "https"} or not url.raw_host:
        raise _refusal(address, "it is no http or https address")
    target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    headers = _HEADERS | {"Host": url.netloc.decode("ascii")}
    # A pool for each request: its connections end at the deadline of this fetch.
    with (
        httpcore2.ConnectionPool(_tls(), network_backend=PublicBackend(deadline)) as pool,
        pool.stream("GET", target, headers=headers) as response,
    ):
        location = next(
            (value.decode("latin-1") for name, value in response.headers if name.lower() == b"location"), ""
        )
        if response.status in _REDIRECTS and location:
            return b"", location
        if response.status != 200:
            raise _refusal(address, f"its server answers {response.status}")
        return _content(address, response, deadline), None


def _content(address: str, response: httpcore2.Response, deadline: float) -> bytes:
    parts, size = [], 0
    for part in response.iter_stream():
        size += len(part)
        if size > MOST_BYTES:
            raise _refusal(address, f"it is larger than {MOST_BYTES >> 20} MB")
        parts.append(part)
        seconds_left(deadline)
    return b"".join(parts)


@contextmanager
def _place(address: str) -> Iterator[None]:
    """Few are fetched at once, so that slow servers cannot hold every thread of this process."""
    if not _places.acquire(timeout=TOTAL_SECONDS):
        raise _refusal(address, "this site is fetching too many others now; try again")
    try:
        yield
    finally:
        _places.release()


@contextmanager
def _explained(address: str) -> Iterator[None]:
    try:
        yield
    except NotPublic as error:
        raise _refusal(address, "it leads into a private network. Upload the picture instead") from error
    except httpcore2.TimeoutException as error:
        raise _refusal(address, f"it did not arrive within {TOTAL_SECONDS:g} seconds") from error
    except (httpcore2.NetworkError, ssl.SSLError) as error:
        raise _refusal(address, "no server answers there") from error
    except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol) as error:
        raise _refusal(address, "its server does not speak HTTP") from error
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise _refusal(address, "it is no http or https address") from error


def _refusal(address: str, reason: str) -> BadTerm:
    shown = address if len(address) <= _SHOWN else f"{address[:_SHOWN]}…"
    return BadTerm(f"The picture at {shown} cannot be used: {reason}.")


@cache
def _tls() -> ssl.SSLContext:
    return httpcore2.default_ssl_context()
