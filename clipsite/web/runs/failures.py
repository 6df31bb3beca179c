"""The page of a dataset's error ledger, its CSV, and what people do about the entries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import islice
from typing import cast
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clipsite.web.access.objects import dataset_or_404
from search.errors import RunRefused, UserError
from search.exports.csv_safety import BYTE_ORDER_MARK
from search.models import Dataset
from search.permissions.visibility import can_manage
from workers.ledger.rows import csv_lines
from workers.models import ImageFailure, Run
from workers.runs import retry
from workers.runs.retry import FailureFilter, read_filter

PER_PAGE = 50
REASONS = 10
_LINES_AT_ONCE = 500


@require_safe
def failures_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Every file of the dataset that cannot be used: filtered, grouped by reason, in pages."""
    dataset = dataset_or_404(request, slug)
    chosen = read_filter(request.GET)
    entries = chosen.of(dataset)
    context = {
        "dataset": dataset,
        "chosen": chosen,
        "query": urlencode(chosen.as_parameters()),
        "page_obj": Paginator(entries, PER_PAGE).get_page(request.GET.get("page")),
        "states": retry.by_state(dataset, chosen),
        "stages": retry.by_stage(dataset, chosen),
        "reasons": retry.by_reason(dataset, chosen, REASONS),
        "can_manage": can_manage(request.user, dataset),
        "retryable": retry.without_ignored(entries, chosen).count(),
        "active_run": dataset.runs.filter(state=Run.State.ACTIVE).first(),
    }
    return render(request, "workers/failures.html", context)


@require_safe
def failures_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """The entries that fit the filter, as a file."""
    dataset = dataset_or_404(request, slug)
    return csv_response(read_filter(request.GET).of(dataset), f"{dataset.slug}-failures.csv")


def csv_response(entries: QuerySet[ImageFailure], file_name: str) -> StreamingHttpResponse:
    """A download that is sent while it is read from the database."""
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(_parts(csv_lines(entries)), content_type="text/csv; charset=utf-8", headers=headers)


async def _parts(lines: Iterator[str]) -> AsyncIterator[str]:
    yield BYTE_ORDER_MARK
    while part := await sync_to_async(_some)(lines):
        yield part


def _some(lines: Iterator[str]) -> str:
    return "".join(islice(lines, _LINES_AT_ONCE))


@require_POST
def act_on_failures(request: HttpRequest, slug: str, action: str) -> HttpResponse:
    """Retry, ignore or stop ignoring, for who manages the dataset; for others the actions do not exist."""
    dataset = dataset_or_404(request, slug)
    if action not in _ACTIONS or not can_manage(request.user, dataset):
        raise Http404(f"There is no such action on the failures of {slug!r} here.")
    chosen = read_filter(request.POST)
    try:
        return _ACTIONS[action](request, dataset, _meant(request, dataset, chosen))
    except UserError as error:
        messages.error(request, str(error))
    return _back(dataset, chosen)


def _meant(request: HttpRequest, dataset: Dataset, chosen: FailureFilter) -> QuerySet[ImageFailure]:
    """All that fit the filter, or those that were ticked."""
    if "all" in request.POST:
        return retry.without_ignored(chosen.of(dataset), chosen)
    ids = [int(value) for value in request.POST.getlist("entry") if value.isdecimal() and len(value) < 19]
    if not ids:
        raise RunRefused("No file is ticked. Tick some, or choose the button for all.")
    return ImageFailure.objects.filter(dataset=dataset, pk__in=ids)


def _retry(request: HttpRequest, dataset: Dataset, entries: QuerySet[ImageFailure]) -> HttpResponse:
    run = retry.retry(dataset, entries, requested_by=cast("User", request.user))
    return redirect("run", run.pk)


def _ignore(request: HttpRequest, dataset: Dataset, entries: QuerySet[ImageFailure]) -> HttpResponse:
    messages.success(request, f"{retry.ignore(entries):,} ignored from now on, until the file changes.")
    return _back(dataset, read_filter(request.POST))


def _stop_ignoring(request: HttpRequest, dataset: Dataset, entries: QuerySet[ImageFailure]) -> HttpResponse:
    messages.success(request, f"{retry.stop_ignoring(entries):,} no longer ignored; the next index run tries again.")
    return _back(dataset, read_filter(request.POST))


def _back(dataset: Dataset, chosen: FailureFilter) -> HttpResponse:
    query = urlencode(chosen.as_parameters())
    return redirect(reverse("failures", args=[dataset.slug]) + (f"?{query}" if query else ""))


_ACTIONS: dict[str, Callable[[HttpRequest, Dataset, QuerySet[ImageFailure]], HttpResponse]] = {
    "retry": _retry,
    "ignore": _ignore,
    "stop-ignoring": _stop_ignoring,
}
