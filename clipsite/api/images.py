"""Images: those of a dataset that meet conditions, and one with what is known of it."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router
from typing_extensions import TypedDict

from clipsite.api.addresses import Addresses, ImageAddresses
from clipsite.api.pagination import PageQuery, images_page
from clipsite.web.access.objects import dataset_or_404, image_or_404
from clipsite.web.access.tokens import reads
from search.models import Image
from search.retrieval.filter_request import FilterRequest

router = Router(auth=reads, tags=["images"])


class ImageRow(ImageAddresses):
    """An image; sizes are pixels after its orientation is applied, times ISO 8601, `taken_at` is unknown for many."""

    image_id: int
    dataset: str
    name: str
    width: int
    height: int
    format: str
    byte_size: int
    taken_at: str | None
    added_at: str


class ImagePage(TypedDict):
    """Images in the order in which they came; `total` counts all that meet the conditions, null where none are set."""

    dataset: str
    total: int | None
    images: list[ImageRow]
    cursor: str


class ImageDetail(ImageRow):
    """An image with its tags; `checksum` is the SHA-256 of the original, `problem` why it cannot be used, if so."""

    state: str
    checksum: str
    tags: list[str]
    problem: str


@router.get(
    "/datasets/{slug:slug}/images",
    response=ImagePage,
    url_name="api-images",
    operation_id="list_images",
    summary="List images of a dataset",
)
def images(request: HttpRequest, slug: str, page: Query[PageQuery], filters: Query[FilterRequest]) -> ImagePage:
    """Those that can be searched and meet the conditions, whatever they show."""
    dataset = dataset_or_404(request, slug)
    some = images_page(dataset, filters.filters_for(request.user), limit=page.limit, cursor=page.cursor)
    addresses = Addresses(request)
    for image in some.images:
        image.dataset = dataset
    return {
        "dataset": dataset.name,
        "total": some.total,
        "images": [image_row(addresses, image) for image in some.images],
        "cursor": some.cursor,
    }


@router.get(
    "/images/{int:image_id}",
    response=ImageDetail,
    url_name="api-image",
    operation_id="get_image",
    summary="One image",
)
def image(request: HttpRequest, image_id: int) -> ImageDetail:
    """What is known of it, and its tags."""
    image = image_or_404(request, image_id)
    failure = image.failures.first()
    return {
        **image_row(Addresses(request), image),
        "state": image.state,
        "checksum": image.checksum,
        "tags": list(image.tags.values_list("name", flat=True)),
        "problem": failure.reason if failure else "",
    }


def image_row(addresses: Addresses, image: Image) -> ImageRow:
    """An image whose dataset is at hand."""
    return {
        "image_id": image.pk,
        "dataset": image.dataset.name,
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "format": image.format,
        "byte_size": image.byte_size,
        "taken_at": image.taken_at.isoformat() if image.taken_at else None,
        "added_at": image.added_at.isoformat(),
        **addresses.of(image.pk),
    }
