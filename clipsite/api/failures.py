"""The error ledger of a dataset, in the rows of `manage.py failures --json`."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from clipsite.web.access.objects import dataset_or_404
from clipsite.web.access.tokens import reads
from search.retrieval.parameters import Choice, LastText, WholeNumber
from workers.ledger.rows import FailureRow, rows_of
from workers.models import ImageFailure
from workers.registry import stage_names
from workers.runs.retry import read_filter

router = Router(auth=reads, tags=["failures"])

PER_PAGE = 100
_LAST_PAGE = 10**9


class FailureQuery(BaseModel):
    """Which entries, and which page of them; `read_filter` refuses what makes no sense, as for pages."""

    state: Annotated[str, Choice(ImageFailure.State.values)] = Field("", description="Only entries in this state.")
    stage: Annotated[str, Choice(stage_names())] = Field("", description="Only entries of this stage.")
    reason: LastText = Field("", description="The whole reason.")
    words: LastText = Field("", description="A part of the reason.")
    name: LastText = Field("", description="A part of the file's path.")
    page: Annotated[int, WholeNumber(1, _LAST_PAGE)] = Field(1, description="From 1.")


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
)
def failures(request: HttpRequest, slug: str, parameters: Query[FailureQuery]) -> FailurePage:
    """With stage, reason, how often and when they were tried."""
    dataset = dataset_or_404(request, slug)
    entries = read_filter(parameters.model_dump(exclude={"page"})).of(dataset)
    count, first = entries.count(), (parameters.page - 1) * PER_PAGE
    return {
        "dataset": dataset.name,
        "count": count,
        "page": parameters.page,
        "pages": max(1, -(-count // PER_PAGE)),
        "failures": rows_of(entries[first : first + PER_PAGE]),
    }
