"""The API as a whole: its routers, its errors, its schema."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from ninja import NinjaAPI
from ninja.parser import Parser

from clipsite.api import (
    collection_images,
    collections,
    datasets,
    duplicates,
    failures,
    images,
    map_selections,
    projections,
    runs,
    saved_searches,
    search,
    sharing,
    tags,
)
from clipsite.api.schema import completed
from clipsite.web.site import problems

DESCRIPTION = """What the pages can do, as JSON.

Without a token you see what is public. With a token (`Authorization: Bearer clip_...`) you see and do what its owner
may, as far as the token's scopes go: `read` to look, `search` to search, `write` to change. What you may not see
answers 404.

Lists are given in pages: `limit` rows each, and `cursor` leads on until it is empty. Errors are
`application/problem+json`; `detail` is a sentence that says what is wrong and the way out. Answers say in `RateLimit`
how many requests may follow; 429 says in `Retry-After` when to ask again."""


class QueryParser(Parser):
    """Leaves repeated parameters as they are: ninja would take the last value, but some may stand only once."""

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        return {name: values if name in list_fields or len(values) != 1 else values[0] for name, values in data.lists()}


class Api(NinjaAPI):
    """The routers at their addresses; the schema is completed with what they have in common."""

    def get_root_path(self, path_params: dict[str, Any]) -> str:
        return reverse("api-root")

    def get_openapi_schema(self, **options: Any) -> Any:
        return completed(super().get_openapi_schema(**options))


api = Api(title="clipsite", version="1", description=DESCRIPTION, openapi_url=None, docs_url=None, parser=QueryParser())
problems.register(api)
for router in (
    datasets.router,
    images.router,
    search.router,
    saved_searches.router,
    collections.router,
    collection_images.router,
    sharing.router,
    tags.router,
    duplicates.router,
    runs.router,
    failures.router,
    projections.router,
    map_selections.router,
):
    api.add_router("", router)
