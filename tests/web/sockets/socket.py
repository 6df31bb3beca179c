"""A websocket client of the ASGI application: real routing, sessions and channel layer, without a network between."""

from __future__ import annotations

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.test import Client

from clipsite.server.asgi import application

SECONDS = 5.0


class Socket:
    """One connection to the progress socket, as a browser of `client` (or of nobody) opens it."""

    def __init__(self, client: Client | None = None, origin: str = "http://localhost") -> None:
        headers = [(b"origin", origin.encode()), (b"host", b"localhost")]
        if client is not None:
            headers.append((b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()))
        scope = {"type": "websocket", "path": "/ws/runs/", "query_string": b"", "headers": headers, "subprotocols": []}
        self._connection = ApplicationCommunicator(application, scope)

    async def open(self) -> bool:
        """Whether the server accepted."""
        await self._connection.send_input({"type": "websocket.connect"})
        return bool((await self.event())["type"] == "websocket.accept")

    async def event(self, seconds: float = SECONDS) -> dict[str, Any]:
        """The next ASGI event from the server."""
        return dict(await self._connection.receive_output(seconds))

    async def receive(self, seconds: float = SECONDS) -> Any:
        """The next frame's JSON."""
        return json.loads((await self.event(seconds))["text"])

    async def send(self, text: str) -> None:
        await self._connection.send_input({"type": "websocket.receive", "text": text})

    async def is_silent(self) -> bool:
        """Whether the server sends nothing for a second."""
        return bool(await self._connection.receive_nothing(timeout=1))

    async def close(self) -> None:
        await self._connection.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._connection.wait(SECONDS)
