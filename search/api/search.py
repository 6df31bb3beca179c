"""`GET /api/v1/search`: the same answer as `manage.py search --json`, with image addresses added."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from search.errors import InvalidQuery
from search.services.answers import HitAnswer, many_answer, search_answer
from search.services.parameters import asks_for_several, conditions_asked, datasets_asked, relevance_asked
from search.services.query import search as search_datasets
from search.services.query import text_question, without_weaker
from search.services.visibility import visible_collections, visible_datasets

DEFAULT_K = 10


@require_safe
def search(request: HttpRequest) -> JsonResponse:
    """Parameters: `dataset` (name or slug, may be repeated, `*` for all), `q`, `k`, `cursor`, `min_relevance` (a score,
    what lies below is left out) and the conditions.
    """
    parameters = dict(request.GET.lists())
    datasets = datasets_asked(parameters, visible_datasets(request.user))
    is_several = asks_for_several(parameters)
    if not datasets and not is_several:
        raise InvalidQuery("The parameter dataset is missing; name the dataset to search, or * for all.")
    asked = conditions_asked(parameters, visible_collections(request.user))
    text, cursor = request.GET.get("q", ""), request.GET.get("cursor", "")
    least = relevance_asked(parameters)
    question = text_question(text, asked.conditions)
    results = search_datasets(question, datasets, k=_k(request), cursor=cursor, min_relevance=least)
    if least is not None:
        results = without_weaker(results)
    if is_several:
        many = many_answer(text, results, show_paths=False)
        for group in many["groups"]:
            _add_addresses(request, group["hits"])
        return JsonResponse(many)
    answer = search_answer(text, results, show_paths=False)
    _add_addresses(request, answer["hits"])
    return JsonResponse(answer)


def _add_addresses(request: HttpRequest, hits: list[HitAnswer]) -> None:
    for hit in hits:
        hit["url"] = request.build_absolute_uri(reverse("image", args=[hit["image_id"]]))
        hit["thumbnail_url"] = request.build_absolute_uri(reverse("thumbnail", args=[hit["image_id"]]))
        hit["original_url"] = request.build_absolute_uri(reverse("original", args=[hit["image_id"]]))


def _k(request: HttpRequest) -> int:
    value = request.GET.get("k", str(DEFAULT_K))
    if not value.isdecimal() or len(value) > 18:
        raise InvalidQuery(f"k is {value[:40]!r}; it must be a whole number.")
    return int(value)
