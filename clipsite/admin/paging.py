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
"""Whoever looks for a row beyond these names it: by a filter, or in the search field."""

_MOST_NAMED = 2 * MOST_LISTED
"""So many names are found by their index. Where more have it, half of the images are enough to find MOST_LISTED."""

M = TypeVar("M", bound=Model)


class BoundedPaginator(Paginator[Any]):
    """Counts no further than MOST_LISTED, so that a page costs the same however many rows there are."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[:MOST_LISTED].count() if isinstance(rows, QuerySet) else len(rows)

    @property
    def is_bounded(self) -> bool:
        """Whether there may be more rows than are listed."""
        return self.count >= MOST_LISTED


class BoundedList(ChangeList):
    """The newest rows first, by their number: any other order would read all of them."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        return ["-pk"]


class BoundedAdmin(admin.ModelAdmin[M]):
    """For tables of any size. Its filters must be those that an index of the database answers in order."""

    paginator = BoundedPaginator
    show_full_result_count = False
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedList


def with_name(images: QuerySet[Any], text: str) -> QuerySet[Any]:
    """The rows with a field `name` that contains the text, those of few images found by the index of names.

    A number finds the row of that number too.
    """
    fitting = images.filter(name__icontains=text)
    found = images_named(text, _MOST_NAMED)
    if found is not None:
        fitting = images.filter(pk__in=found.tolist(), name__icontains=text)
    if text.isdecimal() and len(text) < 19:
        fitting |= images.filter(pk=int(text))
    return fitting
