"""An ASGI handler that answers each request in one thread, which stays for the requests that follow."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_MOST_IDLE = 32
"""The most threads that wait for a request; beyond, a thread ends with its request, and its connection closes."""


class ThreadKeepingHandler(ASGIHandler):
    """Django's own handler makes a thread and a database connection for each request, and goes from the event loop to
    the thread and back between middlewares. All of ours are plain functions, so that here a request goes over once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._idle: deque[ThreadPoolExecutor] = deque()

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, "request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, send)
        finally:
            # Behind whatever a visitor who left has not waited for.
            last = thread.submit(_nothing)
            last.add_done_callback(lambda _: self._keep(thread))
            await asyncio.wrap_future(last)

    def _keep(self, thread: ThreadPoolExecutor) -> None:
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(thread)
        else:
            thread.shutdown(wait=False)


def _nothing() -> None:
    """Do nothing: a thread that gets here has ended all its work before."""
