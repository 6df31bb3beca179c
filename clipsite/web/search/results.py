"""The search page: a query and conditions in, ranked hits out; its address is the permalink."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from clipsite.web.access.objects import image_or_404
from clipsite.web.search.composer import composed
from clipsite.web.search.filters import panel
from clipsite.web.site.errors import status_of
from search.datasets.summary import encoder_note
from search.errors import BadTerm, NotSearchable, UnknownImage, UserError
from search.models import Collection, Dataset, Image
from search.parsing import HIGHEST_ID, whole_number
from search.permissions.visibility import visible_collections, visible_datasets, visible_images
from search.query.question import Question, read_question
from search.retrieval.parameters import (
    EVERYTHING,
    Parameters,
    asks_for_several,
    conditions_asked,
    datasets_asked,
    order_asked,
    relevance_asked,
)
from search.retrieval.results import Group, Results
from search.retrieval.search import search as search_datasets
from search.saved_searches.history import remember
from workers.models import Run

PAGE_SIZE = 60
_NAMED = 3
"""Datasets in the title of a list."""

_OF_THE_LINE = {"min_relevance", "cursor"}


def search(request: HttpRequest) -> HttpResponse:
    """`dataset` (`*` for all), `q` and `like`, conditions, `sort`, `cursor`; with no dataset the first is taken."""
    text, like = _text_and_like(request)
    if not text:
        return redirect("home")
    return _answered(request, text, like, None)


def refused(request: HttpRequest, error: UserError) -> HttpResponse:
    """The page with a reason why the query of this address, which is kept, got no answer."""
    text, like = _text_and_like(request)
    return _answered(request, text, like, error)


def _answered(request: HttpRequest, text: str, like: Image | None, refusal: UserError | None) -> HttpResponse:
    parameters = dict(request.GET.lists())
    searchable = list(visible_datasets(request.user).filter(live_version__isnull=False))
    datasets = _datasets(request, parameters, like, searchable)
    if not datasets:
        return redirect("home")
    is_several = asks_for_several(parameters)
    context: dict[str, Any] = {
        "dataset": None if is_several else datasets[0],
        "datasets": searchable,
        "chosen_datasets": datasets if is_several and EVERYTHING not in parameters["dataset"] else [],
        "is_everything": is_several and EVERYTHING in parameters["dataset"],
        "query_text": text,
        "min_relevance": request.GET.get("min_relevance", ""),
        "kept_parameters": [
            (name, value) for name, values in request.GET.lists() if name not in _OF_THE_LINE for value in values
        ],
    }
    collection: Collection | None = None
    question: Question | None = None
    try:
        if refusal is not None:
            raise refusal
        asked = conditions_asked(parameters, partial(visible_collections, request.user), request.user)
        collection = asked.collection
        order, cursor = order_asked(parameters), request.GET.get("cursor", "")
        question = read_question(text, partial(visible_images, request.user), asked.conditions)
        if question.like is not None and "dataset" not in parameters:
            datasets = [question.like.dataset]
            context["dataset"] = datasets[0]
        least = relevance_asked(parameters)
        results = search_datasets(question, datasets, k=PAGE_SIZE, cursor=cursor, order=order, min_relevance=least)
    except UserError as error:
        place = "query_error" if isinstance(error, BadTerm | UnknownImage) else "error"
        context |= composed(request, question) if question else {}
        context |= panel(request, datasets, collection) | {place: str(error)}
        if isinstance(error, NotSearchable):
            context["run"] = Run.objects.filter(state=Run.State.ACTIVE, dataset__in=datasets).first()
        return render(request, "search/results.html", context, status=status_of(error))
    if "cursor" not in request.GET:
        remember(request.user, parameters)
    context |= composed(request, question) | panel(request, datasets, collection) | _shown(results)
    return render(request, "search/results.html", context)


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
        "sorted": group.among,
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


def _text_and_like(request: HttpRequest) -> tuple[str, Image | None]:
    """The query, in which `like` is one more image, and that image."""
    text, value = request.GET.get("q", "").strip(), request.GET.get("like", "")
    if not value:
        return text, None
    like = image_or_404(request, whole_number("like", value, low=1, high=HIGHEST_ID))
    return f"{text} + image:{like.pk}" if text else f"image:{like.pk}", like
