"""Datasets that are indexed without workers, and what a download holds."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.http import StreamingHttpResponse

from search.models import Dataset
from tests.indexed import IndexedDatasets
from tests.workers.conftest import pictures

__all__ = ["downloaded", "maps_drawn_here", "pictures", "private", "public"]


@pytest.fixture(autouse=True)
def maps_drawn_here(drawn_here: None) -> None:
    """No test of this folder is about the process that draws, which takes a second to start."""


@pytest.fixture
def public(indexed_datasets: IndexedDatasets) -> Dataset:
    return indexed_datasets.make("Pictures", "public", red="red", blue="blue", green="lime", white="white")


@pytest.fixture
def private(indexed_datasets: IndexedDatasets, alice: User) -> Dataset:
    return indexed_datasets.make("Secrets", "private", alice, private=True, secret="navy", other="olive")


def downloaded(response: object) -> bytes:
    """The whole of a download that is streamed."""
    assert isinstance(response, StreamingHttpResponse)
    parts = response

    async def collected() -> bytes:
        return b"".join([part async for part in parts])

    return async_to_sync(collected)()
