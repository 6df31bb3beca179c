"""Cursors: where a list of hits goes on, and in which index versions. To whoever carries one it says nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.core import signing

from search.errors import InvalidQuery

_SALT = "search.cursor"
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """After `offset` hits, the last one being `image_id` with `score` under this encoder, from these versions."""

    question: str
    """Fingerprint of what was asked."""

    encoder: int
    versions: dict[int, int]
    """Version ids by dataset id."""

    offset: int
    image_id: int
    score: float


def fingerprint(*asked: object) -> str:
    """Tells one question from another."""
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:12]


def encoded(cursor: Cursor) -> str:
    """Letters, digits, `-`, `_` and `:`; signed, so that nobody makes one up."""
    pairs = [number for pair in cursor.versions.items() for number in pair]
    fields = [cursor.question, cursor.encoder, pairs, cursor.offset, cursor.image_id, cursor.score]
    return signing.dumps(fields, salt=_SALT, compress=True)


def decoded(text: str, question: str) -> Cursor:
    """Raises InvalidQuery for a cursor that is damaged or belongs to another question."""
    try:
        if len(text) > _LONGEST:
            raise signing.BadSignature
        asked, encoder, pairs, offset, image_id, score = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidQuery(
            "The cursor is damaged, or this site did not make it. Leave it out to begin with the first image."
        ) from error
    if asked != question:
        raise InvalidQuery(
            "The cursor belongs to another query or other filters. Leave it out to begin with the first image."
        )
    versions = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return Cursor(asked, encoder, versions, offset, image_id, score)
