"""The search page: a query and filters in, ranked hits out; its address is the permalink."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from clipsite.web.access.objects import image_or_404
from clipsite.web.search.composer import composed
from clipsite.web.search.filters import panel
from clipsite.web.site.errors import status_of
from search.datasets.summary import encoder_note
from search.errors import BadTerm, NotSearchable, UnknownDataset, UnknownImage, UserError
from search.models import Collection, Dataset
from search.permissions.visibility import visible_datasets
from search.retrieval.request import PageSearchRequest, Search, first_searchable
from search.retrieval.results import Group, Results
from search.saved_searches.history import remember
from workers.models import Run

PAGE_SIZE = 60
_MAX_NAMES = 3
"""Datasets in the title of a list."""

_SCOPE_NAMES = ("q", "like", "dataset")
_THRESHOLD_NAMES = {"min_relevance", "cursor"}


def search(request: HttpRequest) -> HttpResponse:
    """`dataset` (`*` for all), `q` and `like`, filters, `sort`, `cursor`; with no dataset the first is taken."""
    return _page(request, None)


def refused(request: HttpRequest, error: UserError) -> HttpResponse:
    """The page with a reason why the query of this address, which is kept, got no answer."""
    return _page(request, error)


def _page(request: HttpRequest, refusal: UserError | None) -> HttpResponse:
    parameters = dict(request.GET.lists())
    # What is searched, and where, is read by itself: a page that refuses a filter shows it all the same.
    scope = PageSearchRequest.read({name: parameters[name] for name in _SCOPE_NAMES if name in parameters})
    if not scope.text and refusal is None:
        return redirect("home")
    resolved_search: Search | None = None
    collection: Collection | None = None
    try:
        if refusal is not None:
            raise refusal
        search_request = PageSearchRequest.read(parameters)
        collection = search_request.collection_for(request.user)
        resolved_search = search_request.resolve(request.user)
        if not resolved_search.datasets:
            return redirect("home")
        # The page folds what is below the threshold.
        results = resolved_search.run(k=PAGE_SIZE, cursor=request.GET.get("cursor", ""), keeps_rest=True)
    except UnknownDataset:
        raise
    except UserError as error:
        datasets = resolved_search.datasets if resolved_search else _datasets(request, scope)
        if not datasets:
            return redirect("home")
        context = _context(request, scope, resolved_search, datasets, collection) | _refusal(error, datasets)
        return render(request, "search/results.html", context, status=status_of(error))
    if "cursor" not in request.GET:
        remember(request.user, parameters)
    context = _context(request, scope, resolved_search, resolved_search.datasets, collection) | _answer(results)
    return render(request, "search/results.html", context)


def _context(
    request: HttpRequest,
    scope: PageSearchRequest,
    resolved_search: Search | None,
    datasets: list[Dataset],
    collection: Collection | None,
) -> dict[str, Any]:
    """The search field and the panel, with an answer and without."""
    is_several = scope.is_several
    context: dict[str, Any] = {
        "dataset": None if is_several else datasets[0],
        "datasets": list(visible_datasets(request.user).filter(live_version__isnull=False)),
        "chosen_datasets": datasets if is_several and not scope.is_everything else [],
        "is_everything": scope.is_everything,
        "query_text": scope.text,
        "min_relevance": request.GET.get("min_relevance", ""),
        "kept_parameters": [
            (name, value) for name, values in request.GET.lists() if name not in _THRESHOLD_NAMES for value in values
        ],
    }
    if resolved_search is not None:
        context |= composed(request, resolved_search.question)
    return context | panel(request, datasets, collection, names_datasets=bool(context["chosen_datasets"]))


def _refusal(error: UserError, datasets: list[Dataset]) -> dict[str, Any]:
    context: dict[str, Any] = {
        "query_error" if isinstance(error, BadTerm | UnknownImage) else "error": str(error),
    }
    if isinstance(error, NotSearchable):
        context["run"] = Run.objects.filter(state=Run.State.ACTIVE, dataset__in=datasets).first()
    return context


def _datasets(request: HttpRequest, scope: PageSearchRequest) -> list[Dataset]:
    """The datasets of a search that has no answer. Raises UnknownDataset, and Http404 for an unknown `like`."""
    like = image_or_404(request, scope.like) if scope.like else None
    return scope.datasets_for(request.user) or ([like.dataset] if like else first_searchable(request.user))


def _answer(results: Results) -> dict[str, Any]:
    return {
        "results": results,
        "groups": [_group(group) for group in results.groups if group.hits],
        "hits": results.hits,
        "took_ms": results.took_ms,
    }


def _group(group: Group) -> dict[str, Any]:
    names = [one.dataset.name for one in group.answered]
    title = ", ".join(names[:_MAX_NAMES])
    return {
        "title": f"{title} and {len(names) - _MAX_NAMES:,} more" if len(names) > _MAX_NAMES else title,
        "answered": group.answered,
        "hits": group.hits,
        "relevant": group.relevant,
        "weaker": group.below_threshold,
        "begins": group.hits[0].rank == 1,
        "slider": _slider(group),
        "total": group.total,
        "sorted": group.among,
        "cursor": group.cursor,
        "encoder": group.encoder,
        "encoder_note": encoder_note(group.encoder.name),
    }


def _slider(group: Group) -> dict[str, str]:
    """From the lowest score of the page to the best, as an HTML form reads numbers."""
    low, high = group.hits[-1].score, group.hits[0].score
    return {"low": f"{low:.3f}", "high": f"{high + 0.001:.3f}", "value": f"{group.threshold:.3f}"}
