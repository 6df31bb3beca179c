"""One image: its page, its derivative and its original, each behind the same permission check."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header

from clipsite.web.access.objects import image_or_404
from clipsite.web.downloads.delivery import bucket_response, proxy_response
from clipsite.web.images.refine_links import refinements
from search.bucket import sync
from search.datasets.summary import encoder_note
from search.duplicates.lookup import duplicates_of
from search.errors import UnknownMap, UserError
from search.files.paths import derivative_path
from search.images.exif import ImageMetadata, read_metadata
from search.images.originals import original_head, original_path, original_place
from search.maps.draw import newest_projection
from search.maps.files import position_of
from search.models import Image, Projection
from search.permissions.visibility import can_edit, can_manage
from search.retrieval.ranking import Hit
from search.retrieval.search import search_like
from search.tags.image_tags import rejected_on, tags_of
from search.tags.vocabulary import words_of

SIMILAR = 24
SIMILAR_IN_PANEL = 9
CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}
DISPLAYABLE = frozenset({"JPEG", "MPO", "PNG", "WEBP", "GIF", "AVIF", "BMP"})
"""Formats that every current browser draws."""

_READ_BYTES = 1 << 18
HEADERS = {"Cache-Control": "private, max-age=3600", "Cross-Origin-Resource-Policy": "same-origin"}
SANDBOX = {"default-src": ["'none'"], "sandbox": True}

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def sandboxed(view: View) -> View:
    """For foreign files: whatever a browser takes them for, they load nothing and run nothing."""
    return cast("Callable[[View], View]", csp_replace(SANDBOX))(view)  # its own types know no views with arguments


def image_page(request: HttpRequest, image_id: int) -> HttpResponse:
    """The picture, what is known of it, and what looks like it."""
    known = _context(request, image_id, similar=SIMILAR)
    known["refined"] = refinements(request, known["image"])
    return render(request, "search/image.html", known)


def image_panel(request: HttpRequest, image_id: int) -> HttpResponse:
    """The same without the picture, as a part of another page."""
    return render(request, "search/image_panel.html", _context(request, image_id, similar=SIMILAR_IN_PANEL))


def _context(request: HttpRequest, image_id: int, *, similar: int) -> dict[str, Any]:
    image = image_or_404(request, image_id)
    hits: list[Hit] = []
    version = None
    try:
        results = search_like(image, k=similar)
        hits, version = results.hits, results.version
    except UserError:
        pass  # the picture is worth showing while the index is being built
    edits, manages = can_edit(request.user, image.dataset), can_manage(request.user, image.dataset)
    head = original_head(image)
    camera = read_metadata(head) if head else ImageMetadata()
    return {
        "image": image,
        "dataset": image.dataset,
        "similar": hits,
        "similar_images": [hit.image for hit in hits],
        "version": version,
        "encoder_note": encoder_note(version.encoder.name) if version else "",
        "failure": image.failures.first(),
        "displayable": image.format in DISPLAYABLE,
        "can_edit": edits,
        "tags": tags_of(image),
        "rejected_tags": rejected_on(image) if edits else [],
        "tag_choices": words_of(image.dataset).all() if edits else [],
        "copies": duplicates_of(image),
        "path_shown": str(Path(image.dataset.source_path, image.name)) if manages else "",
        "camera": camera,
        # Where somebody was is for nobody else to know.
        "place": camera.place if manages else None,
        "position": _position(image, newest_projection(image.dataset)),
    }


def _position(image: Image, projection: Projection | None) -> tuple[float, float] | None:
    try:
        return position_of(image, projection) if projection else None
    except UnknownMap:  # this map is being replaced
        return None


@sandboxed
def thumbnail(request: HttpRequest, image_id: int) -> HttpResponse:
    """The derivative, a JPEG of ours."""
    return derivative_response(request, image_or_404(request, image_id))


def derivative_response(request: HttpRequest, image: Image) -> HttpResponse:
    """Send the thumbnail of an image that the visitor may look at."""
    path = derivative_path(image.dataset_id, image.checksum)
    # Without a width none was ever made.
    if image.width and (sent := bucket_response(request, image.dataset, path, "image/jpeg", HEADERS)):
        return sent
    sync.fetch(path)
    if sent := proxy_response(path, "image/jpeg", HEADERS):
        return sent
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Http404("The derivative of this image is not there.") from error
    return HttpResponse(content, content_type="image/jpeg", headers=HEADERS)


@sandboxed
def original(request: HttpRequest, image_id: int) -> HttpResponseBase:
    """The original bytes, under the type that decoding proved, and never outside the dataset's folder."""
    return original_response(request, image_or_404(request, image_id))


def original_response(request: HttpRequest, image: Image) -> HttpResponseBase:
    """Send the original of an image that the visitor may look at, as a file to keep where the address says so."""
    place = original_place(image)
    if image.format not in CONTENT_TYPES or place is None:
        raise Http404("This original cannot be shown.")
    content_type = CONTENT_TYPES[image.format]
    # A browser heeds the `download` of a link only as long as it stays on this host.
    disposition = content_disposition_header("download" in request.GET, place.name) or "inline"
    headers = HEADERS | {"Content-Disposition": disposition}
    if sent := bucket_response(request, image.dataset, place, content_type, headers):
        return sent
    path = original_path(image)
    if path is None:
        raise Http404("This original cannot be shown.")
    return proxy_response(path, content_type, headers) or _streamed(path, content_type, headers)


def _streamed(path: Path, content_type: str, headers: dict[str, str]) -> StreamingHttpResponse:
    length = {"Content-Length": str(path.stat().st_size)}
    return StreamingHttpResponse(_chunks(path), content_type=content_type, headers=headers | length)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    """The file piece by piece, read off the event loop, so that a large original never lies in memory whole."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while block := await asyncio.to_thread(file.read, _READ_BYTES):
            yield block
