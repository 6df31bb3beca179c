"""Selections on maps: points within a line, a rectangle or clusters, under a token that searches take as well."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from clipsite.api.pagination import PageQuery, next_place, place_of
from clipsite.api.projections import projection_or_404
from clipsite.web.access.objects import dataset_or_404
from clipsite.web.access.tokens import reads, searches
from search.maps.regions import MOST_CLUSTERS, MOST_CORNERS, read_region
from search.maps.selections import read_combination, select, selected_images, selection_on
from search.query.cursors import fingerprint

router = Router(auth=reads, tags=["projections"])

_NUMBER = Annotated[float, Field(gt=-1e12, lt=1e12)]
_TOKEN = Annotated[str, Field(max_length=64)]


class ClustersAsked(Schema):
    """Clusters of a level, 0 being the coarse one, by their numbers."""

    level: Annotated[int, Field(ge=0, le=15)]
    numbers: Annotated[list[Annotated[int, Field(ge=0, lt=65_535)]], Field(min_length=1, max_length=MOST_CLUSTERS)]


class RegionAsked(Schema):
    """One of `polygon` (corners), `rectangle` (two opposite corners: x, y, x, y) and `clusters`, in the coordinates of
    the map. At most one of `add`, `subtract` and `within` names a selection that it is combined with."""

    model_config = ConfigDict(json_schema_extra={"example": {"rectangle": [-1.5, 0, 2, 3.5]}})
    polygon: (
        Annotated[list[Annotated[list[_NUMBER], Field(min_length=2, max_length=2)]], Field(max_length=MOST_CORNERS)]
        | None
    ) = None
    rectangle: Annotated[list[_NUMBER], Field(min_length=4, max_length=4)] | None = None
    clusters: ClustersAsked | None = None
    add: _TOKEN = ""
    subtract: _TOKEN = ""
    within: _TOKEN = ""


class SelectionAnswer(TypedDict):
    """The token of a selection, which is kept for a day after its last use, and how many images it holds.

    Searches take it as `selection`."""

    token: str
    count: int


class SelectedPoint(TypedDict):
    """An image and its place on the map, as in the list of its points."""

    index: int
    image_id: int
    name: str


class SelectedPage(TypedDict):
    """Selected images in the order of the map; `cursor` leads on, empty at the end."""

    token: str
    count: int
    images: list[SelectedPoint]
    cursor: str


@router.post(
    "/datasets/{slug:slug}/projections/{int:projection_id}/selections",
    auth=searches,
    response=SelectionAnswer,
    url_name="api-selections",
    operation_id="select_on_map",
    summary="Select images on a map",
)
def make(request: HttpRequest, slug: str, projection_id: int, region: RegionAsked) -> SelectionAnswer:
    """Images whose points lie in a region; a selection belongs to whoever made it."""
    dataset = dataset_or_404(request, slug)
    projection = projection_or_404(dataset, projection_id)
    body = region.dict(exclude_none=True)
    selection = select(dataset, projection, request.user, read_region(body), read_combination(body))
    return {"token": selection.token, "count": selection.count}


@router.get(
    "/datasets/{slug:slug}/projections/{int:projection_id}/selections/{str:token}",
    response=SelectedPage,
    url_name="api-selection",
    operation_id="list_selected",
    summary="List selected images",
)
def listed(request: HttpRequest, slug: str, projection_id: int, token: str, page: Query[PageQuery]) -> SelectedPage:
    """Those that are still there."""
    projection = projection_or_404(dataset_or_404(request, slug), projection_id)
    selection = selection_on(projection, token, request.user)
    of_list = fingerprint("selected", token)
    after = int(place_of(page.cursor, of_list)) if page.cursor else -1
    images, following = selected_images(selection, after, page.limit)
    return {
        "token": token,
        "count": selection.count,
        "images": [{"index": index, "image_id": image.pk, "name": image.name} for index, image in images],
        "cursor": "" if following is None else next_place(following, of_list),
    }
