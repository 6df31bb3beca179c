"""`GET /api/v1/search`: the same answer as `manage.py search --json`, with image addresses added."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from search.errors import InvalidQuery
from search.services.answers import SearchAnswer, search_answer
from search.services.query import search_text
from search.services.visibility import dataset_named, visible_datasets

DEFAULT_K = 10


@require_safe
def search(request: HttpRequest) -> JsonResponse:
    """Parameters: `dataset` (name or slug), `q`, `k` (default 10)."""
    name = request.GET.get("dataset", "")
    if not name:
        raise InvalidQuery("The parameter dataset is missing; name the dataset to search.")
    dataset = dataset_named(name, visible_datasets(request.user))
    text = request.GET.get("q", "")
    answer: SearchAnswer = search_answer(text, search_text(dataset, text, k=_k(request)), show_paths=False)
    for hit in answer["hits"]:
        hit["url"] = request.build_absolute_uri(reverse("image", args=[hit["image_id"]]))
        hit["thumbnail_url"] = request.build_absolute_uri(reverse("thumbnail", args=[hit["image_id"]]))
        hit["original_url"] = request.build_absolute_uri(reverse("original", args=[hit["image_id"]]))
    return JsonResponse(answer)


def _k(request: HttpRequest) -> int:
    value = request.GET.get("k", str(DEFAULT_K))
    if not value.isdecimal() or len(value) > 6:
        raise InvalidQuery(f"k is {value[:40]!r}; it must be a whole number.")
    return int(value)
