"""The readiness of this web process for requests."""

from __future__ import annotations

from django.db import DatabaseError, connection
from redis.exceptions import RedisError

from search.valkey import impatient_client
from search.versions.warm_up import warmed


def readiness_problems() -> list[str]:
    """Return a sentence for each thing without which this process answers slowly, badly or not at all.

    A dataset whose index is damaged is no reason: the others can be searched, and the page of versions says it.
    """
    return [sentence for check in (_database, _valkey, _warmth) if (sentence := check())]


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "The database does not answer."
    return ""


def _valkey() -> str:
    try:
        impatient_client().ping()
    except (RedisError, OSError):
        return "Valkey does not answer."
    return ""


def _warmth() -> str:
    """Return the sentence on loading; once is enough, as later versions are opened beside those that answer."""
    return "" if warmed.is_set() else "The encoder and the indexes are still being loaded."
