"""Looking duplicates up: those of one image, groups in pages, and one image of each group for search results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from django.db.models import Q, QuerySet

from search.models import Dataset, DuplicateMember, Image, NearPair
from search.values import Int64Array

GROUPS_A_PAGE = 20
_MOST_IN_A_GROUP = 60
"""The images of one group that a page shows; the number of all stands beside them."""

_ROWS = 20_000


class Kind(StrEnum):
    """Why images are duplicates: equal files, or pictures that look alike."""

    EXACT = "exact"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An image that is a duplicate of another; cosine and distance of the two are None where never compared."""

    image: Image
    kind: Kind
    cosine: float | None = None
    distance: int | None = None


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Images that are duplicates of each other, the one to keep first; `count` is of all, `images` may be fewer."""

    kind: Kind
    key: str
    images: list[Image]
    count: int


@dataclass(frozen=True, slots=True)
class GroupPage:
    """A page of groups, in the order of their keys."""

    groups: list[DuplicateGroup]
    following: str
    """The key after which the next page begins; empty at the end."""


def duplicates_of(image: Image, most: int = 24) -> list[Duplicate]:
    """Returns the duplicates of an image in its dataset: equal files first, then similar pictures, the likest first."""
    own = DuplicateMember.objects.filter(image=image).first()
    if own is None:
        return []
    same = Q(exact=own.exact) if own.exact else Q()
    alike = Q(near=own.near) if own.near is not None else Q()
    members = (
        _visible_members(own.dataset_id).filter(same | alike if same and alike else same or alike).exclude(image=image)
    )
    # Equal files share the beginning of this order with nothing else, so that many near ones do not hide them.
    others = [member.image for member in members.order_by("place").select_related("image__dataset")[: 4 * most]]
    scores = _scores(image, {other.checksum for other in others})
    duplicates = [_duplicate(image, other, scores) for other in others]
    duplicates.sort(key=lambda one: (one.kind != Kind.EXACT, one.distance is None, one.distance or 0, one.image.pk))
    return duplicates[:most]


def counts(dataset: Dataset, kind: Kind) -> tuple[int, int]:
    """Counts the groups of a kind, and the images in them."""
    members = _of_kind(dataset, kind)
    return members.order_by().values(kind.value).distinct().count(), members.count()


def group_page(dataset: Dataset, kind: Kind, after: str = "") -> GroupPage:
    """Returns the groups that follow a key; a key that makes no sense begins with the first."""
    members = _of_kind(dataset, kind)
    begin = _key(kind, after)
    if begin is not None:
        members = members.filter(**{f"{kind}__gt": begin})
    keys = list(members.order_by(kind.value).values_list(kind.value, flat=True).distinct()[: GROUPS_A_PAGE + 1])
    groups = [_group(dataset, kind, key) for key in keys[:GROUPS_A_PAGE]]
    following = str(keys[GROUPS_A_PAGE - 1]) if len(keys) > GROUPS_A_PAGE else ""
    return GroupPage([group for group in groups if group.count > 1], following)


def group_named(dataset: Dataset, kind: Kind, key: str) -> DuplicateGroup | None:
    """Returns one group with all its images; None where there is none any more."""
    known = _key(kind, key)
    group = _group(dataset, kind, known, most=None) if known is not None else None
    return group if group and group.count > 1 else None


def every_group(dataset: Dataset, kind: Kind) -> Iterator[tuple[str, list[Image]]]:
    """Yields the key and the images of every group, the one to keep first, reading a page of them at a time."""
    after = ""
    while True:
        page = group_page(dataset, kind, after)
        for group in page.groups:
            yield group.key, group.images if group.count == len(group.images) else _all_images(dataset, kind, group.key)
        if not page.following:
            return
        after = page.following


def without_duplicates(dataset: Dataset, image_ids: Int64Array) -> Int64Array:
    """Returns those of ascending ids that have no better duplicate among them, shape (n,)."""
    clusters = _clusters(dataset)
    members = np.array([member for member, _, _ in clusters], np.int64)
    present = np.isin(members, image_ids, assume_unique=True)
    best: dict[str, tuple[int, int]] = {}
    for (image_id, cluster, place), is_present in zip(clusters, present, strict=True):
        if is_present:
            best[cluster] = min(best.get(cluster, (place, image_id)), (place, image_id))
    chosen = np.array([image_id for _, image_id in best.values()], np.int64)
    others = np.setdiff1d(members[present], chosen, assume_unique=True)
    return np.setdiff1d(image_ids, others, assume_unique=True)


def has_no_better(image: Image, images: QuerySet[Image]) -> bool:
    """Tells whether no better duplicate of an image is among these images."""
    own = DuplicateMember.objects.filter(image=image).first()
    if own is None:
        return True
    alike = Q(near=own.near) if own.near is not None else Q(exact=own.exact, near=None)
    better = DuplicateMember.objects.filter(alike, dataset=own.dataset_id, place__lt=own.place)
    return not images.filter(pk__in=better.values("image_id")).exists()


def count_duplicates(image_ids: Sequence[int]) -> dict[int, int]:
    """Counts the duplicates of each image, itself left out; images without any have no entry."""
    members = list(DuplicateMember.objects.filter(image__in=image_ids))
    near, exact = (
        {one.near for one in members if one.near is not None},
        {one.exact for one in members if one.near is None},
    )
    datasets = {one.dataset_id for one in members}
    ready = DuplicateMember.objects.filter(dataset__in=datasets, image__state=Image.State.READY)
    alike = ready.filter(Q(near__in=near) | Q(exact__in=exact, near=None)) if members else ready.none()
    sizes = Counter(alike.values_list("dataset_id", "near", "exact").iterator(_ROWS))
    cluster_sizes: Counter[tuple[int, str]] = Counter()
    for (dataset_id, near_id, checksum), number in sizes.items():
        cluster_sizes[dataset_id, _cluster(near_id, checksum)] += number
    return {
        one.image_id: others
        for one in members
        if (others := cluster_sizes[one.dataset_id, _cluster(one.near, one.exact)] - 1) > 0
    }


def _clusters(dataset: Dataset) -> list[tuple[int, str, int]]:
    """Returns (image id, cluster, place) of every image that has duplicates."""
    rows = DuplicateMember.objects.filter(dataset=dataset).values_list("image_id", "near", "exact", "place")
    return [(pk, _cluster(near, exact), place) for pk, near, exact, place in rows.iterator(_ROWS)]


def _cluster(near: int | None, exact: str) -> str:
    return exact if near is None else str(near)


def _visible_members(dataset_id: int) -> QuerySet[DuplicateMember]:
    return DuplicateMember.objects.filter(dataset=dataset_id, image__state=Image.State.READY)


def _of_kind(dataset: Dataset, kind: Kind) -> QuerySet[DuplicateMember]:
    members = DuplicateMember.objects.filter(dataset=dataset)
    return members.filter(near__isnull=False) if kind == Kind.NEAR else members.filter(exact__gt="")


def _key(kind: Kind, value: str) -> int | str | None:
    if kind == Kind.EXACT:
        return value[:64] if value.isalnum() and value.isascii() else None
    return int(value) if value.isdecimal() and len(value) < 19 else None


def _group(dataset: Dataset, kind: Kind, key: int | str, most: int | None = _MOST_IN_A_GROUP) -> DuplicateGroup:
    members = _visible_members(dataset.pk).filter(**{kind.value: key}).order_by("place").select_related("image")
    images = [member.image for member in members[:most]]
    count = len(images) if most is None or len(images) < most else members.count()
    return DuplicateGroup(kind, str(key), images, count)


def _all_images(dataset: Dataset, kind: Kind, key: str) -> list[Image]:
    group = group_named(dataset, kind, key)
    return group.images if group else []


def _scores(image: Image, checksums: Iterable[str]) -> dict[str, tuple[float, int]]:
    """Returns cosine and distance to those contents that were compared with the image."""
    others = list(checksums)
    pairs = NearPair.objects.filter(
        Q(first=image.checksum, second__in=others) | Q(second=image.checksum, first__in=others),
        dataset=image.dataset_id,
    )
    return {pair.second if pair.first == image.checksum else pair.first: (pair.cosine, pair.distance) for pair in pairs}


def _duplicate(image: Image, other: Image, scores: dict[str, tuple[float, int]]) -> Duplicate:
    if other.checksum == image.checksum:
        return Duplicate(other, Kind.EXACT)
    return Duplicate(other, Kind.NEAR, *scores.get(other.checksum, (None, None)))
