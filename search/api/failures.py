"""`GET /api/v1/datasets/<slug>/failures`: the error ledger of a dataset, in the rows of `manage.py failures --json`."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from search.errors import InvalidQuery
from search.services.visibility import dataset_named, visible_datasets
from workers.failure_rows import rows_of
from workers.failures import filter_from

PER_PAGE = 100


@require_safe
def failures(request: HttpRequest, slug: str) -> JsonResponse:
    """Parameters: `state`, `stage`, `reason` (whole), `words` (of the reason), `name` (a part), and `page`."""
    dataset = dataset_named(slug, visible_datasets(request.user))
    entries = filter_from(request.GET).of(dataset)
    count, page = entries.count(), _page(request)
    first = (page - 1) * PER_PAGE
    rows = rows_of(entries[first : first + PER_PAGE])
    pages = max(1, -(-count // PER_PAGE))
    return JsonResponse({"dataset": dataset.name, "count": count, "page": page, "pages": pages, "failures": rows})


def _page(request: HttpRequest) -> int:
    value = request.GET.get("page", "1")
    if not value.isdecimal() or len(value) > 9 or int(value) < 1:
        raise InvalidQuery(f"page is {value[:40]!r}; it must be a whole number from 1.")
    return int(value)
