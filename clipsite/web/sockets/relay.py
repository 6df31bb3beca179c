"""Progress for all sockets of a web process: heard once, looked up in SQL once a second, told to who may see it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error as DatabaseFailure
from redis.exceptions import RedisError

from clipsite.web.sockets import audience
from clipsite.web.sockets.lost_messages import LostMessages
from workers.progress.events import GROUP, RunChanged
from workers.status.state import site_stamp

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
TRUST_SECONDS = 5.0
"""For how long a permission or a session, once read, is trusted: a withdrawn one stops showing within this time."""

TRY_AGAIN_LATER = 1013
SIGNED_OUT = 4401


MOST_WAITING = 64


@dataclass(eq=False, slots=True)
class Listener:
    """One socket: who it belongs to, and the frames, each with its run, that wait to be sent to it.

    Of a browser that reads slowly, only the newest frame of each run is kept: it holds the whole state of the run. So
    its memory is bounded however long it takes, and the gap in the numbers makes it ask for a snapshot.
    """

    viewer: audience.Viewer
    news: asyncio.Event = field(default_factory=asyncio.Event)
    frames: deque[tuple[int, str]] = field(default_factory=deque)
    wants_snapshot: bool = False
    site_changed: bool = False
    close_code: int | None = None

    def tell(self, run_id: int, frame: str) -> None:
        self.frames.append((run_id, frame))
        if len(self.frames) > MOST_WAITING:
            self.frames = deque(dict(self.frames).items())
        self.news.set()

    def tell_site(self) -> None:
        self.site_changed = True
        self.news.set()

    def ask_for_snapshot(self) -> None:
        self.wants_snapshot = True
        self.news.set()

    def end(self, code: int) -> None:
        self.close_code = code
        self.news.set()


class Relay:
    """The relay of one event loop. The channel layer brings messages; SQL tells within a second what it forgot."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._starting = asyncio.Lock()
        self._passing_on = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._channel = ""
        self._lost_messages = LostMessages()
        self._allowed: dict[tuple[int | None, int], tuple[float, bool]] = {}
        self._stamp = ""
        self._checked_at = 0.0

    async def join(self, listener: Listener) -> None:
        """From now on the listener is told. Raises RedisError or OSError when Valkey does not answer."""
        async with self._starting:
            if not self._tasks:
                await self._start()
        self._listeners.add(listener)

    async def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        if not self._listeners:
            await self._stop()

    async def _start(self) -> None:
        layer = get_channel_layer()
        self._channel = await layer.new_channel()
        await layer.group_add(GROUP, self._channel)
        self._lost_messages = LostMessages()
        await database_sync_to_async(self._lost_messages.begin)()
        self._checked_at = time.monotonic()
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._look_again_and_again())]

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            if task is not asyncio.current_task():
                task.cancel()
        self._allowed.clear()
        with suppress(RedisError, OSError):
            await get_channel_layer().group_discard(GROUP, self._channel)

    async def _hear(self) -> None:
        layer = get_channel_layer()
        try:
            while True:
                message = await layer.receive(self._channel)
                try:
                    await self._pass_on(message)
                except DatabaseFailure as error:
                    logger.warning("a message was not passed on, so SQL is looked up for it: %s", error)
        except (RedisError, OSError) as error:
            # The browsers come back after a random pause, and the first of them starts anew.
            logger.warning("progress is not heard any more: %s", error)
            self._end_all(TRY_AGAIN_LATER)
            await self._stop()

    async def _look_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except (DatabaseFailure, RedisError, OSError) as error:
                logger.warning("progress could not be looked up: %s", error)

    async def _look(self) -> None:
        for message in await database_sync_to_async(self._lost_messages.find)():
            await self._pass_on(message)
        staff = [listener for listener in self._listeners if listener.viewer.is_staff]
        if staff:
            stamp = await database_sync_to_async(site_stamp)()
            if stamp != self._stamp:
                self._stamp = stamp
                for listener in staff:
                    listener.tell_site()
        if time.monotonic() - self._checked_at > TRUST_SECONDS:
            self._checked_at = time.monotonic()
            await self._check_sessions()
            # A broker that was emptied has forgotten who listens.
            await get_channel_layer().group_add(GROUP, self._channel)

    async def _check_sessions(self) -> None:
        signed_in = [listener for listener in self._listeners if listener.viewer.person_id is not None]
        if not signed_in:
            return
        seen = await database_sync_to_async(audience.still_signed_in)([listener.viewer for listener in signed_in])
        for listener in signed_in:
            now = seen.get(listener.viewer)
            if now is None:
                listener.end(SIGNED_OUT)
            else:
                listener.viewer = now

    async def _pass_on(self, message: RunChanged) -> None:
        dataset_id = message["dataset_id"]
        async with self._passing_on:  # one after the other, so that an older state never follows a newer one
            if not self._lost_messages.is_new(message["run_id"], message["sequence"]):
                return
            await self._renew_permissions(dataset_id)
            self._lost_messages.note(message["run_id"], message["sequence"])
            for listener in self._listeners:
                if self._allowed.get((listener.viewer.person_id, dataset_id), (0.0, False))[1]:
                    listener.tell(message["run_id"], message["frame"])

    async def _renew_permissions(self, dataset_id: int) -> None:
        """Asks once for all people whose permission is no longer trusted; who lost it gets a snapshot without."""
        people = {listener.viewer.person_id for listener in self._listeners}
        before = {person: self._allowed.get((person, dataset_id), (0.0, False)) for person in people}
        untrusted = [person for person, (at, _) in before.items() if time.monotonic() - at > TRUST_SECONDS]
        if not untrusted:
            return
        allowed = await database_sync_to_async(audience.who_may_see)(untrusted, dataset_id)
        now = time.monotonic()
        self._allowed = {pair: entry for pair, entry in self._allowed.items() if now - entry[0] < 10 * TRUST_SECONDS}
        for person in untrusted:
            self._allowed[person, dataset_id] = (now, person in allowed)
        self._take_back({person for person in untrusted if before[person][1] and person not in allowed})

    def _take_back(self, people: Iterable[int | None]) -> None:
        lost = set(people)
        for listener in self._listeners:
            if listener.viewer.person_id in lost:
                listener.ask_for_snapshot()

    def _end_all(self, code: int) -> None:
        for listener in self._listeners:
            listener.end(code)


_relays: WeakKeyDictionary[asyncio.AbstractEventLoop, Relay] = WeakKeyDictionary()


def relay_of_this_loop() -> Relay:
    """One for each event loop, which in a web process is one."""
    return _relays.setdefault(asyncio.get_running_loop(), Relay())
