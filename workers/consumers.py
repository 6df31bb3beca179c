"""The progress socket: a snapshot first, then numbered changes of the runs that the visitor may see."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from redis.exceptions import RedisError

from search.services.visibility import Person, visible_datasets
from workers.events import GROUP, RunChanged, RunFrame, SnapshotFrame
from workers.socket_person import SessionOver, person_behind
from workers.state import recent_runs

_PERMISSION_SECONDS = 5.0
"""For how long a permission, once read, is trusted: a withdrawn one stops showing within this time."""

_SNAPSHOT_SECONDS = 1.0
_SIGNED_OUT = 4401


class RunsConsumer(AsyncJsonWebsocketConsumer):
    """Anybody may connect; what is relayed depends on what they may see at that moment."""

    async def connect(self) -> None:
        self._permissions: dict[int, tuple[float, bool]] = {}
        try:
            await self.channel_layer.group_add(GROUP, self.channel_name)
        except (RedisError, OSError):
            await self.close(code=1013)  # "try again later": the page says that it reconnects, and does
            return
        await self.accept()
        await self._send_snapshot()

    async def disconnect(self, code: int) -> None:
        with suppress(RedisError, OSError):
            await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        try:
            await super().receive(text_data=text_data, bytes_data=bytes_data, **kwargs)
        except ValueError:
            await self.close(code=4400, reason="Frames must be JSON text.")

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        if isinstance(content, dict) and content.get("type") == "snapshot":
            # However often a browser asks, it gets one a second; frames of one socket are handled in order.
            await asyncio.sleep(max(0.0, self._snapshot_at + _SNAPSHOT_SECONDS - time.monotonic()))
            await self._send_snapshot()

    async def run_changed(self, message: RunChanged) -> None:
        try:
            may_see = await self._may_see(message["dataset_id"])
        except SessionOver:
            await self.close(code=_SIGNED_OUT)
            return
        if may_see:
            frame: RunFrame = {"type": "run", "run": message["run"]}
            await self.send_json(frame)

    async def _send_snapshot(self) -> None:
        self._snapshot_at = time.monotonic()
        try:
            runs = await database_sync_to_async(self._snapshot)()
        except SessionOver:
            await self.close(code=_SIGNED_OUT)
            return
        frame: SnapshotFrame = {"type": "snapshot", "runs": runs}
        await self.send_json(frame)

    async def _may_see(self, dataset_id: int) -> bool:
        read_at, allowed = self._permissions.get(dataset_id, (0.0, False))
        if time.monotonic() - read_at > _PERMISSION_SECONDS:
            allowed = await database_sync_to_async(self._is_visible)(dataset_id)
            self._permissions[dataset_id] = (time.monotonic(), allowed)
        return allowed

    def _snapshot(self) -> list[Any]:
        return list(recent_runs(self._person()))

    def _is_visible(self, dataset_id: int) -> bool:
        return visible_datasets(self._person()).filter(pk=dataset_id).exists()

    def _person(self) -> Person:
        """The user as the database knows them now, not as they were when the socket opened. Raises SessionOver."""
        return person_behind(self.scope)
