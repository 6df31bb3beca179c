"""Tags: those of a dataset with how many images carry them, those of an image, given and taken away by hand."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from clipsite.api.pagination import limit_field
from clipsite.web.access.objects import dataset_or_404, image_or_404
from clipsite.web.access.tokens import reads, writes
from search.errors import AccessRefused
from search.models import Image
from search.permissions.visibility import can_edit
from search.retrieval.parameters import WholeNumber
from search.tags.by_hand import tag_images, untag_images
from search.tags.image_tags import rejected_on, tags_of, used_tags

router = Router(auth=reads, tags=["tags"])

MOST_TAGS = 2000
_DEFAULT_TAGS = 100
_LONGEST_TAG = 80


class TagQuery(BaseModel):
    """How many tags."""

    limit: Annotated[int, WholeNumber(1, MOST_TAGS)] = limit_field(_DEFAULT_TAGS)


class UsedTag(TypedDict):
    """A tag, and how many images carry it."""

    name: str
    images: int


class DatasetTags(TypedDict):
    """Tags that images of a dataset carry, those on the most images first."""

    dataset: str
    tags: list[UsedTag]


class ImageTagRow(TypedDict):
    """A tag of an image; `confidence` is the encoder's, 0 to 1, null where a person gave it."""

    name: str
    confidence: float | None


class ImageTags(TypedDict):
    """Those that people gave first, then the surest. `rejected` are those that a person took away: no run gives them
    again."""

    image_id: int
    tags: list[ImageTagRow]
    rejected: list[str]


class NamedTag(Schema):
    """A tag by its name; upper and lower case are the same."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "indoors"}})
    name: Annotated[str, Field(min_length=1, max_length=_LONGEST_TAG)]


@router.get(
    "/datasets/{slug:slug}/tags",
    response=DatasetTags,
    url_name="api-tags",
    operation_id="list_tags",
    summary="List tags of a dataset",
)
def tags(request: HttpRequest, slug: str, query: Query[TagQuery]) -> DatasetTags:
    """With how many images carry each, as the last run or change by hand counted them."""
    dataset = dataset_or_404(request, slug)
    used = used_tags(dataset, query.limit)
    return {"dataset": dataset.name, "tags": [{"name": tag.name, "images": tag.usage} for tag in used]}


@router.get(
    "/images/{int:image_id}/tags",
    response=ImageTags,
    url_name="api-image-tags",
    operation_id="list_image_tags",
    summary="List tags of an image",
)
def image_tags(request: HttpRequest, image_id: int) -> ImageTags:
    """With how sure the encoder is of each."""
    return _answer(image_or_404(request, image_id))


@router.post(
    "/images/{int:image_id}/tags",
    auth=writes,
    response=ImageTags,
    url_name="api-image-tags",
    operation_id="add_tag",
    summary="Give an image a tag",
)
def add(request: HttpRequest, image_id: int, body: NamedTag) -> ImageTags:
    """For who manages its dataset. One that the encoder had given is a person's from then on."""
    image = _edited_image(request, image_id)
    tag_images(Image.objects.filter(pk=image.pk), body.name.replace("\0", ""))
    return _answer(image)


@router.post(
    "/images/{int:image_id}/tags/remove",
    auth=writes,
    response=ImageTags,
    url_name="api-image-tags-remove",
    operation_id="remove_tag",
    summary="Take a tag from an image",
)
def remove(request: HttpRequest, image_id: int, body: NamedTag) -> ImageTags:
    """For who manages its dataset. The encoder does not give it to this image again."""
    image = _edited_image(request, image_id)
    untag_images(Image.objects.filter(pk=image.pk), body.name.replace("\0", ""))
    return _answer(image)


def _edited_image(request: HttpRequest, image_id: int) -> Image:
    image = image_or_404(request, image_id)
    if not can_edit(request.user, image.dataset):
        raise AccessRefused(
            f"Tags of images of {image.dataset.name!r} are for its owners, its editors and for staff to change."
        )
    return image


def _answer(image: Image) -> ImageTags:
    return {
        "image_id": image.pk,
        "tags": [{"name": tag.name, "confidence": tag.confidence} for tag in tags_of(image)],
        "rejected": rejected_on(image),
    }
