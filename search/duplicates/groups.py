"""Groups of duplicates, from stored pairs and equal checksums: those of a whole dataset, or around some pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q

from search.batches import batched
from search.duplicates.clustering import cluster_pairs
from search.duplicates.pairs import MOST_DISTANCE
from search.errors import InvalidQuery
from search.models import Dataset, DistinctPair, DuplicateMember, DuplicateScan, Image, KeptImage, NearPair
from search.models.bulk_insert import SLICE
from search.values import Report, no_report

PREVIEWED = tuple(range(0, MOST_DISTANCE + 1, 2))
"""The distances for which a run counts what the groups would be."""

_MOST_AROUND = 5000
"""The pictures that one change regroups; longer chains wait for the next run, since a person waits for this one."""


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Near pairs of contents (checksums), the likest first, and the pairs that a person marked as distinct."""

    near: Sequence[tuple[str, str, int]]
    distinct: Sequence[tuple[str, str]]

    def groups(self, present: Collection[str], most_distance: int) -> list[list[str]]:
        """Returns groups of checksums among those that are present."""
        distinct = set(self.distinct)
        chosen = [
            (first, second)
            for first, second, distance in self.near
            if distance <= most_distance and first in present and second in present and (first, second) not in distinct
        ]
        names = sorted({name for pair in chosen for name in pair})
        number = {name: place for place, name in enumerate(names)}
        pairs = [(number[first], number[second]) for first, second in chosen]
        apart = [(number[one], number[other]) for one, other in self.distinct if one in number and other in number]
        return [[names[place] for place in group] for group in cluster_pairs(len(names), pairs, apart)]


def regroup(dataset: Dataset, report: Report = no_report) -> DuplicateScan:
    """Regroups a whole dataset, and counts the groups that other distances would give."""
    scan = DuplicateScan.objects.get(dataset=dataset)
    pairs = _pairs(dataset)
    repeated = dict(_repeated_checksums(dataset))
    paired = {name for first, second, _ in pairs.near for name in (first, second)}
    images = _images(dataset, paired | set(repeated))
    groups = pairs.groups(images, scan.most_distance)
    scan.preview = []
    for distance in PREVIEWED:
        others = pairs.groups(images, distance)
        count = sum(len(images[name]) for group in others for name in group)
        scan.preview.append({"distance": distance, "groups": len(others), "images": count})
        report(len(scan.preview), len(PREVIEWED))
    members = _members(dataset, images, groups)
    with transaction.atomic():
        DuplicateMember.objects.filter(dataset=dataset).delete()
        DuplicateMember.objects.bulk_create(members, batch_size=1000)
        scan.save(update_fields=["preview"])
    return scan


def regroup_around(dataset: Dataset, checksums: Iterable[str]) -> None:
    """Regroups the pictures of these checksums and those around them, without a run: somebody decided about them."""
    scan = DuplicateScan.objects.filter(dataset=dataset).first()
    if scan is None:
        return
    around = _connected(dataset, set(checksums), scan.most_distance)
    pairs = _pairs(dataset, around)
    images = _images(dataset, around)
    members = _members(dataset, images, pairs.groups(images, scan.most_distance))
    with transaction.atomic():
        for names in batched(sorted(around), SLICE):
            DuplicateMember.objects.filter(dataset=dataset, image__checksum__in=names).delete()
        DuplicateMember.objects.bulk_create(members, batch_size=1000)


def choose_distance(dataset: Dataset, most_distance: int) -> None:
    """Sets how many bits the hashes of duplicates may differ in, from the next grouping on. Raises InvalidQuery."""
    if not 0 <= most_distance <= MOST_DISTANCE:
        raise InvalidQuery(f"The distance is {most_distance}; it must be from 0 to {MOST_DISTANCE}.")
    DuplicateScan.objects.update_or_create(dataset=dataset, defaults={"most_distance": most_distance})


def _pairs(dataset: Dataset, among: Collection[str] | None = None) -> _Pairs:
    near = NearPair.objects.filter(dataset=dataset)
    apart = DistinctPair.objects.filter(dataset=dataset)
    if among is None:
        rows = list(near.values_list("first", "second", "distance", "cosine"))
        marked = list(apart.values_list("first", "second"))
    else:
        parts = [Q(first__in=names) for names in batched(sorted(among), SLICE)]
        rows = [row for part in parts for row in near.filter(part).values_list("first", "second", "distance", "cosine")]
        marked = [row for part in parts for row in apart.filter(part).values_list("first", "second")]
    rows.sort(key=lambda pair: (pair[2], -pair[3], pair[0], pair[1]))
    return _Pairs([(first, second, distance) for first, second, distance, _ in rows], marked)


def _repeated_checksums(dataset: Dataset) -> Iterable[tuple[str, int]]:
    ready = dataset.images.filter(state=Image.State.READY).order_by()
    counted = ready.values("checksum").annotate(number=Count("pk")).filter(number__gt=1)
    return counted.values_list("checksum", "number").iterator(SLICE)


def _images(dataset: Dataset, checksums: Collection[str]) -> dict[str, list[Image]]:
    """Returns the ready images of each of these contents."""
    columns = ("pk", "checksum", "width", "height", "byte_size", "taken_at", "added_at")
    images: dict[str, list[Image]] = defaultdict(list)
    for names in batched(sorted(checksums), SLICE):
        ready = dataset.images.filter(checksum__in=names, state=Image.State.READY)
        for image in ready.order_by("pk").only(*columns):
            images[image.checksum].append(image)
    return dict(images)


def _members(dataset: Dataset, images: dict[str, list[Image]], groups: list[list[str]]) -> list[DuplicateMember]:
    near_of = {name: min(images[each][0].pk for each in group) for group in groups for name in group}
    clusters: dict[str, list[Image]] = {}
    for group in groups:
        clusters[group[0]] = [image for name in group for image in images[name]]
    for name, alike in images.items():
        if name not in near_of and len(alike) > 1:
            clusters[name] = alike
    chosen = _images_to_keep(dataset)
    members = []
    for cluster in clusters.values():
        cluster.sort(key=lambda image: (image.pk not in chosen, *_worth(image)))
        for place, image in enumerate(cluster):
            exact = image.checksum if len(images[image.checksum]) > 1 else ""
            near = near_of.get(image.checksum)
            members.append(DuplicateMember(dataset=dataset, image=image, exact=exact, near=near, place=place))
    return members


def _images_to_keep(dataset: Dataset) -> set[int]:
    return set(KeptImage.objects.filter(image__dataset=dataset).values_list("image_id", flat=True))


def _worth(image: Image) -> tuple[float, ...]:
    """Returns a sort key: first the largest picture, then the largest file, then the oldest."""
    moment = image.taken_at or image.added_at
    return (-image.width * image.height, -image.byte_size, moment.timestamp(), image.pk)


def _connected(dataset: Dataset, checksums: set[str], most_distance: int) -> set[str]:
    """Returns these contents and all that chains of near pairs lead to."""
    near = NearPair.objects.filter(dataset=dataset, distance__lte=most_distance)
    around, edge = set(checksums), set(checksums)
    while edge and len(around) < _MOST_AROUND:
        reached: set[str] = set()
        for names in batched(sorted(edge), SLICE):
            reached |= set(near.filter(first__in=names).values_list("second", flat=True))
            reached |= set(near.filter(second__in=names).values_list("first", flat=True))
        edge = reached - around
        around |= edge
    return around
