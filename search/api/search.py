"""`GET /api/v1/search`: the same answer as `manage.py search --json`, with image addresses added."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from search.errors import InvalidQuery
from search.services.answers import HitAnswer, many_answer, search_answer
from search.services.parameters import asks_for_several, conditions_asked, datasets_asked, order_asked
from search.services.query import search as search_datasets
from search.services.query import text_question
from search.services.visibility import visible_collections, visible_datasets

DEFAULT_K = 10
_SOME_ID = 10**17


@require_safe
def search(request: HttpRequest) -> JsonResponse:
    """Parameters: `dataset` (name or slug, repeated, or `*` for all), `q`, `k`, `sort`, `cursor` and the conditions."""
    parameters = dict(request.GET.lists())
    datasets = datasets_asked(parameters, visible_datasets(request.user))
    is_several = asks_for_several(parameters)
    if not datasets and not is_several:
        raise InvalidQuery("The parameter dataset is missing; name the dataset to search, or * for all.")
    asked = conditions_asked(parameters, visible_collections(request.user))
    text, cursor = request.GET.get("q", ""), request.GET.get("cursor", "")
    question, order = text_question(text, asked.conditions), order_asked(parameters)
    results = search_datasets(question, datasets, k=_k(request), cursor=cursor, order=order)
    if is_several:
        many = many_answer(text, results, show_paths=False)
        for group in many["groups"]:
            _add_addresses(request, group["hits"])
        return JsonResponse(many)
    answer = search_answer(text, results, show_paths=False)
    _add_addresses(request, answer["hits"])
    return JsonResponse(answer)


def _add_addresses(request: HttpRequest, hits: list[HitAnswer]) -> None:
    site = request.build_absolute_uri("/").removesuffix("/")
    for hit in hits:
        hit["url"] = site + _address("image", hit["image_id"])
        hit["thumbnail_url"] = site + _address("thumbnail", hit["image_id"])
        hit["original_url"] = site + _address("original", hit["image_id"])


def _address(page: str, image_id: int) -> str:
    before, after = _around_id(page)
    return f"{before}{image_id}{after}"


@cache
def _around_id(page: str) -> tuple[str, str]:
    """The address of a page of an image, split at the image's id: to reverse it for each hit is slow."""
    before, _, after = reverse(page, args=[_SOME_ID]).partition(str(_SOME_ID))
    return before, after


def _k(request: HttpRequest) -> int:
    value = request.GET.get("k", str(DEFAULT_K))
    if not value.isdecimal() or len(value) > 18:
        raise InvalidQuery(f"k is {value[:40]!r}; it must be a whole number.")
    return int(value)
