"""The error ledger of a dataset, in the rows of `manage.py failures --json`."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router
from typing_extensions import TypedDict

from clipsite.api.parameters import documented, parameter
from clipsite.web.access.objects import dataset_or_404
from clipsite.web.access.tokens import reads
from search.parsing import whole_number
from workers.ledger.rows import FailureRow, rows_of
from workers.models import ImageFailure
from workers.registry import stage_names
from workers.runs.retry import filter_from

router = Router(auth=reads, tags=["failures"])

PER_PAGE = 100
_LAST_PAGE = 10**9


class FailurePage(TypedDict):
    """Entries of a ledger, the latest first; `count` are all that fit, on so many `pages`."""

    dataset: str
    count: int
    page: int
    pages: int
    failures: list[FailureRow]


@router.get(
    "/datasets/{slug:slug}/failures",
    response=FailurePage,
    url_name="api-failures",
    operation_id="list_failures",
    summary="List files that cannot be used",
    openapi_extra=documented(
        parameter("state", "Only entries in this state.", enum=ImageFailure.State.values),
        parameter("stage", "Only entries of this stage.", enum=stage_names()),
        parameter("reason", "The whole reason."),
        parameter("words", "A part of the reason."),
        parameter("name", "A part of the file's path."),
        parameter("page", "From 1.", type="integer", minimum=1, maximum=_LAST_PAGE, default=1),
    ),
)
def failures(request: HttpRequest, slug: str) -> FailurePage:
    """With stage, reason, how often and when they were tried."""
    dataset = dataset_or_404(request, slug)
    entries = filter_from(request.GET).of(dataset)
    page = whole_number("page", request.GET.get("page", "1"), low=1, high=_LAST_PAGE)
    count, first = entries.count(), (page - 1) * PER_PAGE
    return {
        "dataset": dataset.name,
        "count": count,
        "page": page,
        "pages": max(1, -(-count // PER_PAGE)),
        "failures": rows_of(entries[first : first + PER_PAGE]),
    }
