"""A large archive comes through a real web server without filling its memory, and ends when its client leaves."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
import uvicorn
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from clipsite.server.asgi import django_application
from search.models import Collection, Image
from search.polling import wait_for
from tests.conftest import MakeDataset, OpenedFiles
from tests.environment import free_port
from tests.library import put_into

FILES = 40
FILE_BYTES = 10 << 20
ALLOWED_BYTES = 64 << 20
"""A sixth of the archive; what an allocator keeps in passing is less than that."""


@contextmanager
def web_server() -> Iterator[int]:
    """uvicorn with the site, in a thread of this process; gives its port."""
    port = free_port()
    config = uvicorn.Config(django_application, port=port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert wait_for(lambda: server.started, 30)
        yield port
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def address(transactional_db: None, make_dataset: MakeDataset, tmp_path: Path, alice: User) -> str:
    """The archive of a linked collection with 400 MB of originals, which take no room on the disk: they are holes."""
    folder = tmp_path / "large"
    folder.mkdir()
    dataset = make_dataset(folder)
    for number in range(FILES):
        with (folder / f"{number:02}.png").open("wb") as file:
            file.truncate(FILE_BYTES)
            file.write(b"%02d" % number)
        Image.objects.create(
            dataset=dataset,
            name=f"{number:02}.png",
            checksum=f"{number:064x}",
            byte_size=FILE_BYTES,
            modified_ns=1,
            state=Image.State.READY,
        )
    collection = Collection.objects.create(owner=alice, name="Large", link="a-link-that-is-known")
    put_into(collection, list(dataset.images.values_list("pk", flat=True)))
    return f"{reverse('shared-export', args=[collection.link])}?{urlencode({'format': 'zip'})}"


def test_memory_stays_flat_while_400_megabytes_are_sent(address: str) -> None:
    process = psutil.Process()
    Client().get(address.partition("?")[0])  # whatever is loaded at the first request is loaded now
    with web_server() as port, closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        before = highest = process.memory_info().rss
        connection.request("GET", address)
        response = connection.getresponse()
        assert response.status == 200
        received, last = 0, b""
        while block := response.read(1 << 20):
            received += len(block)
            last = block
            highest = max(highest, process.memory_info().rss)
    assert received > FILES * FILE_BYTES
    assert b"00.png" in last  # the list of files, with which an archive ends
    assert highest - before < ALLOWED_BYTES


def open_originals(folder: Path) -> list[str]:
    """Files below the folder that this process has open now."""
    return [file.path for file in psutil.Process().open_files() if file.path.startswith(str(folder))]


def test_a_client_that_leaves_ends_the_work(address: str, tmp_path: Path, opened_files: OpenedFiles) -> None:
    folder = tmp_path / "large"
    with opened_files(folder) as opened, web_server() as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", address)
        response = connection.getresponse()
        assert len(response.read(1 << 20)) == 1 << 20
        assert wait_for(lambda: bool(open_originals(folder)), 30)
        response.close()
        connection.close()
        assert wait_for(lambda: not open_originals(folder), 30)
    assert 0 < len(opened) < FILES / 2
