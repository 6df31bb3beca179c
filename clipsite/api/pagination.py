"""Lists in pages: each begins after the last row of the one before, so that no page costs more than the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import numpy as np
from django.core import signing
from django.db.models import Model, QuerySet
from pydantic import BaseModel, Field

from search.errors import InvalidQuery
from search.filters.filters import matching_ids
from search.models import Dataset, Image
from search.query.cursors import fingerprint
from search.retrieval.parameters import LastText, WholeNumber
from search.values import Filters

DEFAULT_LIMIT = 100
MOST_ROWS = 1000
_SALT = "search.page"
_LONGEST = 500
R = TypeVar("R", bound=Model)


def limit_field(default: int) -> Any:
    """The field of a query model that says how many rows a page has."""
    return Field(default, description="How many rows.")


class CursorQuery(BaseModel):
    """Where a list goes on; empty for the first page."""

    cursor: LastText = Field(
        "", description="What the answer before says leads on; the other parameters must be the same."
    )


class PageQuery(CursorQuery):
    """How many rows of a list, and after which."""

    limit: Annotated[int, WholeNumber(1, MOST_ROWS)] = limit_field(DEFAULT_LIMIT)


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some rows, and the cursor that leads on; empty at the end."""

    rows: list[R]
    cursor: str


@dataclass(frozen=True, slots=True)
class ImagePage:
    """Images in the order of their ids; `total` counts all that pass the filters, and is None without filters."""

    images: list[Image]
    cursor: str
    total: int | None


def page_of(rows: QuerySet[R], *, by: str, limit: int, cursor: str, key: str, descending: bool = False) -> Page[R]:
    """The rows after the cursor, in the order of the unique field `by`.

    `key` names the list and what it is filtered by. Raises InvalidQuery for a cursor that does not belong here.
    """
    if cursor:
        after = place_of(cursor, key)
        rows = rows.filter(**{f"{by}__{'lt' if descending else 'gt'}": after})
    window = list(rows.order_by(f"-{by}" if descending else by)[: limit + 1])
    more = len(window) > limit
    window = window[:limit]
    return Page(window, next_place(getattr(window[-1], by), key) if more else "")


def images_page(dataset: Dataset, filters: Filters, *, limit: int, cursor: str) -> ImagePage:
    """The ready images of a dataset that pass the filters. Raises InvalidQuery for the cursor."""
    key = fingerprint("images", dataset.pk, filters)
    if not filters:
        ready = dataset.images.filter(state=Image.State.READY)
        page = page_of(ready, by="pk", limit=limit, cursor=cursor, key=key)
        return ImagePage(page.rows, page.cursor, None)
    after = int(place_of(cursor, key)) if cursor else 0
    # Not one query with a limit: a filter that few images pass would make it read all rows of the dataset.
    ids = matching_ids(dataset, filters)
    first = int(np.searchsorted(ids, after, side="right"))
    chosen = ids[first : first + limit].tolist()
    following = next_place(chosen[-1], key) if first + limit < len(ids) else ""
    return ImagePage(list(Image.objects.filter(pk__in=chosen).order_by("pk")), following, len(ids))


def next_place(place: int | str, key: str) -> str:
    """A cursor: letters, digits, `-`, `_` and `:`, signed."""
    return signing.dumps([key, place], salt=_SALT)


def place_of(cursor: str, key: str) -> int | str:
    """The place that `next_place` was given for the same list. Raises InvalidQuery."""
    try:
        if len(cursor) > _LONGEST:
            raise signing.BadSignature
        of, place = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidQuery(
            "The cursor is damaged, or this site did not make it. Leave it out to begin at the start."
        ) from error
    if of != key:
        raise InvalidQuery("The cursor belongs to another list or other filters. Leave it out to begin at the start.")
    value: int | str = place
    return value
