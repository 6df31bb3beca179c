"""What an index is asked with: the vector of each term of a query, and their weighted sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from search.bucket import sync
from search.embeddings.store import stored_vector
from search.encoders import registry
from search.errors import BadTerm, NotSearchable
from search.files.paths import derivative_path
from search.models import EncoderRecord, Image
from search.query import pictures
from search.values import Float32Array, Term, TermKind

_CACHED_TEXTS = 2048
_CACHED_PICTURES = 512
_LEAST_LENGTH = 0.02
"""Of the sum, for weights that add up to one: what is left below it is chance."""


def question_vector(terms: Sequence[Term], images: Mapping[int, Image], encoder: EncoderRecord) -> Float32Array:
    """The sum of the terms' unit vectors times their weights, as a unit vector, shape (dimension,).

    `images` has those of the image terms by id. Raises BadTerm for terms that cancel each other out or a picture
    that is not to be had, NotSearchable for an image without derivative, EncoderUnavailable.
    """
    # A lone term needs no sum, and costs what it did before queries could have several.
    if len(terms) == 1 and terms[0].weight > 0:
        return _vector(terms[0], images, encoder)
    weights = np.array([term.weight for term in terms], np.float32)
    vectors = np.stack([_vector(term, images, encoder) for term in terms])
    summed: Float32Array = (weights / np.abs(weights).sum()) @ vectors
    length = float(np.linalg.norm(summed))
    if length < _LEAST_LENGTH:
        raise BadTerm("The terms of this query cancel each other out. Change a weight, or leave one out.")
    return summed / np.float32(length)


@lru_cache(maxsize=_CACHED_TEXTS)
def text_vector(encoder_name: str, text: str) -> Float32Array:
    """Unit vector of a text, shape (dimension,), read-only: the mean over the encoder's templates where it has some."""
    templates = registry.describe(encoder_name).templates
    texts = [template.format(text) for template in templates] or [text]
    vectors = registry.text_tower(encoder_name).encode(texts)
    vector: Float32Array = vectors[0]
    if len(texts) > 1:
        mean = vectors.mean(axis=0)
        vector = mean / np.linalg.norm(mean)
    vector.flags.writeable = False
    return vector


def _vector(term: Term, images: Mapping[int, Image], encoder: EncoderRecord) -> Float32Array:
    if term.kind is TermKind.TEXT:
        return text_vector(encoder.name, term.value)
    if term.kind is TermKind.IMAGE:
        return _image_vector(images[int(term.value)], encoder)
    is_upload = term.kind is TermKind.UPLOAD
    path = pictures.picture_file(term.value) if is_upload else pictures.picture_file_at(term.value)
    return _picture_vector(encoder.name, path, path.stat().st_mtime_ns)


def _image_vector(image: Image, encoder: EncoderRecord) -> Float32Array:
    """From the database; of an image that this encoder has not read yet, from its derivative."""
    vector = stored_vector(image.pk, encoder)
    if vector is not None:
        return vector
    path = sync.fetch(derivative_path(image.dataset_id, image.checksum))
    if not path.exists():
        raise NotSearchable(f"Image {image.name!r} is not resized yet. Wait for the run, or index its dataset again.")
    return _picture_vector(encoder.name, path, 0)


@lru_cache(maxsize=_CACHED_PICTURES)
def _picture_vector(encoder_name: str, path: Path, changed_ns: int) -> Float32Array:
    """Unit vector of a JPEG, shape (dimension,), read-only; `changed_ns` tells one content of a path from another."""
    encoded = registry.query_tower(encoder_name).encode_files([path])
    if not encoded.positions:
        raise BadTerm(f"A picture of this query {encoded.unreadable[0]}. Take it out, or upload it again.")
    vector: Float32Array = encoded.vectors[0]
    vector.flags.writeable = False
    return vector
