"""Searching: by words, and for what looks like an image. The answers are those of `manage.py search --json`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.http import HttpRequest
from ninja import Router

from clipsite.api.addresses import Addresses
from clipsite.api.parameters import (
    CONDITIONS,
    CURSOR,
    DATASETS,
    DEFAULT_K,
    MIN_RELEVANCE,
    QUERY,
    SORT,
    K,
    cursor_of,
    documented,
)
from clipsite.web.access.objects import image_or_404
from clipsite.web.access.tokens import searches
from search.errors import InvalidQuery
from search.models import Dataset
from search.parsing import whole_number
from search.permissions.visibility import visible_collections, visible_datasets, visible_images
from search.query.question import Question, like_question, read_question
from search.retrieval.as_json import HitAnswer, ManyAnswer, SearchAnswer, many_answer, search_answer
from search.retrieval.parameters import (
    Parameters,
    asks_for_several,
    conditions_asked,
    datasets_asked,
    order_asked,
    relevance_asked,
)
from search.retrieval.results import without_weaker
from search.retrieval.search import MAX_HITS
from search.retrieval.search import search as search_datasets

router = Router(auth=searches, tags=["search"])


@router.get(
    "/search",
    response=SearchAnswer | ManyAnswer,
    url_name="api-search",
    operation_id="search",
    summary="Search by words",
    openapi_extra=documented(QUERY, DATASETS, K, SORT, MIN_RELEVANCE, CURSOR, *CONDITIONS),
)
def search(request: HttpRequest) -> SearchAnswer | ManyAnswer:
    """The images that show best what `q` says.

    Asked of one dataset, the answer has `hits`. Asked of several or of all, it has `groups` of datasets that share an
    encoder: scores of different encoders cannot be compared.
    """
    parameters = dict(request.GET.lists())
    datasets = datasets_asked(parameters, visible_datasets(request.user))
    if not datasets and not asks_for_several(parameters):
        raise InvalidQuery("The parameter dataset is missing; name the dataset to search, or * for all.")
    asked = conditions_asked(parameters, partial(visible_collections, request.user), request.user)
    question = read_question(request.GET.get("q", ""), partial(visible_images, request.user), asked.conditions)
    return answer(request, question, datasets, parameters)


@router.get(
    "/images/{int:image_id}/similar",
    response=SearchAnswer | ManyAnswer,
    url_name="api-similar",
    operation_id="similar",
    summary="Search by an image",
    openapi_extra=documented(DATASETS | {"required": False}, K, SORT, MIN_RELEVANCE, CURSOR, *CONDITIONS),
)
def similar(request: HttpRequest, image_id: int) -> SearchAnswer | ManyAnswer:
    """The images that look most like this one, itself left out.

    They are looked for in its own dataset unless `dataset` names others.
    """
    image = image_or_404(request, image_id)
    parameters = dict(request.GET.lists())
    datasets = datasets_asked(parameters, visible_datasets(request.user)) or [image.dataset]
    asked = conditions_asked(parameters, partial(visible_collections, request.user), request.user)
    return answer(request, like_question(image, asked.conditions), datasets, parameters)


def answer(
    request: HttpRequest, question: Question, datasets: Sequence[Dataset], parameters: Parameters
) -> SearchAnswer | ManyAnswer:
    """What is found, of one dataset or in groups as the parameters name datasets; `k` and `cursor` of the request."""
    k = whole_number("k", request.GET.get("k", str(DEFAULT_K)), low=1, high=MAX_HITS)
    order = order_asked(parameters)
    least = relevance_asked(parameters)
    results = search_datasets(question, datasets, k=k, cursor=cursor_of(request), order=order, min_relevance=least)
    if least is not None:
        results = without_weaker(results)
    if asks_for_several(parameters):
        many = many_answer(question.text, results, show_paths=False)
        for group in many["groups"]:
            _add_addresses(request, group["hits"])
        return many
    one = search_answer(question.text, results, show_paths=False)
    _add_addresses(request, one["hits"])
    return one


def _add_addresses(request: HttpRequest, hits: list[HitAnswer]) -> None:
    addresses = Addresses(request)
    for hit in hits:
        found = addresses.of(hit["image_id"])
        hit["url"] = found["url"]
        hit["thumbnail_url"] = found["thumbnail_url"]
        hit["original_url"] = found["original_url"]
