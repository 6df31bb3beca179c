"""Embeddings in the database: float16 vectors to and from bytes, streamed in id order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from search.models import Dataset, Embedding, EncoderRecord, Image
from search.values import Float16Array, Float32Array, Int64Array

_DTYPE = np.dtype("<f2")


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


def stream_embeddings(
    dataset: Dataset, record: EncoderRecord, chunk: int = 4096
) -> Iterator[tuple[Int64Array, Float16Array]]:
    """(ids, vectors) of the dataset's ready images in id order, shapes (n,) and (n, dimension), n <= chunk."""
    rows = Embedding.objects.filter(encoder=record, image__dataset=dataset, image__state=Image.State.READY).values_list(
        "image_id", "vector"
    )
    last = 0
    while page := list(rows.filter(image_id__gt=last).order_by("image_id")[:chunk]):
        ids = np.fromiter((image_id for image_id, _ in page), np.int64, len(page))
        vectors = np.frombuffer(b"".join(bytes(vector) for _, vector in page), _DTYPE)
        yield ids, vectors.reshape(len(page), record.dimension)
        last = int(ids[-1])
