"""Saved searches: kept with the query string of the search page, and searched anew whenever they are run."""

from __future__ import annotations

from typing import Annotated, cast

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from clipsite.api.pagination import CursorQuery, limit_field, page_of
from clipsite.api.search import HitPage, hits_answer
from clipsite.web.access.tokens import reads, searches, writes
from search.collections.names import LONGEST_NAME
from search.models import SavedSearch
from search.retrieval.as_json import ManyAnswer, SearchAnswer
from search.retrieval.parameters import WholeNumber
from search.retrieval.query_string import MAX_CHARACTERS
from search.saved_searches import saved_searches

router = Router(auth=reads, tags=["saved-searches"])

MOST_ROWS = 100
_DEFAULT_ROWS = 20

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class SavedQuery(CursorQuery):
    """How many rows, and after which."""

    limit: Annotated[int, WholeNumber(1, MOST_ROWS)] = limit_field(_DEFAULT_ROWS)


class SavedRow(TypedDict):
    """A saved search; `query` is the query string of the search page, `hits_url` where the API searches for it."""

    id: int
    name: str
    query: str
    url: str
    hits_url: str
    created_at: str


class SavedPage(TypedDict):
    """Saved searches, the newest first; `cursor` leads on, empty at the end."""

    saved_searches: list[SavedRow]
    cursor: str


class SaveSearch(Schema):
    """A name that none of your saved searches has, and the query string of the search page or of `/search` here."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "Dogs outside", "query": "q=dog+-+car&dataset=holidays"}}
    )
    name: Name
    query: Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]


class NamedSearch(Schema):
    """What the saved search is called."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "Dogs"}})
    name: Name


@router.get(
    "/saved-searches",
    response=SavedPage,
    url_name="api-saved-searches",
    operation_id="list_saved_searches",
    summary="List saved searches",
)
def list_saved(request: HttpRequest, query: Query[SavedQuery]) -> SavedPage:
    """Yours; nobody sees those of others, not even staff."""
    page = page_of(
        saved_searches.saved_searches(request.user),
        by="pk",
        descending=True,
        limit=query.limit,
        cursor=query.cursor,
        key="saved-searches",
    )
    return {"saved_searches": [_row(request, saved) for saved in page.rows], "cursor": page.cursor}


@router.post(
    "/saved-searches",
    auth=writes,
    response={201: SavedRow},
    url_name="api-saved-searches",
    operation_id="save_search",
    summary="Save a search",
)
def save(request: HttpRequest, body: SaveSearch, response: HttpResponse) -> SavedRow:
    """It is read as the search page reads it: what cannot be searched is refused with the same sentence.

    The datasets are named in it, so that it means the same when others are added.
    """
    saved = saved_searches.save_search(cast("User", request.user), body.name, body.query)
    response["Location"] = request.build_absolute_uri(reverse("api-saved-search", args=[saved.pk]))
    return _row(request, saved)


@router.get(
    "/saved-searches/{int:search_id}",
    response=SavedRow,
    url_name="api-saved-search",
    operation_id="get_saved_search",
    summary="One saved search",
)
def saved_search(request: HttpRequest, search_id: int) -> SavedRow:
    """Its name and what it asks."""
    return _row(request, _saved_or_404(request, search_id))


@router.patch(
    "/saved-searches/{int:search_id}",
    auth=writes,
    response=SavedRow,
    url_name="api-saved-search",
    operation_id="rename_saved_search",
    summary="Rename a saved search",
)
def rename(request: HttpRequest, search_id: int, body: NamedSearch) -> SavedRow:
    """What it asks stays."""
    saved = _saved_or_404(request, search_id)
    saved_searches.rename_search(saved, body.name)
    return _row(request, saved)


@router.delete(
    "/saved-searches/{int:search_id}",
    auth=writes,
    response={204: None},
    url_name="api-saved-search",
    operation_id="delete_saved_search",
    summary="Delete a saved search",
)
def delete(request: HttpRequest, search_id: int) -> None:
    """The images that it finds stay."""
    saved_searches.delete_search(_saved_or_404(request, search_id))


@router.get(
    "/saved-searches/{int:search_id}/hits",
    auth=searches,
    response=SearchAnswer | ManyAnswer,
    url_name="api-saved-hits",
    operation_id="run_saved_search",
    summary="Search for what was saved",
)
def hits(request: HttpRequest, search_id: int, page: Query[HitPage]) -> SearchAnswer | ManyAnswer:
    """What it finds now, in the shape of `/search`."""
    search = saved_searches.search_of(_saved_or_404(request, search_id), request.user)
    return hits_answer(request, search, page)


def _saved_or_404(request: HttpRequest, search_id: int) -> SavedSearch:
    saved = saved_searches.saved_searches(request.user).filter(pk=search_id).first()
    if saved is None:
        raise Http404(f"There is no saved search {search_id} here.")
    return saved


def _row(request: HttpRequest, saved: SavedSearch) -> SavedRow:
    return {
        "id": saved.pk,
        "name": saved.name,
        "query": saved.query,
        "url": request.build_absolute_uri(reverse("saved-search", args=[saved.pk])),
        "hits_url": request.build_absolute_uri(reverse("api-saved-hits", args=[saved.pk])),
        "created_at": saved.created_at.isoformat(),
    }
