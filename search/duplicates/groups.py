"""Groups of copies, made of stored pairs and equal checksums: all of a dataset anew, or around some pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q

from search.duplicates.clustering import grouped
from search.duplicates.pairs import MOST_DISTANCE
from search.errors import InvalidQuery
from search.models import Dataset, DistinctPair, DuplicateMember, DuplicateScan, Image, KeptImage, NearPair
from search.values import Report, no_report

PREVIEWED = tuple(range(0, MOST_DISTANCE + 1, 2))
"""Distances for which a run counts what the groups would be."""

_ASKED = 1000
_MOST_AROUND = 5000
"""Pictures that one change looks at; what hangs together beyond waits for the next run."""


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Near pairs by checksum, the most alike first, and those that a person told apart."""

    near: Sequence[tuple[str, str, int]]
    apart: Sequence[tuple[str, str]]

    def groups(self, present: Collection[str], most_distance: int) -> list[list[str]]:
        """Groups of checksums among those that are present."""
        told = set(self.apart)
        chosen = [
            (first, second)
            for first, second, distance in self.near
            if distance <= most_distance and first in present and second in present and (first, second) not in told
        ]
        names = sorted({name for pair in chosen for name in pair})
        number = {name: place for place, name in enumerate(names)}
        pairs = [(number[first], number[second]) for first, second in chosen]
        apart = [(number[one], number[other]) for one, other in self.apart if one in number and other in number]
        return [[names[place] for place in group] for group in grouped(len(names), pairs, apart)]


def regroup(dataset: Dataset, report: Report = no_report) -> DuplicateScan:
    """Makes all groups of a dataset anew and counts what other distances would give."""
    state = DuplicateScan.objects.get(dataset=dataset)
    pairs = _pairs(dataset)
    doubled = dict(_doubled(dataset))
    paired = {name for first, second, _ in pairs.near for name in (first, second)}
    images = _images(dataset, paired | set(doubled))
    groups = pairs.groups(images, state.most_distance)
    state.preview = []
    for distance in PREVIEWED:
        found = pairs.groups(images, distance)
        count = sum(len(images[name]) for group in found for name in group)
        state.preview.append({"distance": distance, "groups": len(found), "images": count})
        report(len(state.preview), len(PREVIEWED))
    members = _members(dataset, images, groups)
    with transaction.atomic():
        DuplicateMember.objects.filter(dataset=dataset).delete()
        DuplicateMember.objects.bulk_create(members, batch_size=1000)
        state.save(update_fields=["preview"])
    return state


def regroup_around(dataset: Dataset, checksums: Iterable[str]) -> None:
    """Makes the groups anew that these pictures are in, or were in."""
    state = DuplicateScan.objects.filter(dataset=dataset).first()
    if state is None:
        return
    around = _hanging_together(dataset, set(checksums), state.most_distance)
    pairs = _pairs(dataset, around)
    images = _images(dataset, around)
    members = _members(dataset, images, pairs.groups(images, state.most_distance))
    with transaction.atomic():
        for names in _slices(sorted(around)):
            DuplicateMember.objects.filter(dataset=dataset, image__checksum__in=names).delete()
        DuplicateMember.objects.bulk_create(members, batch_size=1000)


def choose_distance(dataset: Dataset, most_distance: int) -> None:
    """How many bits copies may differ in, from the next grouping on. Raises InvalidQuery."""
    if not 0 <= most_distance <= MOST_DISTANCE:
        raise InvalidQuery(f"The distance is {most_distance}; it must be from 0 to {MOST_DISTANCE}.")
    DuplicateScan.objects.update_or_create(dataset=dataset, defaults={"most_distance": most_distance})


def _pairs(dataset: Dataset, among: Collection[str] | None = None) -> _Pairs:
    near = NearPair.objects.filter(dataset=dataset)
    apart = DistinctPair.objects.filter(dataset=dataset)
    if among is None:
        found = list(near.values_list("first", "second", "distance", "cosine"))
        told = list(apart.values_list("first", "second"))
    else:
        slices = [Q(first__in=names) for names in _slices(sorted(among))]
        found = [
            row for part in slices for row in near.filter(part).values_list("first", "second", "distance", "cosine")
        ]
        told = [row for part in slices for row in apart.filter(part).values_list("first", "second")]
    found.sort(key=lambda pair: (pair[2], -pair[3], pair[0], pair[1]))
    return _Pairs([(first, second, distance) for first, second, distance, _ in found], told)


def _doubled(dataset: Dataset) -> Iterable[tuple[str, int]]:
    ready = dataset.images.filter(state=Image.State.READY).order_by()
    counted = ready.values("checksum").annotate(number=Count("pk")).filter(number__gt=1)
    return counted.values_list("checksum", "number").iterator(_ASKED)


def _images(dataset: Dataset, checksums: Collection[str]) -> dict[str, list[Image]]:
    """The ready images of each of these contents."""
    columns = ("pk", "checksum", "width", "height", "byte_size", "taken_at", "added_at")
    found: dict[str, list[Image]] = defaultdict(list)
    for names in _slices(sorted(checksums)):
        ready = dataset.images.filter(checksum__in=names, state=Image.State.READY)
        for image in ready.order_by("pk").only(*columns):
            found[image.checksum].append(image)
    return dict(found)


def _members(dataset: Dataset, images: dict[str, list[Image]], groups: list[list[str]]) -> list[DuplicateMember]:
    near_of = {name: min(images[each][0].pk for each in group) for group in groups for name in group}
    clusters: dict[str, list[Image]] = {}
    for group in groups:
        clusters[group[0]] = [image for name in group for image in images[name]]
    for name, alike in images.items():
        if name not in near_of and len(alike) > 1:
            clusters[name] = alike
    kept = _kept(dataset)
    members = []
    for cluster in clusters.values():
        cluster.sort(key=lambda image: (image.pk not in kept, *_worth(image)))
        for place, image in enumerate(cluster):
            exact = image.checksum if len(images[image.checksum]) > 1 else ""
            near = near_of.get(image.checksum)
            members.append(DuplicateMember(dataset=dataset, image=image, exact=exact, near=near, place=place))
    return members


def _kept(dataset: Dataset) -> set[int]:
    return set(KeptImage.objects.filter(image__dataset=dataset).values_list("image_id", flat=True))


def _worth(image: Image) -> tuple[float, ...]:
    """What is worth keeping comes first: the largest picture, then the largest file, then the oldest."""
    moment = image.taken_at or image.added_at
    return (-image.width * image.height, -image.byte_size, moment.timestamp(), image.pk)


def _hanging_together(dataset: Dataset, checksums: set[str], most_distance: int) -> set[str]:
    """These and all that chains of near pairs lead to."""
    near = NearPair.objects.filter(dataset=dataset, distance__lte=most_distance)
    around, edge = set(checksums), set(checksums)
    while edge and len(around) < _MOST_AROUND:
        reached: set[str] = set()
        for names in _slices(sorted(edge)):
            reached |= set(near.filter(first__in=names).values_list("second", flat=True))
            reached |= set(near.filter(second__in=names).values_list("first", flat=True))
        edge = reached - around
        around |= edge
    return around


def _slices(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + _ASKED] for start in range(0, len(names), _ASKED))
