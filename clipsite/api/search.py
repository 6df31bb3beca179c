"""Searching: by words, and for what looks like an image. The answers are those of `manage.py search --json`."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from clipsite.api.addresses import Addresses
from clipsite.api.pagination import CursorQuery
from clipsite.web.access.objects import image_or_404
from clipsite.web.access.tokens import searches
from search.errors import InvalidQuery
from search.retrieval.as_json import HitAnswer, ManyAnswer, SearchAnswer, many_answer, search_answer
from search.retrieval.parameters import WholeNumber
from search.retrieval.request import Search, SearchRequest, SimilarRequest
from search.retrieval.search import MAX_HITS

router = Router(auth=searches, tags=["search"])

DEFAULT_K = 10


class HitPage(CursorQuery):
    """How many hits, and after which."""

    k: Annotated[int, WholeNumber(1, MAX_HITS)] = Field(DEFAULT_K, description="How many hits.")


@router.get(
    "/search",
    response=SearchAnswer | ManyAnswer,
    url_name="api-search",
    operation_id="search",
    summary="Search by words",
)
def search(request: HttpRequest, query: Query[SearchRequest], hits: Query[HitPage]) -> SearchAnswer | ManyAnswer:
    """The images that show best what `q` says.

    Asked of one dataset, the answer has `hits`. Asked of several or of all, it has `groups` of datasets that share an
    encoder: scores of different encoders cannot be compared.
    """
    if not query.dataset:
        raise InvalidQuery("The parameter dataset is missing; name the dataset to search, or * for all.")
    return hits_answer(request, query.resolve(request.user), hits)


@router.get(
    "/images/{int:image_id}/similar",
    response=SearchAnswer | ManyAnswer,
    url_name="api-similar",
    operation_id="similar",
    summary="Search by an image",
)
def similar(
    request: HttpRequest, image_id: int, query: Query[SimilarRequest], hits: Query[HitPage]
) -> SearchAnswer | ManyAnswer:
    """The images that look most like this one, itself left out.

    They are looked for in its own dataset unless `dataset` names others.
    """
    return hits_answer(request, query.resolve_like(image_or_404(request, image_id), request.user), hits)


def hits_answer(request: HttpRequest, search: Search, hits: HitPage) -> SearchAnswer | ManyAnswer:
    """Some hits of a search: of one dataset, or in groups where it names several."""
    results = search.run(k=hits.k, cursor=hits.cursor)
    if search.is_several:
        many = many_answer(search.question.text, results, show_paths=False)
        for group in many["groups"]:
            _add_addresses(request, group["hits"])
        return many
    one = search_answer(search.question.text, results, show_paths=False)
    _add_addresses(request, one["hits"])
    return one


def _add_addresses(request: HttpRequest, hits: list[HitAnswer]) -> None:
    addresses = Addresses(request)
    for hit in hits:
        image = addresses.of(hit["image_id"])
        hit["url"] = image["url"]
        hit["thumbnail_url"] = image["thumbnail_url"]
        hit["original_url"] = image["original_url"]
