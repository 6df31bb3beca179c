"""What a web process does when it starts: it loads what the first queries need, watches for new versions and
writes down recent searches."""

from __future__ import annotations

import asyncio
from typing import Any

from search.saved_searches.history import recorder
from search.versions.watcher import Watcher
from workers.processes.identity import own_name

_STOP_SECONDS = 5.0


async def lifespan(_scope: Any, receive: Any, send: Any) -> None:
    """Runs the ASGI lifespan protocol; the watcher warms up in its thread while pages are served already."""
    watcher = Watcher(own_name())
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            watcher.start()
            recorder.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            watcher.stop()
            if watcher.is_alive():
                await asyncio.to_thread(watcher.join, _STOP_SECONDS)
            await asyncio.to_thread(recorder.stop)
            await send({"type": "lifespan.shutdown.complete"})
            return
