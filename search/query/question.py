"""Questions: weighted terms, and the filters that every hit must pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

from search.errors import BadTerm, UnknownImage
from search.filters.filters import NO_FILTERS
from search.models import EncoderRecord, Image
from search.query import cursors, syntax
from search.query.vectors import question_vector
from search.query.writer import write_query
from search.values import Filters, Float32Array, Term, TermKind


@dataclass(frozen=True, slots=True)
class Question:
    """The terms to look for, and the filters of every hit. `images` are those that the terms name; they are no hits."""

    terms: tuple[Term, ...]
    filters: Filters = NO_FILTERS
    images: tuple[Image, ...] = ()

    @property
    def text(self) -> str:
        """The terms as people write them."""
        return write_query(self.terms)

    @property
    def like(self) -> Image | None:
        """The image of a query that consists of one image alone."""
        is_one = len(self.terms) == 1 and self.terms[0].kind is TermKind.IMAGE
        return self.images[0] if is_one else None

    def image(self, image_id: int) -> Image:
        """The image of that number, which a term names."""
        return next(image for image in self.images if image.pk == image_id)

    @property
    def shows_pictures(self) -> bool:
        """Tell whether the query looks for a picture, which scores higher than texts do."""
        return any(term.kind is not TermKind.TEXT and term.weight > 0 for term in self.terms)

    def fingerprint(self) -> str:
        """Tells this question from others, in cursors."""
        return cursors.fingerprint(self.terms, self.filters)

    def vector(self, encoder: EncoderRecord) -> Float32Array:
        """The unit vector that an index is searched with, shape (dimension,). Raises as `question_vector` does."""
        return question_vector(self.terms, {image.pk: image for image in self.images}, encoder)


def read_question(text: str, among: Callable[[], QuerySet[Image]], filters: Filters = NO_FILTERS) -> Question:
    """The question that a text in the syntax of `search.query.syntax` asks; its images must be `among` those.

    Raises BadTerm, or UnknownImage.
    """
    terms = syntax.parse(text)
    if all(term.weight < 0 for term in terms):
        raise BadTerm(
            "This query only takes away. Put before it what the pictures should show, for example: a street - car."
        )
    ids = list(dict.fromkeys(int(term.value) for term in terms if term.kind is TermKind.IMAGE))
    images = among().in_bulk(ids) if ids else {}
    for image_id in ids:
        if image_id not in images:
            raise UnknownImage(f"There is no image {image_id} here. Take it out of the query.")
    return Question(terms, filters, tuple(images[image_id] for image_id in ids))


def text_question(text: str, filters: Filters = NO_FILTERS) -> Question:
    """A question for images that show what `text` says, read as mere words. Raises BadTerm."""
    return Question((syntax.text_term(text),), filters)


def like_question(image: Image, filters: Filters = NO_FILTERS) -> Question:
    """A question for images that look like `image`."""
    return Question((Term(TermKind.IMAGE, str(image.pk)),), filters, (image,))
