"""Projections: the maps of a dataset, and where on them each image lies."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from ninja import Query, Router
from typing_extensions import TypedDict

from clipsite.api.pagination import CursorQuery, limit_field, next_place, place_of
from clipsite.web.access.objects import dataset_or_404
from clipsite.web.access.tokens import reads
from search.explorer.colours import ClusterNames
from search.maps.draw import projection_of, projections_of
from search.maps.files import open_map
from search.models import Dataset, Projection
from search.query.cursors import fingerprint
from search.retrieval.parameters import WholeNumber

router = Router(auth=reads, tags=["projections"])

MOST_POINTS = 10_000
_DEFAULT_POINTS = 1000


class PointQuery(CursorQuery):
    """How many rows, and after which."""

    limit: Annotated[int, WholeNumber(1, MOST_POINTS)] = limit_field(_DEFAULT_POINTS)


class ProjectionRow(TypedDict):
    """A map of one index version; `live` says whether that version answers queries, `seconds` how long it was drawn."""

    id: int
    index_version: int
    live: bool
    count: int
    parameters: dict[str, Any]
    seconds: float
    created_at: str
    url: str


class ProjectionList(TypedDict):
    """The maps that are kept, the newest first."""

    dataset: str
    projections: list[ProjectionRow]


class Point(TypedDict):
    """`index` is the point's place on the map, `clusters` the words for its clusters, the coarse one first."""

    index: int
    image_id: int
    x: float
    y: float
    clusters: list[str]


class PointPage(TypedDict):
    """Points in the order of the map, of which every beginning is a sample of the whole; an image may have been deleted
    since. `cursor` is empty at the end.
    """

    projection: int
    count: int
    points: list[Point]
    cursor: str


@router.get(
    "/datasets/{slug:slug}/projections",
    response=ProjectionList,
    url_name="api-projections",
    operation_id="list_projections",
    summary="List maps of a dataset",
)
def projections(request: HttpRequest, slug: str) -> ProjectionList:
    """The newest few; older ones are not kept."""
    dataset = dataset_or_404(request, slug)
    return {"dataset": dataset.name, "projections": [_row(request, dataset, one) for one in projections_of(dataset)]}


@router.get(
    "/datasets/{slug:slug}/projections/{int:projection_id}",
    response=ProjectionRow,
    url_name="api-projection",
    operation_id="get_projection",
    summary="One map",
)
def projection(request: HttpRequest, slug: str, projection_id: int) -> ProjectionRow:
    """Which version it shows and how it was drawn."""
    dataset = dataset_or_404(request, slug)
    return _row(request, dataset, projection_or_404(dataset, projection_id))


@router.get(
    "/datasets/{slug:slug}/projections/{int:projection_id}/points",
    response=PointPage,
    url_name="api-points",
    operation_id="list_points",
    summary="List points of a map",
)
def points(request: HttpRequest, slug: str, projection_id: int, page: Query[PointQuery]) -> PointPage:
    """Coordinates by image."""
    projection = projection_or_404(dataset_or_404(request, slug), projection_id)
    of_list = fingerprint(projection.pk)
    first = int(place_of(page.cursor, of_list)) if page.cursor else 0
    following = first + page.limit
    return {
        "projection": projection.pk,
        "count": projection.count,
        "points": _points(projection, first, page.limit),
        "cursor": next_place(following, of_list) if following < projection.count else "",
    }


def _points(projection: Projection, first: int, limit: int) -> list[Point]:
    files = open_map(projection)
    some = range(first, min(first + limit, len(files)))
    ids, places = files.image_ids[some.start : some.stop].tolist(), files.coordinates[some.start : some.stop].tolist()
    return [
        {"index": index, "image_id": image_id, "x": x, "y": y, "clusters": clusters}
        for index, image_id, (x, y), clusters in zip(some, ids, places, ClusterNames(projection).of(some), strict=True)
    ]


def projection_or_404(dataset: Dataset, projection_id: int) -> Projection:
    projection = projection_of(dataset, projection_id)
    if projection is None:
        raise Http404(f"There is no map {projection_id} of {dataset.name!r} here.")
    return projection


def _row(request: HttpRequest, dataset: Dataset, projection: Projection) -> ProjectionRow:
    return {
        "id": projection.pk,
        "index_version": projection.version.number,
        "live": projection.version_id == dataset.live_version_id,
        "count": projection.count,
        "parameters": projection.parameters,
        "seconds": round(projection.seconds, 3),
        "created_at": projection.created_at.isoformat(),
        "url": request.build_absolute_uri(reverse("explorer", args=[dataset.slug])),
    }
