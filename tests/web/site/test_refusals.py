"""A client that asks on too soon is refused before Django is asked; nobody else is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from clipsite.web.site.refusal_gate import Message, RefusalGate, Send
from search.polling import wait_for

LIMITED = [(b"ratelimit-policy", b'"api";q=60;w=60'), (b"retry-after", b"1"), (b"x-request-id", b"first")]


class Site:
    """Refuses whoever asks, and counts how often it was asked."""

    def __init__(self, status: int = 429, headers: list[tuple[bytes, bytes]] = LIMITED) -> None:
        self.asked = 0
        self._status, self._headers = status, headers

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        self.asked += 1
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": b"not now"})


def ask(gate: RefusalGate, path: str = "/api/v1/search", method: str = "GET", **headers: str) -> list[Message]:
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "client": ("10.0.0.1", 5), "headers": named}
    asyncio.run(gate(scope, None, send))
    return told


def test_the_same_refusal_is_given_again_without_the_site() -> None:
    site = Site()
    gate = RefusalGate(site)
    first, again = ask(gate), ask(gate, "/api/v1/datasets")
    assert site.asked == 1
    assert (again[0]["status"], again[1]["body"]) == (429, b"not now")
    assert again[0]["headers"] == LIMITED[:2]
    assert first[0]["headers"] == LIMITED


@pytest.mark.parametrize(
    "other",
    [
        {"authorization": "Bearer clip_other"},
        {"cookie": "sessionid=other"},
        {"x_forwarded_for": "10.0.0.2"},
        {"path": "/search"},
        {"method": "POST"},
    ],
)
def test_another_client_comes_through(other: dict[str, str]) -> None:
    site = Site()
    gate = RefusalGate(site)
    ask(gate)
    ask(gate, **other)
    assert site.asked == 2


def test_pages_that_are_counted_are_refused_one_by_one() -> None:
    site = Site()
    gate = RefusalGate(site)
    for path in ("/search", "/search", "/map/photos/hits"):
        ask(gate, path)
    assert site.asked == 2


@pytest.mark.parametrize(
    ("status", "headers"), [(200, LIMITED), (429, [])], ids=["granted", "refused for something else"]
)
def test_other_answers_are_never_given_again(status: int, headers: list[tuple[bytes, bytes]]) -> None:
    site = Site(status, headers)
    gate = RefusalGate(site)
    for _ in range(3):
        ask(gate)
    assert site.asked == 3


@pytest.mark.parametrize(("quota", "told"), [(1, 1), (600, 60)], ids=["few", "many"])
def test_whoever_comes_when_told_to_comes_through(quota: int, told: int) -> None:
    """At the earlier of the two times that the headers tell, of which the other is a minute here."""
    policy = f'"api";q={quota};w=60'.encode()
    site = Site(headers=[(b"ratelimit-policy", policy), (b"retry-after", str(told).encode())])
    gate = RefusalGate(site)
    assert wait_for(lambda: bool(ask(gate)) and site.asked == 2, 30)


def test_when_the_time_is_over_the_site_is_asked_again() -> None:
    site = Site()
    gate = RefusalGate(site)
    assert wait_for(lambda: bool(ask(gate)) and site.asked == 2, 10)
