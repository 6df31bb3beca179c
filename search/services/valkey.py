"""Whether Valkey answers: broker, channel layer and cache are one server."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError


def valkey_answers() -> bool:
    """One read; waits no longer than the client's own timeout."""
    try:
        cache.get("alive")
    except (RedisError, OSError):
        return False
    return True


def valkey_address() -> str:
    """Host, port and database, without the password."""
    return str(settings.REDIS_URL).rsplit("@", maxsplit=1)[-1].split("://")[-1]
