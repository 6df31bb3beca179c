"""Requests over ASGI: each is answered whole in one thread, which the next one finds again with its connection."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from clipsite.server.handler import ThreadKeepingHandler

_both_inside = threading.Barrier(2)


def tell_thread(request: HttpRequest) -> HttpResponse:
    connection.ensure_connection()
    return HttpResponse(f"{threading.get_ident()} {id(connection.connection)}")


def meet_another(request: HttpRequest) -> HttpResponse:
    _both_inside.wait(timeout=30)
    return tell_thread(request)


urlpatterns = [path("thread", tell_thread), path("meet", meet_another)]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


async def ask(handler: ThreadKeepingHandler, address: str, method: str = "GET") -> tuple[int, str]:
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": address,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    visitor = ApplicationCommunicator(handler, scope)
    await visitor.send_input({"type": "http.request", "body": b""})
    start = await visitor.receive_output(30)
    body = await visitor.receive_output(30)
    await visitor.wait(30)
    return start["status"], body["body"].decode()


def test_one_request_after_the_other_has_the_same_thread_and_connection() -> None:
    async def one_after_the_other() -> set[tuple[int, str]]:
        handler = ThreadKeepingHandler()
        return {await ask(handler, "/thread") for _ in range(3)}

    answers = asyncio.run(one_after_the_other())
    assert [status for status, _ in answers] == [200]


def test_requests_at_the_same_time_have_threads_of_their_own() -> None:
    async def together() -> tuple[tuple[int, str], tuple[int, str]]:
        handler = ThreadKeepingHandler()
        return await asyncio.gather(ask(handler, "/meet"), ask(handler, "/meet"))

    (first, one), (second, other) = asyncio.run(together())
    assert (first, second) == (200, 200)
    assert one.split()[0] != other.split()[0]


@pytest.mark.urls("clipsite.server.urls")
def test_an_address_that_is_not_there_is_answered_as_everywhere() -> None:
    status, body = asyncio.run(ask(ThreadKeepingHandler(), "/nothing"))
    assert status == 404
    assert "<h1>Not found</h1>" in body
