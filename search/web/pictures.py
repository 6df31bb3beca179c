"""One image: its page, its derivative and its original, each behind the same permission check."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from search.errors import UserError
from search.services.duplicates import near_duplicates
from search.services.image_tags import rejected_on, tags_of
from search.services.query import search_like
from search.services.ranking import Hit
from search.services.summary import encoder_note
from search.services.visibility import can_manage
from search.services.vocabulary import words_of
from search.storage import derivative_path
from search.web.access import image_or_404

SIMILAR = 24
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
_HEADERS = {"Cache-Control": "private, max-age=3600", "Cross-Origin-Resource-Policy": "same-origin"}
_SANDBOX = {"default-src": ["'none'"], "sandbox": True}


def image_page(request: HttpRequest, image_id: int) -> HttpResponse:
    """The picture, what is known of it, and what looks like it."""
    image = image_or_404(request, image_id)
    similar: list[Hit] = []
    version = None
    try:
        results = search_like(image, k=SIMILAR)
        similar, version = results.hits, results.version
    except UserError:
        pass  # the picture is worth showing while the index is being built
    manages = can_manage(request.user, image.dataset)
    context = {
        "image": image,
        "dataset": image.dataset,
        "similar": similar,
        "version": version,
        "encoder_note": encoder_note(version.encoder.name) if version else "",
        "failure": image.failures.first(),
        "displayable": image.format in DISPLAYABLE,
        "can_manage": manages,
        "tags": tags_of(image),
        "rejected_tags": rejected_on(image) if manages else [],
        "tag_choices": words_of(image.dataset).all() if manages else [],
        "copies": near_duplicates(image),
        "path_shown": str(Path(image.dataset.source_path, image.name)) if manages else "",
    }
    return render(request, "search/image.html", context)


@csp_replace(_SANDBOX)  # type: ignore[arg-type]  # its types know no views with arguments
def thumbnail(request: HttpRequest, image_id: int) -> HttpResponse:
    """The derivative, a JPEG of ours."""
    image = image_or_404(request, image_id)
    try:
        content = derivative_path(image.dataset_id, image.checksum).read_bytes()
    except OSError as error:
        raise Http404("The derivative of this image is not there.") from error
    return HttpResponse(content, content_type="image/jpeg", headers=_HEADERS)


@csp_replace(_SANDBOX)  # type: ignore[arg-type]  # its types know no views with arguments
def original(request: HttpRequest, image_id: int) -> StreamingHttpResponse:
    """The original bytes, under the type that decoding proved, and never outside the dataset's folder."""
    image = image_or_404(request, image_id)
    folder = Path(image.dataset.source_path).resolve()
    path = (folder / image.name).resolve()
    if image.format not in CONTENT_TYPES or not path.is_relative_to(folder) or not path.is_file():
        raise Http404("This original cannot be shown.")
    response = StreamingHttpResponse(_chunks(path), content_type=CONTENT_TYPES[image.format], headers=_HEADERS)
    response["Content-Length"] = str(path.stat().st_size)
    response["Content-Disposition"] = content_disposition_header(False, path.name) or "inline"
    return response


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    """The file piece by piece, read off the event loop, so that a large original never lies in memory whole."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while block := await asyncio.to_thread(file.read, _READ_BYTES):
            yield block
