"""The embedded Valkey, started for real: password, persistence, and the sentences when it cannot work."""

from __future__ import annotations

import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from pytest_django import Settings

from clipsite.server import embedded_valkey
from search.errors import ServiceUnavailable


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def embedded(settings: Settings, tmp_path: Path, free_port: int) -> Settings:
    """Settings of an embedded Valkey in a folder of its own, with a password that needs quoting."""
    settings.EMBEDDED_VALKEY = True
    settings.REDIS_PORT = free_port
    settings.VALKEY_DIR = tmp_path / "a folder" / "valkey"
    settings.LOGS_DIR = tmp_path / "logs"
    settings.VALKEY_PASSWORD = 'pass "word" \\ #1'
    settings.REDIS_URL = f"redis://:pass%20%22word%22%20%5C%20%231@127.0.0.1:{free_port}/0"
    return settings


@contextmanager
def running() -> Iterator[None]:
    process = subprocess.Popen(embedded_valkey.command(), stdout=subprocess.DEVNULL)
    try:
        embedded_valkey.wait_until_ready(20)
        yield
    finally:
        process.terminate()
        process.wait(20)


def test_it_answers_with_the_password_and_refuses_without(embedded: Settings) -> None:
    with running():
        assert redis.Redis.from_url(embedded.REDIS_URL).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=embedded.REDIS_PORT).ping()


def test_it_keeps_what_it_holds_over_a_restart(embedded: Settings) -> None:
    with running():
        redis.Redis.from_url(embedded.REDIS_URL).set("queued", "task")
    with running():
        assert redis.Redis.from_url(embedded.REDIS_URL).get("queued") == b"task"


def test_it_never_evicts_a_queue_and_listens_on_this_machine_only(embedded: Settings) -> None:
    with running():
        client = redis.Redis.from_url(embedded.REDIS_URL)
        found = {key: client.config_get(key)[key] for key in ("maxmemory-policy", "bind", "appendonly", "save")}
    assert found == {"maxmemory-policy": "noeviction", "bind": "127.0.0.1", "appendonly": "yes", "save": ""}


def test_its_password_is_readable_by_its_owner_only_and_in_no_argument(embedded: Settings) -> None:
    command = embedded_valkey.command()
    assert stat.S_IMODE((embedded.VALKEY_DIR / "valkey.conf").stat().st_mode) == 0o600
    assert not any(embedded.VALKEY_PASSWORD in argument for argument in command)


def test_a_port_in_use_names_the_variable(embedded: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", embedded.REDIS_PORT))
        other.listen()
        with pytest.raises(ServiceUnavailable, match=rf"Port {embedded.REDIS_PORT} .* in use.*CLIPSITE_REDIS_PORT"):
            embedded_valkey.command()


def test_an_external_valkey_that_is_silent_is_named_without_its_password(settings: Settings, free_port: int) -> None:
    settings.EMBEDDED_VALKEY = False
    settings.REDIS_URL = f"redis://:topsecret@127.0.0.1:{free_port}/0"
    with pytest.raises(ServiceUnavailable) as raised:
        embedded_valkey.wait_until_ready(0.2)
    assert f"redis://:***@127.0.0.1:{free_port}/0 does not answer" in str(raised.value)
    assert "CLIPSITE_REDIS_URL" in str(raised.value)
    assert "topsecret" not in str(raised.value)


def test_a_wrong_password_is_said_at_once(embedded: Settings) -> None:
    with running():
        embedded.EMBEDDED_VALKEY = False
        embedded.REDIS_URL = f"redis://:wrong@127.0.0.1:{embedded.REDIS_PORT}/0"
        with pytest.raises(ServiceUnavailable, match="refuses the password"):
            embedded_valkey.wait_until_ready(20)
