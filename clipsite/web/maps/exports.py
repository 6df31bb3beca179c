"""Downloads of the points of a map, sent while they are made."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from clipsite.web.downloads.streaming import blocks_of, streamed
from clipsite.web.maps.access import for_scripts, map_or_404
from search.errors import KeepingRefused
from search.explorer.export import csv_parts, map_rows, parquet_parts
from search.maps.selections import selection_on

_FORMATS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


@require_safe
@for_scripts
def export_map(request: HttpRequest, slug: str, projection_id: int, form: str) -> StreamingHttpResponse:
    """Coordinates, clusters, numbers and names of all images of the map, or of those of `selection`."""
    dataset, projection = map_or_404(request, slug, projection_id)
    if form not in _FORMATS:
        raise KeepingRefused(f"There is no format {form[:40]!r}; it is one of {', '.join(_FORMATS)}.")
    token = request.GET.get("selection", "")
    rows = map_rows(dataset, projection, selection_on(projection, token, request.user) if token else None)
    parts = parquet_parts(rows) if form == "parquet" else blocks_of(csv_parts(rows))
    headers = {
        "Content-Disposition": content_disposition_header(True, f"{slug}-map-{projection.pk}.{form}") or "attachment",
        "Cache-Control": "private, no-store",
        "X-Accel-Buffering": "no",
    }
    return StreamingHttpResponse(streamed(parts), content_type=_FORMATS[form], headers=headers)
