"""One image: its page, its derivative and its original, each behind the same permission check."""

from __future__ import annotations

from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from csp.decorators import csp_replace
from search.errors import UserError
from search.models import Image
from search.services.query import Hit, search_like
from search.services.visibility import can_manage
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
        "displayable": image.format in DISPLAYABLE,
        "path_shown": str(Path(image.dataset.source_path, image.name)) if manages else "",
    }
    return render(request, "search/image.html", context)


@csp_replace(_SANDBOX)
def thumbnail(request: HttpRequest, image_id: int) -> FileResponse:
    """The derivative, a JPEG of ours."""
    image = image_or_404(request, image_id)
    return _file(derivative_path(image.dataset_id, image.checksum), "image/jpeg")


@csp_replace(_SANDBOX)
def original(request: HttpRequest, image_id: int) -> FileResponse:
    """The original bytes, under the type that decoding proved, and never outside the dataset's folder."""
    image = image_or_404(request, image_id)
    folder = Path(image.dataset.source_path).resolve()
    path = (folder / image.name).resolve()
    if image.format not in CONTENT_TYPES or not path.is_relative_to(folder):
        raise Http404("This original cannot be shown.")
    return _file(path, CONTENT_TYPES[image.format], image)


def _file(path: Path, content_type: str, named: Image | None = None) -> FileResponse:
    try:
        file = path.open("rb")
    except OSError as error:
        raise Http404("The file of this image is not there.") from error
    name = Path(named.name).name if named else ""
    response = FileResponse(file, content_type=content_type, filename=name)
    response["Cache-Control"] = "private, max-age=3600"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
