"""The progress socket: a snapshot first, then numbered changes of the runs that the visitor may see."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import Error as DatabaseFailure
from redis.exceptions import RedisError

from clipsite.web.sockets.audience import person_of, viewer_of
from clipsite.web.sockets.relay import TRY_AGAIN_LATER, Listener, Relay, relay_of_this_loop
from clipsite.web.sockets.snapshots import snapshots
from workers.progress.events import SiteFrame

logger = logging.getLogger(__name__)

_SNAPSHOT_SECONDS = 1.0


class RunsConsumer(AsyncJsonWebsocketConsumer):
    """Anybody may connect; what is relayed depends on what they may see at that moment."""

    channel_layer_alias = "none"
    """Sockets do not listen to the channel layer themselves: the relay does, once for all of them."""

    async def connect(self) -> None:
        self._listener = Listener(viewer_of(self.scope))
        self._relay: Relay = relay_of_this_loop()
        self._sender: asyncio.Task[None] | None = None
        try:
            await self._relay.join(self._listener)
        except (RedisError, OSError):
            await self.close(code=TRY_AGAIN_LATER)  # the page says that it reconnects, and does
            return
        try:
            await self.accept()
            await self._send_snapshot()
        except BaseException:
            await self._relay.leave(self._listener)  # what fails here is not followed by a disconnect
            raise
        self._sender = asyncio.create_task(self._pass_on())

    async def disconnect(self, code: int) -> None:
        if self._sender is not None:
            self._sender.cancel()
        await self._relay.leave(self._listener)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        try:
            await super().receive(text_data=text_data, bytes_data=bytes_data, **kwargs)
        except ValueError:
            await self.close(code=4400, reason="Frames must be JSON text.")

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        if isinstance(content, dict) and content.get("type") == "snapshot":
            self._listener.ask_for_snapshot()

    async def _pass_on(self) -> None:
        """Sends what the relay tells, one frame after the other, until the socket closes."""
        listener = self._listener
        with suppress(OSError, RuntimeError):  # the browser went away while something was sent
            try:
                while listener.close_code is None:
                    await listener.news.wait()
                    listener.news.clear()
                    await self._send_news(listener)
            except DatabaseFailure as error:
                logger.warning("a socket is closed, for its snapshot could not be read: %s", error)
                listener.close_code = TRY_AGAIN_LATER
            await self.close(code=listener.close_code)

    async def _send_news(self, listener: Listener) -> None:
        while listener.frames:
            await self.send(text_data=listener.frames.popleft()[1])
        if listener.site_changed:
            listener.site_changed = False
            frame: SiteFrame = {"type": "site"}
            await self.send_json(frame)
        if listener.wants_snapshot:
            listener.wants_snapshot = False
            # However often a browser asks, it gets one a second; frames of one socket are sent in order.
            await asyncio.sleep(max(0.0, self._snapshot_at + _SNAPSHOT_SECONDS - time.monotonic()))
            await self._send_snapshot()

    async def _send_snapshot(self) -> None:
        self._snapshot_at = time.monotonic()
        await self.send(text_data=await database_sync_to_async(self._snapshot)())

    def _snapshot(self) -> str:
        return snapshots.of(person_of(self._listener.viewer))
