"""Lists of millions of rows in the admin: counted up to a bound, found by an index, never sorted anew."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.utils.functional import cached_property

from search.filters.name_index import images_named

MOST_LISTED = 5_000
"""The rows of a list that are counted and shown; whoever looks for another uses a filter or the search field."""

_MOST_NAMED = 2 * MOST_LISTED
"""The names that are looked up in their index. Where more match, a plain scan finds MOST_LISTED of them soon."""

M = TypeVar("M", bound=Model)


class BoundedPaginator(Paginator[Any]):
    """Counts no further than MOST_LISTED, so that a page costs the same however many rows there are."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[:MOST_LISTED].count() if isinstance(rows, QuerySet) else len(rows)

    @property
    def is_bounded(self) -> bool:
        """Tells whether there may be more rows than are listed."""
        return self.count >= MOST_LISTED


class BoundedList(ChangeList):
    """The newest rows first, by their number: any other order would read all of them."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        return ["-pk"]


class BoundedAdmin(admin.ModelAdmin[M]):
    """The admin of a table of any size. Its filters must be those that an index of the database answers in order."""

    paginator = BoundedPaginator
    show_full_result_count = False
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedList


def with_name(images: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Returns the rows whose field `name` contains the text, those of few images found by the index of names.

    A number finds the row of that number too.
    """
    matches = images.filter(name__icontains=text)
    ids = images_named(text, _MOST_NAMED)
    if ids is not None:
        matches = images.filter(pk__in=ids.tolist(), name__icontains=text)
    if text.isdecimal() and len(text) < 19:
        matches |= images.filter(pk=int(text))
    return matches
