"""What is asked: weighted terms, and the conditions that every hit must meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

from search.errors import BadTerm, UnknownImage
from search.filters.filters import NO_FILTERS
from search.models import EncoderRecord, Image
from search.query import cursors, syntax
from search.query.vectors import question_vector
from search.query.writer import written
from search.values import Filters, Float32Array, Term, TermKind


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for, and what every hit must be like; `images` are those that the terms name, and no hits."""

    terms: tuple[Term, ...]
    filters: Filters = NO_FILTERS
    images: tuple[Image, ...] = ()

    @property
    def text(self) -> str:
        """The terms as people write them."""
        return written(self.terms)

    @property
    def like(self) -> Image | None:
        """The image, where nothing is asked but what looks like one."""
        is_one = len(self.terms) == 1 and self.terms[0].kind is TermKind.IMAGE
        return self.images[0] if is_one else None

    @property
    def shows_pictures(self) -> bool:
        """Whether a picture is looked for, of which the scores are higher than those of texts."""
        return any(term.kind is not TermKind.TEXT and term.weight > 0 for term in self.terms)

    def fingerprint(self) -> str:
        return cursors.fingerprint(self.terms, self.filters)

    def vector(self, encoder: EncoderRecord) -> Float32Array:
        """What the index is asked with. Raises as `question_vector` does."""
        return question_vector(self.terms, {image.pk: image for image in self.images}, encoder)


def read_question(text: str, among: Callable[[], QuerySet[Image]], filters: Filters = NO_FILTERS) -> Question:
    """What a query in the syntax of `search.query.syntax` asks; its images must be `among` those.

    Raises BadTerm, or UnknownImage.
    """
    terms = syntax.parse(text)
    if all(term.weight < 0 for term in terms):
        raise BadTerm(
            "This query only takes away. Put before it what the pictures should show, for example: a street - car."
        )
    ids = list(dict.fromkeys(int(term.value) for term in terms if term.kind is TermKind.IMAGE))
    found = among().in_bulk(ids) if ids else {}
    for image_id in ids:
        if image_id not in found:
            raise UnknownImage(f"There is no image {image_id} here. Take it out of the query.")
    return Question(terms, filters, tuple(found[image_id] for image_id in ids))


def text_question(text: str, filters: Filters = NO_FILTERS) -> Question:
    """Images that show what `text` says, read as mere words. Raises BadTerm."""
    return Question((syntax.text_term(text),), filters)


def like_question(image: Image, filters: Filters = NO_FILTERS) -> Question:
    """Images that look like `image`."""
    return Question((Term(TermKind.IMAGE, str(image.pk)),), filters, (image,))
