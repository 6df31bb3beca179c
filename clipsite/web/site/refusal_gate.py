"""A gate before Django: a client that asks on although it was refused gets the same refusal again.

A refusal by Django costs as much as a page that is found in a cache; a client that asks 200 times a second would take
half a core with them, and with it the time of everybody else.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from search.metrics import REQUESTS

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Send], Awaitable[None]]
Key = tuple[str | bytes, ...]

_API = "/api/"
_CLIENT_HEADERS = (b"authorization", b"cookie", b"x-forwarded-for")
_REQUEST_ID = b"x-request-id"
_POLICY = re.compile(rb";q=(?P<quota>\d+);w=(?P<window>\d+)$")
_MOST_REFUSALS = 1_000
_NAME = "(asked too soon)"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with status 429, and the moment until which (of the monotonic clock) it is given again."""

    start: Message
    body: Message
    until: float


class RefusalGate:
    """Stands before the site's application, in one process.

    Two requests count as one client's where nothing differs by which `clipsite.web.access.throttle` tells clients
    apart. Who changes any of it comes through, and is counted there.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._refused: dict[Key, Refusal] = {}

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        if scope["method"] != "GET":  # what is sent along may be read, and stand on the page that refuses
            await self._application(scope, receive, send)
            return
        key = _key(scope)
        refusal = self._refused.get(key)
        if refusal is None or time.monotonic() >= refusal.until:
            await self._application(scope, receive, self._recording(key, send))
            return
        REQUESTS.labels("GET", _NAME, 429).observe(0)
        await send(refusal.start)
        await send(refusal.body)

    def _recording(self, key: Key, send: Send) -> Send:
        """Returns a `send` that passes messages on, and stores an answer that refuses."""
        start: Message | None = None

        async def recording(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message if message["status"] == 429 and _seconds(message) else None
            elif start is not None and not message.get("more_body"):
                self._store(key, start, message)
            await send(message)

        return recording

    def _store(self, key: Key, start: Message, body: Message) -> None:
        now = time.monotonic()
        if len(self._refused) >= _MOST_REFUSALS:
            self._refused = {other: refusal for other, refusal in self._refused.items() if refusal.until > now}
        if len(self._refused) < _MOST_REFUSALS:
            headers = [(name, value) for name, value in start["headers"] if name.lower() != _REQUEST_ID]
            self._refused[key] = Refusal({**start, "headers": headers}, body, now + _seconds(start))


def _key(scope: Any) -> Key:
    """The API counts all its addresses together; others that are counted are counted one by one."""
    path: str = scope["path"]
    headers = [value for name, value in scope["headers"] if name in _CLIENT_HEADERS]
    return (_API if path.startswith(_API) else path, (scope.get("client") or ("",))[0], *headers)


def _seconds(start: Message) -> float:
    """In how many seconds one more request is allowed to a client that was refused for asking too often; else 0.

    `Retry-After` counts whole seconds; refused for as long where many are allowed, a client would have saved up for
    several at once. Where few are, it is sooner than the time in which one comes back, part of which has passed.
    """
    headers = {name.lower(): value for name, value in start["headers"]}
    policy = _POLICY.search(headers.get(b"ratelimit-policy", b""))
    if policy is None:
        return 0.0
    return min(int(policy["window"]) / int(policy["quota"]), int(headers[b"retry-after"]))
