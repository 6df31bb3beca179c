"""What the page of a map fetches: its points level by level, its clusters, what single points are, hits."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from clipsite.web.access.objects import image_or_404
from clipsite.web.access.throttle import limited
from clipsite.web.downloads.delivery import HERE
from clipsite.web.maps.access import MOST_INDEX, for_scripts, map_or_404, stored_response
from search.bucket import sync
from search.errors import InvalidQuery, UnknownImage
from search.explorer.colours import ClusterNames
from search.explorer.hits import map_hits, search_on_map
from search.maps.files import MapPoint, index_of, points_at
from search.models import Image, MapCluster
from search.parsing import HIGHEST_ID, whole_number
from search.retrieval.ranking import Hit

MOST_POINTS = 200
_ASKED_ANEW = {"Cache-Control": "private, no-cache"}


@require_safe
@for_scripts
def level(request: HttpRequest, slug: str, projection_id: int, number: int) -> HttpResponse:
    """A level of detail, as `search.projection.points` describes it."""
    return stored_response(request, slug, projection_id, f"level-{number}")


@require_safe
@for_scripts
def points(request: HttpRequest, slug: str, projection_id: int) -> JsonResponse:
    """Answer with what the points are whose map indices `index` names, with commas between them."""
    _, projection = map_or_404(request, slug, projection_id)
    chosen = points_at(projection, _indices(request.GET.get("index", "")))
    labels = ClusterNames(projection).of([point.index for point in chosen])
    rows = [_point_row(point, names) for point, names in zip(chosen, labels, strict=True)]
    return JsonResponse({"points": rows}, headers=_ASKED_ANEW)


@require_safe
@for_scripts
def find(request: HttpRequest, slug: str, projection_id: int) -> JsonResponse:
    """The map index of `image`."""
    dataset, projection = map_or_404(request, slug, projection_id)
    image = image_or_404(request, whole_number("image", request.GET.get("image", ""), low=1, high=HIGHEST_ID))
    if image.dataset_id != dataset.pk or image.state != Image.State.READY:
        raise UnknownImage(f"{dataset.name} has no image {image.pk} to show.")
    index = index_of(image, projection)
    if index is None:
        raise UnknownImage(f"{image.name} is not on this map: it came after the map was drawn. Draw the map again.")
    return JsonResponse({"index": index})


@require_safe
@for_scripts
def clusters(request: HttpRequest, slug: str, projection_id: int) -> JsonResponse:
    """The clusters of the map, level by level, with words, an image and where the caption stands."""
    _, projection = map_or_404(request, slug, projection_id)
    levels: dict[int, list[dict[str, object]]] = {}
    for one in projection.clusters.select_related("image"):
        levels.setdefault(one.level, []).append(_cluster(one))
    rows = [{"level": level, "clusters": levels[level]} for level in sorted(levels)]
    return JsonResponse({"levels": rows}, headers=_ASKED_ANEW)


def _cluster(one: MapCluster) -> dict[str, object]:
    image = one.image if one.image and one.image.state == Image.State.READY else None
    return {
        "number": one.number,
        "label": one.label,
        "count": one.count,
        "x": one.x,
        "y": one.y,
        "parent": one.parent,
        "image": image.pk if image else None,
        "thumbnail": reverse("thumbnail", args=[image.pk]) if image else "",
    }


@require_safe
@for_scripts
@limited
def hits(request: HttpRequest, slug: str, projection_id: int) -> JsonResponse:
    """The best hits of a search with the parameters of the search page, as points of the map."""
    dataset, projection = map_or_404(request, slug, projection_id)
    answer = map_hits(projection, search_on_map(dict(request.GET.lists()), dataset, request.user))
    return JsonResponse(
        {
            "hits": [_hit(index, hit) for index, hit in answer.hits],
            "total": answer.total,
            "not_on_map": answer.not_on_map,
            "more": answer.more,
            "query": answer.query,
            "notice": answer.notice,
        },
        headers=_ASKED_ANEW,
    )


def _hit(index: int, hit: Hit) -> dict[str, object]:
    return {
        "index": index,
        "image": hit.image.pk,
        "score": round(hit.score, 6),
        "url": reverse("image", args=[hit.image.pk]),
        "thumbnail": reverse("thumbnail", args=[hit.image.pk]),
        "name": hit.image.name,
    }


def _thumbnail_address(image: Image) -> str:
    """The address of a picture that the map draws, and that can be saved with it."""
    address = reverse("thumbnail", args=[image.pk])
    return f"{address}?{HERE}" if sync.bucket_address() else address


def _indices(text: str) -> list[int]:
    """Raises InvalidQuery for none, for too many and for what is no index."""
    values = [value.strip() for value in text.split(",") if value.strip()]
    if not 1 <= len(values) <= MOST_POINTS:
        raise InvalidQuery(f"The parameter index names {len(values)} points; it must be 1 to {MOST_POINTS}.")
    return [whole_number("index", value, low=0, high=MOST_INDEX) for value in values]


def _point_row(point: MapPoint, labels: list[str]) -> dict[str, object]:
    image = point.image
    return {
        "index": point.index,
        "image": point.image_id,
        "name": image.name if image else "",
        "url": reverse("image", args=[point.image_id]) if image else "",
        "thumbnail": _thumbnail_address(image) if image else "",
        "x": point.x,
        "y": point.y,
        "clusters": labels,
        "gone": image is None,
    }
