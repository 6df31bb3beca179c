"""The search page: a text or an image and conditions in, ranked hits out; its address is the permalink."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from search.errors import UserError
from search.models import Collection, Dataset, Image
from search.services.parameters import (
    EVERYTHING,
    Parameters,
    asks_for_several,
    conditions_asked,
    datasets_asked,
    relevance_asked,
    whole_number,
)
from search.services.query import Group, Question, Results, text_question
from search.services.query import search as search_datasets
from search.services.summary import encoder_note
from search.services.visibility import visible_collections, visible_datasets
from search.web.access import image_or_404
from search.web.filters import panel
from search.web.middleware import status_of

PAGE_SIZE = 60
_NAMED = 3
"""Datasets in the title of a list."""

_HIGHEST_ID = 10**18 - 1
_OF_THE_LINE = {"min_relevance", "cursor"}


def search(request: HttpRequest) -> HttpResponse:
    """`dataset` (`*` for all), `q` or `like`, the conditions and `cursor`; without a dataset the first one is taken."""
    parameters = dict(request.GET.lists())
    text, like = request.GET.get("q", "").strip(), _like(request)
    searchable = list(visible_datasets(request.user).filter(live_version__isnull=False))
    datasets = _datasets(request, parameters, like, searchable)
    if not datasets or (like is None and not text):
        return redirect("home")
    is_several = asks_for_several(parameters)
    context: dict[str, Any] = {
        "dataset": None if is_several else datasets[0],
        "datasets": searchable,
        "chosen_datasets": datasets if is_several and EVERYTHING not in parameters["dataset"] else [],
        "is_everything": is_several and EVERYTHING in parameters["dataset"],
        "query_text": text,
        "like": like,
        "min_relevance": request.GET.get("min_relevance", ""),
        "kept_parameters": [
            (name, value) for name, values in request.GET.lists() if name not in _OF_THE_LINE for value in values
        ],
    }
    collection: Collection | None = None
    try:
        asked = conditions_asked(parameters, visible_collections(request.user))
        collection = asked.collection
        question = Question(like=like, conditions=asked.conditions) if like else text_question(text, asked.conditions)
        results = search_datasets(
            question,
            datasets,
            k=PAGE_SIZE,
            cursor=request.GET.get("cursor", ""),
            min_relevance=relevance_asked(parameters),
        )
    except UserError as error:
        context |= panel(request, datasets, collection) | {"error": str(error)}
        return render(request, "search/results.html", context, status=status_of(error))
    return render(request, "search/results.html", context | panel(request, datasets, collection) | _shown(results))


def _shown(results: Results) -> dict[str, Any]:
    return {
        "results": results,
        "groups": [_group(group) for group in results.groups if group.hits],
        "hits": results.hits,
        "took_ms": results.took_ms,
    }


def _group(group: Group) -> dict[str, Any]:
    names = [one.dataset.name for one in group.answered]
    title = ", ".join(names[:_NAMED])
    return {
        "title": f"{title} and {len(names) - _NAMED:,} more" if len(names) > _NAMED else title,
        "answered": group.answered,
        "hits": group.hits,
        "relevant": group.relevant,
        "weaker": group.weaker,
        "begins": group.hits[0].rank == 1,
        "slider": _slider(group),
        "total": group.total,
        "cursor": group.cursor,
        "encoder": group.encoder,
        "encoder_note": encoder_note(group.encoder.name),
    }


def _slider(group: Group) -> dict[str, str]:
    """From the lowest score of the page to the best, as an HTML form reads numbers."""
    low, high = group.hits[-1].score, group.hits[0].score
    return {"low": f"{low:.3f}", "high": f"{high + 0.001:.3f}", "value": f"{group.line:.3f}"}


def _datasets(
    request: HttpRequest, parameters: Parameters, like: Image | None, searchable: list[Dataset]
) -> list[Dataset]:
    if like is not None and not asks_for_several(parameters):
        return [like.dataset]
    return datasets_asked(parameters, visible_datasets(request.user)) or searchable[:1]


def _like(request: HttpRequest) -> Image | None:
    value = request.GET.get("like", "")
    return image_or_404(request, whole_number("like", value, low=1, high=_HIGHEST_ID)) if value else None
