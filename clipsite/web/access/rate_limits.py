"""Rate limits: token buckets in Valkey, shared by all web processes.

Valkey counts in one step of Lua and by its own clock, as clocks of several web servers differ. While it does not
answer, everybody may ask. Libraries were looked at: `limits` has windows but no bucket, `throttled-py` counts whole
seconds, by which slow rates never refill.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from redis.commands.core import Script
from redis.exceptions import RedisError

from search.valkey import impatient_client

logger = logging.getLogger(__name__)

_PATIENCE = 0.25
"""The seconds that a request waits for Valkey at most."""

_AT_ONCE = 6
"""The part of a minute's requests that may come at once: those of ten seconds."""

_FEW = 10
"""So few requests a minute may all come at once."""

_REST = 5.0
"""The seconds in which Valkey is not asked again after it did not answer."""

# A bucket that is not there is full. Redis turns a fraction that a script returns into a whole number, a text it keeps.
_TAKE = """
local capacity, per_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local bucket = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = tonumber(bucket[1]) or capacity
level = math.min(capacity, level + math.max(0, now - (tonumber(bucket[2]) or now)) * per_ms)
local taken = 0
if level >= 1 then
  level = level - 1
  taken = 1
end
redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level), 'at', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - level) / per_ms) + 1000)
return {taken, string.format('%.6f', level)}
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a request is allowed: whether it may go on, how many may follow, the seconds until one and until all may."""

    is_granted: bool
    per_minute: int
    remaining: int
    seconds_to_next: int
    seconds_to_full: int


def take(what: str, who: str, per_minute: int) -> Allowance | None:
    """Counts one request. Ten seconds' worth may come at once; what was taken comes back evenly.

    None means without limit: because `per_minute` is 0, or because Valkey does not answer.
    """
    address = settings.REDIS_URL
    if not per_minute or time.monotonic() < _silent_until.get(address, 0.0):
        return None
    capacity = max(min(per_minute, _FEW), per_minute // _AT_ONCE)
    try:
        taken, level_text = _script(address)(keys=[f"clipsite:rate:{what}:{who}"], args=[capacity, per_minute / 60_000])
    except (RedisError, OSError) as error:
        _silent_until[address] = time.monotonic() + _REST
        logger.warning("Valkey does not answer, so for %g s requests are not counted: %s", _REST, error)
        return None
    level = float(level_text)
    per_second = per_minute / 60
    return Allowance(
        is_granted=bool(taken),
        per_minute=per_minute,
        remaining=int(level),
        seconds_to_next=0 if level >= 1 else max(1, math.ceil((1 - level) / per_second)),
        seconds_to_full=math.ceil((capacity - level) / per_second),
    )


_silent_until: dict[str, float] = {}
"""The moment at which to ask a Valkey again that did not answer, by its address."""


@lru_cache(maxsize=4)
def _script(address: str) -> Script:
    return impatient_client(_PATIENCE).register_script(_TAKE)
