"""Sheets of small pictures that the page of a map draws in place of points."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from clipsite.web.images.image import HEADERS, sandboxed
from clipsite.web.maps.access import IMMUTABLE, for_scripts, map_or_404
from search.maps.files import open_map
from search.maps.tiles import CELL, COLUMNS, Tile, stored_sheet, tile_points
from workers.pipeline.tile_requests import request_tile

_AGAIN_SECONDS = 1
_LATER_SECONDS = 10


@require_safe
@for_scripts
def tile_metadata(request: HttpRequest, slug: str, projection_id: int, zoom: int, x: int, y: int) -> HttpResponse:
    """Says which points the pictures of a tile's sheet are, row by row; none where nothing lies in it."""
    _, projection = map_or_404(request, slug, projection_id)
    indices = tile_points(open_map(projection), Tile(zoom, x, y))
    metadata = {"indices": indices, "cell": CELL, "columns": COLUMNS}
    return JsonResponse(metadata, headers={"Cache-Control": IMMUTABLE})


@require_safe
@sandboxed
@for_scripts
def tile_sheet(request: HttpRequest, slug: str, projection_id: int, zoom: int, x: int, y: int) -> HttpResponse:
    """Answers with the sheet of a tile; while a worker draws it, with 202 and when to ask again."""
    dataset, projection = map_or_404(request, slug, projection_id)
    tile = Tile(zoom, x, y)
    sheet = stored_sheet(dataset, projection, tile)
    if sheet is None:
        # Drawn by a worker: decoding up to 64 pictures would hold a thread of the web process.
        seconds = _AGAIN_SECONDS if request_tile(projection.pk, tile) else _LATER_SECONDS
        return HttpResponse(status=202, headers={"Retry-After": str(seconds), "Cache-Control": "no-store"})
    return HttpResponse(sheet, content_type="image/webp", headers=HEADERS)
