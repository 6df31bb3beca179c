"""Downloads of hits and of chosen images: rows as CSV or JSON, files as a zip archive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from clipsite.web.access.forms import chosen_ids
from clipsite.web.downloads.streaming import blocks_of, streamed
from search.errors import KeepingRefused
from search.exports.archive import Files, zip_parts
from search.exports.rows import Addresses, AddressesOf, csv_lines, json_lines
from search.exports.sources import Exported, SearchHits, chosen_images
from search.models import Image
from search.permissions.visibility import visible_images
from search.retrieval.query_string import describe, tidy_query
from search.retrieval.request import PageSearchRequest

FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json", "zip": "application/zip"}
_OF_EXPORT = ("format", "files")


@require_GET
def export_search(request: HttpRequest) -> StreamingHttpResponse:
    """Sends the hits of the search that the other parameters ask for, best first."""
    parameters = {name: values for name, values in request.GET.lists() if name not in _OF_EXPORT}
    images = SearchHits(PageSearchRequest.read(parameters).resolve(request.user))
    words = describe(tidy_query(parameters)).words
    return export_response(request, images, words, notices=images.notices)


@require_POST
def export_images(request: HttpRequest) -> StreamingHttpResponse:
    """Sends the images named by `image`, in their order; those that the visitor may not see are left out."""
    ids = chosen_ids(request.POST.getlist("image"))
    if not visible_images(request.user).filter(pk__in=ids).exists():
        raise Http404("None of these images is here.")
    return export_response(request, chosen_images(request.user, ids), "chosen images")


def export_response(
    request: HttpRequest,
    images: Iterable[Exported],
    title: str,
    *,
    notices: Sequence[str] = (),
    addresses: AddressesOf | None = None,
    chosen: str = "",
) -> StreamingHttpResponse:
    """Sends a download while it is made, in the chosen format or else in the `format` of the request.

    Raises KeepingRefused.
    """
    fields = request.POST if request.method == "POST" else request.GET
    chosen = chosen or fields.get("format", "csv")
    if chosen not in FORMATS:
        raise KeepingRefused(f"There is no format {chosen[:40]!r}; it is one of {', '.join(FORMATS)}.")
    addresses = addresses or (lambda one: addresses_of(request, one.image))
    if chosen == "zip":
        parts = zip_parts(images, _files(fields.get("files", Files.ORIGINALS)))
    elif chosen == "csv":
        parts = blocks_of(csv_lines(title, images, addresses))
    else:
        parts = blocks_of(json_lines(title, images, addresses, exported_at=timezone.now(), notices=notices))
    name = f"{slugify(title)[:60] or 'images'}.{chosen}"
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "Cache-Control": "private, no-store",
        "X-Accel-Buffering": "no",  # a proxy that buffers would take in what a slow reader leaves
    }
    return StreamingHttpResponse(streamed(parts), content_type=FORMATS[chosen], headers=headers)


def addresses_of(request: HttpRequest, image: Image) -> Addresses:
    """Returns the addresses of an image of a dataset that the visitor may see."""
    return {
        "url": request.build_absolute_uri(reverse("image", args=[image.pk])),
        "thumbnail_url": request.build_absolute_uri(reverse("thumbnail", args=[image.pk])),
        "original_url": request.build_absolute_uri(reverse("original", args=[image.pk])),
    }


def _files(value: str) -> Files:
    try:
        return Files(value)
    except ValueError as error:
        raise KeepingRefused(f"There are no files {value[:40]!r}; they are one of {', '.join(Files)}.") from error
