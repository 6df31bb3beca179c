"""Milvus beyond the contract: a server that goes away, what failed attempts leave, what other clients see."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from search.errors import IndexDamaged, InvalidQuery, ServiceUnavailable
from search.index.base import Change, Chunk, Criteria
from search.index.milvus import backend as milvus_backend
from search.index.milvus import index as milvus_index
from search.index.milvus import rows
from search.index.milvus.address import MilvusAddress, parse
from search.index.milvus.backend import MilvusBackend, alias_of
from search.index.milvus.kinds import MOST_EXACT, Kind, kind_for
from search.index.milvus.tuning import Truth, tune
from search.values import Filters, Float32Array, Int64Array
from tests.environment import free_port
from tests.index.arrays import DIMENSION, ArrayContent, best_ids, content

COUNT = 200
Answer = TypeVar("Answer")


def address_of(text: str) -> MilvusAddress:
    address = parse(text)
    assert address is not None
    return address


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusBackend]:
    from milvus_lite.server_manager import server_manager_instance

    path = tmp_path_factory.mktemp("milvus") / "vectors.db"
    yield MilvusBackend(address_of(f"milvus-lite://{path}"), 0.98)
    server_manager_instance.release_server(str(path))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """The folder of a dataset's versions, whose name is in those of its collections."""
    return tmp_path


def made(dataset: Path, name: str) -> Path:
    (dataset / name).mkdir()
    return dataset / name


def without_first(held: ArrayContent) -> tuple[ArrayContent, Change]:
    return ArrayContent(held.image_ids[1:], held.vectors[1:]), Change(np.empty(0, np.int64), held.image_ids[:1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("milvus://vectors", MilvusAddress("http://vectors:19530", "vectors:19530")),
        (
            "milvus+https://us%40er:p%3Aw@vectors:443/photos",
            MilvusAddress("https://vectors:443", "vectors:443", "us@er", "p:w", "photos"),
        ),
        ("milvus-lite:///srv/a%20b.db", MilvusAddress("/srv/a b.db", "/srv/a b.db")),
    ],
)
def test_addresses_are_taken_apart(text: str, expected: MilvusAddress) -> None:
    assert parse(text) == expected


def test_other_places_are_none_of_milvus() -> None:
    assert parse("faiss") is None


def test_a_server_that_is_not_there_is_named_without_its_password(dataset: Path) -> None:
    port = free_port()
    backend = MilvusBackend(address_of(f"milvus://me:hunter22@127.0.0.1:{port}"), 0.98)
    notes = {"collection": "clipsite_1_a", "version": 1, "kind": "flat", "width": 0, "dimension": DIMENSION}
    held = content(10)
    np.save(made(dataset, "1") / "ids.npy", held.image_ids)
    nothing = Change(np.empty(0, np.int64), np.empty(0, np.int64))
    calls: list[Callable[[], object]] = [
        lambda: backend.build(dataset / "2", held),
        lambda: backend.extend(dataset / "2", held, nothing, dataset / "1", notes),
        lambda: backend.open(dataset / "1", notes),
        lambda: backend.discard(dataset / "1", notes),
        lambda: backend.announce(dataset / "1", notes),
    ]
    for call in calls:
        with pytest.raises(ServiceUnavailable, match=f"Milvus at 127.0.0.1:{port} does not answer") as caught:
            call()
        assert "hunter22" not in str(caught.value)


class Server:
    """A milvus-lite in a process of its own, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._command = [sys.executable, "-u", "-m", "milvus_lite", "server", "--data-dir", str(folder)]
        self._command += ["--host", "127.0.0.1", "--port", str(self.port)]
        self.start()

    def start(self) -> None:
        """Returns when it listens, as it says itself."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert "listening" in self._process.stdout.readline()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "server.db")
    yield server
    server.kill()


def answered(ask: Callable[[], Answer]) -> Answer:
    """What it returns as soon as the client has connected again."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return ask()
        except ServiceUnavailable:
            assert time.monotonic() < deadline


def test_searches_work_again_when_the_server_is_back(server: Server, dataset: Path) -> None:
    backend = MilvusBackend(address_of(f"milvus://127.0.0.1:{server.port}"), 0.98)
    held = content(COUNT)
    notes = backend.build(made(dataset, "1"), held)
    index = backend.open(dataset / "1", notes)
    before = index.search(held.vectors[0], 5)
    server.kill()
    calls: list[Callable[[], object]] = [
        lambda: index.search(held.vectors[0], 5),
        lambda: index.select(Criteria(Filters(name_contains="1"), lambda: held.image_ids)),
        lambda: index.neighbours(3),
        lambda: backend.open(dataset / "1", notes),
        lambda: backend.build(made(dataset, "2"), held),
    ]
    for call in calls:
        with pytest.raises(ServiceUnavailable, match="does not answer"):
            call()
    server.start()
    assert answered(lambda: index.search(held.vectors[0], 5)) == before
    assert backend.open(dataset / "1", notes).count == COUNT


def test_a_file_that_another_process_has_open_is_named(server: Server, tmp_path: Path) -> None:
    backend = MilvusBackend(address_of(f"milvus-lite://{server.folder}"), 0.98)
    with pytest.raises(ServiceUnavailable, match=r"server\.db cannot be opened; only one process can"):
        backend.server.version()


def test_a_collection_that_is_gone_is_damage(backend: MilvusBackend, dataset: Path) -> None:
    notes = backend.build(made(dataset, "1"), content(COUNT))
    backend.server.drop(notes["collection"])
    with pytest.raises(IndexDamaged, match=f"no collection {notes['collection']}"):
        backend.open(dataset / "1", notes)
    nothing = Change(np.empty(0, np.int64), np.empty(0, np.int64))
    assert backend.extend(made(dataset, "2"), content(COUNT), nothing, dataset / "1", notes) is None


class Interrupted(ArrayContent):
    """Content whose reading breaks off."""

    def chunks(self, image_ids: Int64Array | None = None) -> Iterator[Chunk]:
        yield next(super().chunks(image_ids))
        raise ConnectionError


def test_what_a_build_that_broke_off_wrote_is_dropped_by_the_next(backend: MilvusBackend, dataset: Path) -> None:
    held = content(COUNT)
    stranger = "clipsite_elsewhere_1"
    backend.server.create(stranger, lambda schema: rows.describe(schema, DIMENSION, halves=False))
    before = set(backend.server.collections("clipsite_"))
    with pytest.raises(ConnectionError):
        backend.build(made(dataset, ".1.draft"), Interrupted(held.image_ids, held.vectors))
    assert len(backend.server.collections("clipsite_")) == len(before) + 1
    notes = backend.build(made(dataset, "2"), held)
    assert set(backend.server.collections("clipsite_")) == before | {notes["collection"]}
    backend.build(made(dataset, "3"), held)
    assert backend.open(dataset / "2", notes).count == COUNT


def test_what_an_extension_that_broke_off_wrote_is_undone_by_the_next(backend: MilvusBackend, dataset: Path) -> None:
    held = content(COUNT)
    notes = backend.build(made(dataset, "1"), held)
    more = content(COUNT + 5)
    change = Change(more.image_ids[-5:], held.image_ids[:3])
    broken = Interrupted(more.image_ids[3:], more.vectors[3:])
    with pytest.raises(ConnectionError):
        backend.extend(made(dataset, ".2.draft"), broken, change, dataset / "1", notes)
    assert backend.open(dataset / "1", notes).count == COUNT
    now, change = without_first(held)
    again = backend.extend(made(dataset, "2"), now, change, dataset / "1", notes)
    assert again is not None
    index = backend.open(dataset / "2", again)
    assert index.count == len(index.image_ids) == COUNT - 1
    assert {match.image_id for match in index.search(held.vectors[0], COUNT)} == set(now.image_ids.tolist())


def test_only_the_newest_version_of_a_collection_is_extended(backend: MilvusBackend, dataset: Path) -> None:
    held = content(COUNT)
    notes = backend.build(made(dataset, "1"), held)
    now, change = without_first(held)
    assert backend.extend(made(dataset, "2"), now, change, dataset / "1", notes) is not None
    assert backend.extend(made(dataset, "3"), now, change, dataset / "1", notes) is None


def test_a_large_change_or_another_kind_is_built_anew(
    backend: MilvusBackend, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = content(COUNT)
    notes = backend.build(made(dataset, "1"), held)
    half = ArrayContent(held.image_ids[::2], held.vectors[::2])
    change = Change(np.empty(0, np.int64), held.image_ids[1::2])
    assert backend.extend(made(dataset, "2"), half, change, dataset / "1", notes) is None
    monkeypatch.setattr(milvus_backend, "kind_for", lambda count: kind_for(MOST_EXACT + 1))
    assert backend.extend(made(dataset, "3"), *without_first(held), dataset / "1", notes) is None


def test_rows_that_no_version_holds_are_deleted_and_the_last_takes_the_collection(
    backend: MilvusBackend, dataset: Path
) -> None:
    held = content(COUNT)
    notes = backend.build(made(dataset, "1"), held)
    collection = notes["collection"]
    later = backend.extend(made(dataset, "2"), *without_first(held), dataset / "1", notes)
    assert later is not None
    assert backend.server.number(collection, "row > 0") == COUNT
    backend.discard(dataset / "1", notes)
    assert backend.server.number(collection, "row > 0") == COUNT - 1
    (dataset / "1" / "milvus.json").unlink()
    backend.discard(dataset / "2", later)
    assert not backend.server.has(collection)


def test_the_alias_names_the_collection_that_is_live(backend: MilvusBackend, dataset: Path) -> None:
    held = content(COUNT)
    first = backend.build(made(dataset, "1"), held)
    second = backend.build(made(dataset, "2"), replace(held))
    alias = alias_of(dataset / "1")
    backend.announce(dataset / "1", first)
    assert backend.server.number(alias, f"last_version == {rows.OPEN}") == COUNT
    backend.announce(dataset / "2", second)
    assert alias_of(dataset / "2") == alias
    backend.discard(dataset / "1", first)
    assert backend.server.number(alias, f"last_version == {rows.OPEN}") == COUNT
    backend.discard(dataset / "2", second)


def test_long_lists_of_ids_are_asked_in_pieces(
    backend: MilvusBackend, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus_index, "_LISTED", 7)
    held = content(COUNT)
    index = backend.open(dataset / "1", backend.build(made(dataset, "1"), held))
    chosen = held.image_ids[::3]
    selection = index.select(Criteria(Filters(collection=1), lambda: chosen))
    index.hide(chosen[:20].tolist())
    expected = ArrayContent(chosen[20:], held.vectors[::3][20:])
    matches = index.search(held.vectors[1], 10, selection)
    assert [match.image_id for match in matches] == best_ids(expected, held.vectors[1], 10)


def test_more_hits_than_milvus_gives_are_refused(
    backend: MilvusBackend, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus_index, "MOST_HITS", 100)
    held = content(COUNT)
    index = backend.open(dataset / "1", backend.build(made(dataset, "1"), held))
    assert len(index.search(held.vectors[0], 100)) == 100
    with pytest.raises(InvalidQuery, match="Only the 100 best"):
        index.search(held.vectors[0], 101)


def test_vectors_that_were_read_can_be_written_again() -> None:
    """A server gives float16 vectors, which the embedded one has not, as one piece of bytes in a list."""
    vector = content(1).vectors[0]
    halves = rows.as_written({"row": 1, "vector": [vector.astype(np.float16).tobytes()]})
    assert halves["vector"].dtype == np.float16
    np.testing.assert_allclose(halves["vector"], vector, atol=1e-3)
    np.testing.assert_array_equal(rows.as_written({"row": 1, "vector": vector.tolist()})["vector"], vector)
    assert rows.as_written({"count(*)": 3}) == {"count(*)": 3}


def test_images_that_vanish_while_it_is_built_are_left_out(
    backend: MilvusBackend, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = content(COUNT)
    known = held.scalar_fields
    monkeypatch.setattr(held, "scalar_fields", lambda ids: known(ids[ids != 1005]))
    index = backend.open(dataset / "1", backend.build(made(dataset, "1"), held))
    assert index.count == len(index.image_ids) == COUNT - 1
    assert 1005 not in index.image_ids


def test_a_search_is_made_as_wide_as_its_recall_asks_for() -> None:
    held = content(2000)
    truth = Truth(held)
    for chunk in held.chunks():
        truth.compare(chunk)

    def nearest(kind: Kind, query: Float32Array) -> Int64Array:
        """Finds what is among the first `width` images, of which there are 2,000."""
        seen = ArrayContent(held.image_ids[: kind.width], held.vectors[: kind.width])
        return np.array(best_ids(seen, query, 11))

    kind, recall = tune(Kind("hnsw", 64), truth, 0.98, nearest)
    assert (kind.width, recall) == (2048, 1.0)
    kind, recall = tune(Kind("ivf_sq8", 64), truth, 0.98, nearest)
    assert kind.width == 1024
    assert 0.3 < recall < 0.7


def test_conditions_that_only_the_database_knows_are_not_pushed_down() -> None:
    for conditions in (
        Filters(tags=("warm",)),
        Filters(collection=1),
        Filters(selection="token"),
        Filters(without_errors=True),
        Filters(is_collapsed=True),
    ):
        assert rows.pushed_down(conditions) is None
    assert rows.pushed_down(Filters(name_contains="a")) is not None
