"""Collecting and tagging whole selections of a map, some thousand images at a time."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from search.collections.collections import AddResult, add_images
from search.errors import KeepingRefused
from search.maps.selections import MapSelection
from search.models import Collection, Image
from search.permissions.visibility import Person, visible_images
from search.tags.by_hand import tag_images

_IDS_A_QUERY = 10_000


def collect_selection(selection: MapSelection, collection: Collection, person: Person) -> AddResult:
    """Puts the images that the person sees into a collection. Raises KeepingRefused when nothing is selected."""
    added = already = 0
    for images in _images(selection, person):
        some = add_images(collection, images)
        added, already = added + some.added, already + some.already
    return AddResult(added, already)


def tag_selection(selection: MapSelection, name: str, person: Person) -> int:
    """Gives the images a tag; returns how many. Raises InvalidQuery as `tag_images`, KeepingRefused for none."""
    return sum(tag_images(images, name) for images in _images(selection, person))


def _images(selection: MapSelection, person: Person) -> Iterator[QuerySet[Image]]:
    ids = selection.image_ids().tolist()
    if not ids:
        raise KeepingRefused("No image is selected. Select some first.")
    for start in range(0, len(ids), _IDS_A_QUERY):
        some = ids[start : start + _IDS_A_QUERY]
        yield visible_images(person).filter(pk__in=some, state=Image.State.READY)
