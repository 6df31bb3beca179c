"""Embeddings in the database: float16 vectors to and from bytes, and the content of a version, streamed in id order."""

from __future__ import annotations

import hashlib
import logging
from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np

from search.encoders import registry
from search.encoders.starter.imagenet_classes import everyday_things
from search.errors import EncoderUnavailable
from search.index.base import Chunk, ScalarFields
from search.models import Dataset, Embedding, EncoderRecord, Image
from search.values import Float32Array, Int64Array, Report, UInt64Array, no_report

logger = logging.getLogger(__name__)

_DTYPE = np.dtype("<f2")
_CHUNK = 4096
_PAGE = 20_000
_SAMPLE_QUERIES = 128
_DENSE = 4
"""Rows read for each one wanted, at most, before single look-ups are quicker."""


def encoder_record(name: str, dimension: int) -> EncoderRecord:
    """The row of an encoder, made at its first use."""
    return EncoderRecord.objects.get_or_create(name=name, defaults={"dimension": dimension})[0]


def store_embeddings(record: EncoderRecord, image_ids: Sequence[int], vectors: Float32Array) -> None:
    """Writes unit vectors, shape (len(image_ids), dimension); an embedding that stands there is replaced.

    Raises ValueError for vectors that are not finite, not of unit length or of another dimension.
    """
    if vectors.shape != (len(image_ids), record.dimension):
        raise ValueError(f"{vectors.shape} vectors for {len(image_ids)} images of dimension {record.dimension}")
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(lengths - 1.0) < 1e-2):  # NaN fails this too
        raise ValueError(f"{record.name} made vectors that are not of unit length")
    halves = vectors.astype(_DTYPE)
    rows = [
        Embedding(encoder=record, image_id=image_id, vector=half.tobytes())
        for image_id, half in zip(image_ids, halves, strict=True)
    ]
    Embedding.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["encoder", "image"], update_fields=["vector"]
    )


def stored_vector(image_id: int, record: EncoderRecord) -> Float32Array | None:
    """The embedding of one image, float32, shape (dimension,), or None."""
    row = Embedding.objects.filter(image_id=image_id, encoder=record).values_list("vector", flat=True).first()
    return None if row is None else np.frombuffer(bytes(row), _DTYPE).astype(np.float32)


class DatasetContent:
    """The content of a version of a dataset under an encoder: its ready images that have an embedding.

    Ids and checksums are read at once; what changes later is not of this version.
    """

    def __init__(self, dataset: Dataset, record: EncoderRecord, report: Report = no_report) -> None:
        self.encoder = record.name
        self.dimension = record.dimension
        self._rows = Embedding.objects.filter(
            encoder=record, image__dataset=dataset, image__state=Image.State.READY
        ).order_by("image_id")
        self._images = dataset.images
        self._report = report
        self.image_ids, self.checksums = self._read_ids()

    def fingerprint(self) -> str:
        """Return the SHA-256 over ids and checksums: another one means that a version of this would be another."""
        # A build compares it with that of the live version: the same content keeps the version, and the map of it.
        return hashlib.sha256(self.image_ids.tobytes() + self.checksums.tobytes()).hexdigest()

    def chunks(self, image_ids: Int64Array | None = None) -> Iterator[Chunk]:
        """(ids, vectors) in id order, shapes (n,) and (n, dimension), n <= 4096; of all images, or of these."""
        all_ids = self.image_ids if image_ids is None else image_ids
        for start in range(0, len(all_ids), _CHUNK):
            ids = all_ids[start : start + _CHUNK]
            between = self._rows.filter(image_id__gte=int(ids[0]), image_id__lte=int(ids[-1]))
            # A range reads along the index; a list of ids looks up each. Between sparse ids lies too much.
            rows = between if ids[-1] - ids[0] < _DENSE * len(ids) else self._rows.filter(image_id__in=ids.tolist())
            yield self._chunk(ids, list(rows.values_list("image_id", "vector")))
            self._report(min(start + _CHUNK, len(all_ids)), len(all_ids))

    def sample_queries(self) -> Float32Array:
        """Unit vectors of the names of everyday things as texts, shape (n, dimension)."""
        texts = [f"a photo of a {name}" for name in everyday_things(_SAMPLE_QUERIES)]
        try:
            return registry.text_tower(self.encoder).encode(texts)
        except EncoderUnavailable as error:
            logger.warning("the index is tuned without texts: %s", error)
            return np.empty((0, self.dimension), np.float32)

    def scalar_fields(self, image_ids: Int64Array) -> list[ScalarFields]:
        """Return the fields of those of these images that still exist."""
        columns = ("pk", "name", "width", "height", "taken_at", "added_at")
        fields: list[ScalarFields] = []
        for start in range(0, len(image_ids), _CHUNK):
            rows = self._images.filter(pk__in=image_ids[start : start + _CHUNK].tolist()).order_by("pk")
            fields += [
                ScalarFields(pk, name, width, height, taken_at and _milliseconds(taken_at), _milliseconds(added_at))
                for pk, name, width, height, taken_at, added_at in rows.values_list(*columns)
            ]
        return fields

    def _read_ids(self) -> tuple[Int64Array, UInt64Array]:
        ids, sums = array("q"), array("Q")
        rows = self._rows.values_list("image_id", "image__checksum")
        last = 0
        while page := list(rows.filter(image_id__gt=last)[:_PAGE]):
            for image_id, checksum in page:
                ids.append(image_id)
                sums.append(int(checksum[:16], 16))
            last = page[-1][0]
        return np.array(ids, np.int64), np.array(sums, np.uint64)

    def _chunk(self, ids_of_chunk: Int64Array, rows: list[tuple[int, bytes | memoryview]]) -> Chunk:
        ids = np.fromiter((image_id for image_id, _ in rows), np.int64, len(rows))
        vectors = np.frombuffer(b"".join(bytes(vector) for _, vector in rows), _DTYPE)
        is_listed = np.isin(ids, ids_of_chunk, assume_unique=True)
        return Chunk(ids[is_listed], vectors.reshape(len(rows), self.dimension)[is_listed])


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
