"""A store for all these tests, and of its bucket a part for each."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_django import Settings

from search.bucket.address import Bucket
from tests.bucket.server import running_store


@pytest.fixture(scope="session")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """The whole bucket."""
    with running_store(tmp_path_factory.mktemp("store") / "data") as bucket:
        yield bucket


@pytest.fixture
def bucket(store_server: Bucket, settings: Settings) -> Bucket:
    """What a site of this test uses."""
    own = replace(store_server, prefix=f"tests/{secrets.token_hex(4)}/")
    settings.OBJECTS = own
    return own
