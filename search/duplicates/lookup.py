"""Copies of images as people meet them: of one image, as groups in pages, and each group once in search results."""

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
"""Images of one group that a page shows; the number of all stands beside them."""

_ASKED = 1000
_ROWS = 20_000


class Kind(StrEnum):
    EXACT = "exact"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Copy:
    """An image that is a copy of another; cosine and distance are those of the two, unknown where never compared."""

    image: Image
    kind: Kind
    cosine: float | None = None
    distance: int | None = None


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Images that are copies of each other, the one to keep first; `count` is of all, of which some may be left out."""

    kind: Kind
    key: str
    images: list[Image]
    count: int


@dataclass(frozen=True, slots=True)
class GroupPage:
    groups: list[DuplicateGroup]
    following: str
    """The key after which the next page begins; empty at the end."""


def near_duplicates(image: Image, most: int = 24) -> list[Copy]:
    """Copies of an image in its dataset: equal files first, then those that look alike, the likest first."""
    own = DuplicateMember.objects.filter(image=image).first()
    if own is None:
        return []
    same = Q(exact=own.exact) if own.exact else Q()
    alike = Q(near=own.near) if own.near is not None else Q()
    members = _shown(own.dataset_id).filter(same | alike if same and alike else same or alike).exclude(image=image)
    # Equal files share the beginning of this order with nothing else, so that many copies do not hide them.
    found = [member.image for member in members.order_by("place").select_related("image__dataset")[: 4 * most]]
    scores = _scores(image, {other.checksum for other in found})
    copies = [_copy(image, other, scores) for other in found]
    copies.sort(key=lambda copy: (copy.kind != Kind.EXACT, copy.distance is None, copy.distance or 0, copy.image.pk))
    return copies[:most]


def counts(dataset: Dataset, kind: Kind) -> tuple[int, int]:
    """How many groups there are, and how many images are in them."""
    members = _of_kind(dataset, kind)
    return members.order_by().values(kind.value).distinct().count(), members.count()


def group_page(dataset: Dataset, kind: Kind, after: str = "") -> GroupPage:
    """Groups in the order of their keys, those that follow a key; one that makes no sense begins anew."""
    members = _of_kind(dataset, kind)
    begin = _key(kind, after)
    if begin is not None:
        members = members.filter(**{f"{kind}__gt": begin})
    keys = list(members.order_by(kind.value).values_list(kind.value, flat=True).distinct()[: GROUPS_A_PAGE + 1])
    groups = [_group(dataset, kind, key) for key in keys[:GROUPS_A_PAGE]]
    following = str(keys[GROUPS_A_PAGE - 1]) if len(keys) > GROUPS_A_PAGE else ""
    return GroupPage([group for group in groups if group.count > 1], following)


def group_named(dataset: Dataset, kind: Kind, key: str) -> DuplicateGroup | None:
    """One group with all its images; None where there is none any more."""
    known = _key(kind, key)
    group = _group(dataset, kind, known, most=None) if known is not None else None
    return group if group and group.count > 1 else None


def every_group(dataset: Dataset, kind: Kind) -> Iterator[tuple[str, list[Image]]]:
    """All groups, read as they are asked for; the image to keep comes first."""
    after = ""
    while True:
        page = group_page(dataset, kind, after)
        for group in page.groups:
            yield group.key, group.images if group.count == len(group.images) else _all_images(dataset, kind, group.key)
        if not page.following:
            return
        after = page.following


def best_ones(dataset: Dataset, image_ids: Int64Array) -> Int64Array:
    """Of ascending ids those without the copies of a better one among them."""
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


def is_best(image: Image, images: QuerySet[Image]) -> bool:
    """Whether no better copy of it is among these images."""
    own = DuplicateMember.objects.filter(image=image).first()
    if own is None:
        return True
    alike = Q(near=own.near) if own.near is not None else Q(exact=own.exact, near=None)
    better = DuplicateMember.objects.filter(alike, dataset=own.dataset_id, place__lt=own.place)
    return not images.filter(pk__in=better.values("image_id")).exists()


def copies_counted(image_ids: Sequence[int]) -> dict[int, int]:
    """How many copies each image has beside itself; images without are left out."""
    members = list(DuplicateMember.objects.filter(image__in=image_ids))
    near, exact = (
        {one.near for one in members if one.near is not None},
        {one.exact for one in members if one.near is None},
    )
    datasets = {one.dataset_id for one in members}
    ready = DuplicateMember.objects.filter(dataset__in=datasets, image__state=Image.State.READY)
    asked = ready.filter(Q(near__in=near) | Q(exact__in=exact, near=None)) if members else ready.none()
    sizes = Counter(asked.values_list("dataset_id", "near", "exact").iterator(_ROWS))
    cluster_sizes: Counter[tuple[int, str]] = Counter()
    for (dataset_id, near_id, checksum), number in sizes.items():
        cluster_sizes[dataset_id, _cluster(near_id, checksum)] += number
    return {
        one.image_id: others
        for one in members
        if (others := cluster_sizes[one.dataset_id, _cluster(one.near, one.exact)] - 1) > 0
    }


def _clusters(dataset: Dataset) -> list[tuple[int, str, int]]:
    """(image id, cluster, place) of every image that has copies."""
    rows = DuplicateMember.objects.filter(dataset=dataset).values_list("image_id", "near", "exact", "place")
    return [(pk, _cluster(near, exact), place) for pk, near, exact, place in rows.iterator(_ROWS)]


def _cluster(near: int | None, exact: str) -> str:
    return exact if near is None else str(near)


def _shown(dataset_id: int) -> QuerySet[DuplicateMember]:
    return DuplicateMember.objects.filter(dataset=dataset_id, image__state=Image.State.READY)


def _of_kind(dataset: Dataset, kind: Kind) -> QuerySet[DuplicateMember]:
    members = DuplicateMember.objects.filter(dataset=dataset)
    return members.filter(near__isnull=False) if kind == Kind.NEAR else members.filter(exact__gt="")


def _key(kind: Kind, value: str) -> int | str | None:
    if kind == Kind.EXACT:
        return value[:64] if value.isalnum() and value.isascii() else None
    return int(value) if value.isdecimal() and len(value) < 19 else None


def _group(dataset: Dataset, kind: Kind, key: int | str, most: int | None = _MOST_IN_A_GROUP) -> DuplicateGroup:
    members = _shown(dataset.pk).filter(**{kind.value: key}).order_by("place").select_related("image")
    images = [member.image for member in members[:most]]
    count = len(images) if most is None or len(images) < most else members.count()
    return DuplicateGroup(kind, str(key), images, count)


def _all_images(dataset: Dataset, kind: Kind, key: str) -> list[Image]:
    group = group_named(dataset, kind, key)
    return group.images if group else []


def _scores(image: Image, checksums: Iterable[str]) -> dict[str, tuple[float, int]]:
    """Cosine and distance to those contents that were compared with the image."""
    others = list(checksums)
    pairs = NearPair.objects.filter(
        Q(first=image.checksum, second__in=others) | Q(second=image.checksum, first__in=others),
        dataset=image.dataset_id,
    )
    return {pair.second if pair.first == image.checksum else pair.first: (pair.cosine, pair.distance) for pair in pairs}


def _copy(image: Image, other: Image, scores: dict[str, tuple[float, int]]) -> Copy:
    if other.checksum == image.checksum:
        return Copy(other, Kind.EXACT)
    return Copy(other, Kind.NEAR, *scores.get(other.checksum, (None, None)))
