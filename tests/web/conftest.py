"""An indexed dataset, made once per test with the fake encoder and without workers."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.http import StreamingHttpResponse

from search.embeddings.encode_images import embed_images
from search.images.derivatives import derive_images
from search.ingest.records import ingest_chunk
from search.maps.draw import project_dataset
from search.models import Dataset, Image
from search.versions.build import build_version
from tests.conftest import FAKE_ENCODER, MakeDataset, MakeImages, files_of
from tests.workers.conftest import pictures

__all__ = ["downloaded", "index", "maps_drawn_here", "pictures", "private", "public"]


def index(dataset: Dataset) -> Dataset:
    """All stages, one after the other."""
    ids = ingest_chunk(dataset, files_of(dataset)).image_ids
    derive_images(list(Image.objects.filter(pk__in=ids).select_related("dataset")))
    embed_images(list(dataset.images.all()), FAKE_ENCODER)
    build_version(dataset, FAKE_ENCODER)
    project_dataset(dataset)
    return dataset


@pytest.fixture(autouse=True)
def maps_drawn_here(drawn_here: None) -> None:
    """No test of this folder is about the process that draws, which takes a second to start."""


@pytest.fixture
def public(make_images: MakeImages, make_dataset: MakeDataset, drawn_here: None) -> Dataset:
    return index(make_dataset(make_images("public", red="red", blue="blue", green="lime", white="white")))


@pytest.fixture
def private(make_images: MakeImages, make_dataset: MakeDataset, alice: User, drawn_here: None) -> Dataset:
    folder = make_images("private", secret="navy", other="olive")
    return index(make_dataset(folder, name="Secrets", owner=alice, private=True))


def downloaded(response: object) -> bytes:
    """The whole of a download that is streamed."""
    assert isinstance(response, StreamingHttpResponse)
    parts = response

    async def collected() -> bytes:
        return b"".join([part async for part in parts])

    return async_to_sync(collected)()
