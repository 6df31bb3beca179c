"""Every kind of index, and content of which it can be asked anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from a_vector_backend import ArrayBackend

from search.index.base import Change, IndexBackend, ScalarFields, VectorIndex
from search.index.faiss import backend as faiss_backend
from search.index.faiss import ivf, policy
from search.index.faiss.backend import FaissBackend
from search.index.milvus import backend as milvus_backend
from search.index.milvus import kinds
from search.index.milvus.address import parse
from search.index.milvus.backend import MilvusBackend
from search.index.milvus.kinds import Kind
from search.values import Float32Array, Int64Array
from tests.index.arrays import ArrayContent

COUNT = 3000
FIRST = 1000
START = datetime(2020, 1, 1, tzinfo=UTC)
MakeBackend = Callable[[Path, pytest.MonkeyPatch], IndexBackend]


def faiss(kind: str) -> MakeBackend:
    def make(lite: Path, monkeypatch: pytest.MonkeyPatch) -> IndexBackend:
        monkeypatch.setattr(policy, "choose", lambda count, dimension: kind)
        monkeypatch.setattr(faiss_backend, "FEWEST_TO_EXTEND", 0)
        monkeypatch.setattr(ivf, "_EXACT_BELOW", 100)
        return FaissBackend(0.98)

    return make


def milvus(kind: Kind) -> MakeBackend:
    def make(lite: Path, monkeypatch: pytest.MonkeyPatch) -> IndexBackend:
        monkeypatch.setattr(milvus_backend, "kind_for", lambda count: kind)
        address = parse(f"milvus-lite://{lite}")
        assert address is not None
        return MilvusBackend(address, 0.98)

    return make


def example(lite: Path, monkeypatch: pytest.MonkeyPatch) -> IndexBackend:
    """The one of docs/examples."""
    return ArrayBackend()


BACKENDS: dict[str, MakeBackend] = {
    "example": example,
    "faiss-flat": faiss("flat"),
    "faiss-ivf": faiss("ivf"),
    "milvus-flat": milvus(kinds.kind_for(1)),
    "milvus-hnsw": milvus(kinds.kind_for(kinds.MOST_EXACT + 1)),
    "milvus-ivf": milvus(kinds.kind_for(kinds.MOST_IN_A_GRAPH + 1)),
}


@dataclass
class Pictures(ArrayContent):
    """Content with facts of every sort."""

    def scalar_fields(self, image_ids: Int64Array) -> list[ScalarFields]:
        return [scalar_fields_of(int(image_id)) for image_id in image_ids]


def scalar_fields_of(image_id: int) -> ScalarFields:
    names = ('Summer "21"/Straße_%d.jpg', "100% O'Neill\\beach_%d.PNG", "année/été {x} %d.jpg", "plain/%d.jpg")
    number = image_id - FIRST
    taken = None if number % 7 == 0 else milliseconds(START + timedelta(hours=number))
    width, height = ((640, 480), (480, 640), (512, 512))[number % 3]
    name = names[number % 4].replace("%d", str(number))
    return ScalarFields(
        image_id, name, width + number, height + number, taken, milliseconds(START + timedelta(days=number))
    )


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@dataclass
class Shelf:
    """The versions of one dataset, as the store keeps them."""

    backend: IndexBackend
    root: Path
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def build(self, name: str, content: ArrayContent) -> VectorIndex:
        (self.root / name).mkdir(parents=True)
        self.notes[name] = self.backend.build(self.root / name, content)
        return self.open(name)

    def extend(self, name: str, content: ArrayContent, change: Change, previous: str) -> VectorIndex | None:
        (self.root / name).mkdir()
        notes = self.backend.extend(self.root / name, content, change, self.root / previous, self.notes[previous])
        if notes is None:
            return None
        self.notes[name] = notes
        return self.open(name)

    def open(self, name: str) -> VectorIndex:
        return self.backend.open(self.root / name, self.notes[name])


def queries_near(held: ArrayContent, count: int) -> Float32Array:
    """Unit vectors near some of those held, shape (count, DIMENSION)."""
    random = np.random.default_rng(3)
    vectors = held.vectors[random.integers(len(held.vectors), size=count)]
    vectors = vectors + 0.05 * random.normal(size=vectors.shape).astype(np.float32)
    unit: Float32Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
