"""Requests to workers for a tile of a map, before everything else: somebody is looking at it."""

from __future__ import annotations

import logging

from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from search.maps.tiles import Tile
from workers.celery import app
from workers.models import Run

logger = logging.getLogger(__name__)

_SECONDS = 30
"""The time in which a tile is requested once; its message expires with it."""


def request_tile(projection_id: int, tile: Tile) -> bool:
    """Ask a worker for a tile; return whether one was asked, now or a moment ago. Drawn twice, it is the same."""
    place = (projection_id, tile.zoom, tile.x, tile.y)
    name = "map-tile:" + ":".join(map(str, place))
    try:
        if cache.add(name, 1, _SECONDS):
            app.send_task(
                "workers.tasks.draw_map_tile",
                args=place,
                queue="cpu",
                priority=Run.Priority.HIGH,
                expires=_SECONDS,
                retry=False,
            )
    except (OperationalError, RedisError):
        logger.warning("tile %s could not be asked for", name)
        return False
    return True
