"""What a web process does when it starts: it loads the text towers and indexes that the first queries will need."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from search.services.warm import warm_query_path

logger = logging.getLogger(__name__)


async def lifespan(_scope: Any, receive: Any, send: Any) -> None:
    """The ASGI lifespan protocol; the warm-up goes on in a thread while pages are served already."""
    warming: asyncio.Task[None] | None = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            warming = asyncio.create_task(asyncio.to_thread(warm_query_path))
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            if warming is not None and not warming.done():
                warming.cancel()
            await send({"type": "lifespan.shutdown.complete"})
            return
