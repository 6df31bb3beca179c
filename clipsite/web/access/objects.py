"""Fetching what a request names, or answering 404: an object that is not the visitor's does not exist for them."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from search.models import Dataset, Image
from search.permissions.visibility import can_edit, can_manage, visible_datasets, visible_images


def dataset_or_404(request: HttpRequest, slug: str) -> Dataset:
    """Returns a dataset that the visitor may see, its live version and encoder joined."""
    dataset = visible_datasets(request.user).select_related("live_version__encoder").filter(slug=slug).first()
    if dataset is None:
        raise Http404(f"There is no dataset {slug!r} here.")
    return dataset


def managed_dataset_or_404(request: HttpRequest, slug: str) -> Dataset:
    """Returns a dataset that the visitor manages; for everybody else there is no such page."""
    dataset = dataset_or_404(request, slug)
    if not can_manage(request.user, dataset):
        raise Http404(f"There is no such page of {slug!r} here.")
    return dataset


def edited_dataset_or_404(request: HttpRequest, slug: str) -> Dataset:
    """Returns a dataset whose images the visitor may edit; for everybody else there is no such page."""
    dataset = dataset_or_404(request, slug)
    if not can_edit(request.user, dataset):
        raise Http404(f"There is no such page of {slug!r} here.")
    return dataset


def image_or_404(request: HttpRequest, image_id: int) -> Image:
    """Returns an image of a dataset that the visitor may see, its dataset joined."""
    image = visible_images(request.user).filter(pk=image_id).first()
    if image is None:
        raise Http404(f"There is no image {image_id} here.")
    return image
