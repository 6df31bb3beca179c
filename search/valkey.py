"""Whether Valkey answers: broker, channel layer and cache are one server."""

from __future__ import annotations

from functools import lru_cache

import redis
from django.conf import settings
from django.core.cache import cache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

_PATIENCE = 1.0
"""Seconds."""


def valkey_answers() -> bool:
    """Return whether one read succeeds; waits no longer than the client's own timeout."""
    try:
        cache.get("alive")
    except (RedisError, OSError):
        return False
    return True


def valkey_address() -> str:
    """Return host, port and database, without the password."""
    return str(settings.REDIS_URL).rsplit("@", maxsplit=1)[-1].split("://")[-1]


def impatient_client(patience: float = _PATIENCE) -> redis.Redis:
    """A client with connections kept, for those who would rather know at once that Valkey is away than wait for it.

    `patience`: seconds.
    """
    return _client(str(settings.REDIS_URL), patience)


@lru_cache(maxsize=8)
def _client(address: str, patience: float) -> redis.Redis:
    # By itself the client tries ten times, with growing pauses; whoever asks here would rather know at once.
    return redis.Redis.from_url(
        address, socket_connect_timeout=patience, socket_timeout=patience, retry=Retry(NoBackoff(), 0)
    )
