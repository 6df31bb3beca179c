"""Signs of life in Valkey: when the scheduler's repair last ran, and which queues ran the doctor's canary task."""

from __future__ import annotations

import logging
import time
from typing import cast

from redis.exceptions import RedisError

from search.valkey import impatient_client

logger = logging.getLogger(__name__)

_REPAIR = "clipsite:sign:repair"
_CANARY = "clipsite:sign:canary"
_CANARY_SECONDS = 120


def record_repair() -> None:
    """Record that the scheduler's repair ran, by which beat is known to live; do nothing while Valkey is away."""
    try:
        impatient_client().set(_REPAIR, time.time())
    except (RedisError, OSError) as error:
        logger.warning("that repair ran was not noted: %s", error)


def seconds_since_repair() -> float | None:
    """Return the seconds since `record_repair`; None where it never ran since Valkey was emptied. Raises RedisError."""
    noted = cast("bytes | None", impatient_client().get(_REPAIR))
    return None if noted is None else max(0.0, time.time() - float(noted))


def record_canary(token: str) -> None:
    """Record that a worker ran the canary task with this token."""
    client = impatient_client()
    client.rpush(f"{_CANARY}:{token}", "1")
    client.expire(f"{_CANARY}:{token}", _CANARY_SECONDS)


def has_canary_run(token: str) -> bool:
    """Return whether a worker ran the canary task with this token. Raises RedisError."""
    return bool(impatient_client().exists(f"{_CANARY}:{token}"))
