"""Telling new, changed, renamed, returned and gone files apart: the one comparison, for plans and for runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple, Self, cast

import numpy as np
from django.db.models import Max, Min

from search.ingest.walk import SourceFile, is_gone, name_problem, printable
from search.models import Dataset, Image
from search.values import FailedImage

_PAGE = 4096


class KnownImage(NamedTuple):
    """The columns of a record that are compared with its file."""

    pk: int
    byte_size: int
    modified_ns: int
    state: str


Pair = tuple[SourceFile, KnownImage]


@dataclass(frozen=True, slots=True)
class FolderDiff:
    """The difference between the files of a chunk and their records; only `changed` and `unknown` have to be read."""

    unchanged: list[Pair] = field(default_factory=list)
    returned: list[Pair] = field(default_factory=list)
    """Gone at an earlier walk, and back as they were."""

    failed: list[Pair] = field(default_factory=list)
    """Unreadable so far, to be tried again."""

    set_aside: list[Pair] = field(default_factory=list)
    """Unreadable so far, and not to be tried again before they change."""

    changed: list[Pair] = field(default_factory=list)
    """Files of another size or time than recorded."""

    unknown: list[SourceFile] = field(default_factory=list)
    """New or renamed, which their content tells."""

    refused: list[tuple[SourceFile, FailedImage]] = field(default_factory=list)
    """Under a name that the database cannot hold."""


def diff_files(dataset: Dataset, files: Sequence[SourceFile], settled: Set[int] = frozenset()) -> FolderDiff:
    """Compares files with their records by name, size and time, in one query.

    `settled` are ids of images that are not tried again: those set aside, and those this run has dealt with already.
    """
    diff = FolderDiff()
    problems = {file.name: problem for file in files if (problem := name_problem(file.name))}
    known = _known(dataset, [file.name for file in files if file.name not in problems])
    for file in files:
        image = known.get(file.name)
        if image is not None:
            _kind_of(diff, file, image, settled).append((file, image))
        elif file.name in problems:
            diff.refused.append((file, FailedImage(None, printable(file.name), problems[file.name])))
        else:
            diff.unknown.append(file)
    return diff


def _known(dataset: Dataset, names: list[str]) -> dict[str, KnownImage]:
    # Unordered: to sort by id, SQLite would rather read every row of the dataset than look up the names.
    rows = Image.objects.filter(dataset_id=dataset.pk, name__in=names).order_by()
    columns = rows.values_list("name", "pk", "byte_size", "modified_ns", "state")
    return {name: KnownImage(pk, byte_size, modified_ns, state) for name, pk, byte_size, modified_ns, state in columns}


def _kind_of(diff: FolderDiff, file: SourceFile, image: KnownImage, settled: Set[int]) -> list[Pair]:
    if image.byte_size != file.byte_size or image.modified_ns != file.modified_ns:
        return diff.changed
    if image.state not in {Image.State.MISSING, Image.State.FAILED}:
        return diff.unchanged
    if image.pk in settled:
        return diff.set_aside
    return diff.returned if image.state == Image.State.MISSING else diff.failed


def gone_by_checksum(dataset: Dataset, checksums: Iterable[str]) -> dict[str, list[Image]]:
    """Images of these contents whose own file is gone: an unknown file of the same content is one of them, renamed."""
    # A rename costs no encoding: the record keeps its derivative, embeddings, tags and collections.
    gone: dict[str, list[Image]] = {}
    alike = Image.objects.filter(dataset_id=dataset.pk, checksum__in=set(checksums)).order_by()
    for image in sorted(alike, key=lambda image: image.pk):
        if is_gone(f"{dataset.source_path}/{image.name}"):
            gone.setdefault(image.checksum, []).append(image)
    return gone


class SeenImages:
    """Ids of the images whose files a walk has met: one byte an id of the dataset's range, ten million are 10 MB."""

    def __init__(self, first: int, last: int) -> None:
        self._first = first
        self._seen = np.zeros(last - first + 1, np.bool_)

    @classmethod
    def none_of(cls, dataset: Dataset) -> Self:
        """Return the set of the images known now, none seen; the walk that makes later ones meets them itself."""
        known = Image.objects.filter(dataset_id=dataset.pk).aggregate(first=Min("pk"), last=Max("pk"))
        return cls(known["first"] or 0, known["last"] or 0)

    def add(self, image_ids: Sequence[int]) -> None:
        positions = np.array(image_ids, np.int64) - self._first
        self._seen[positions[(positions >= 0) & (positions < len(self._seen))]] = True

    def unseen(self, image_ids: Sequence[int]) -> list[int]:
        """Return those of the ids that were known when the walk began and that it did not meet."""
        ids = np.array(image_ids, np.int64)
        positions = ids - self._first
        known = (positions >= 0) & (positions < len(self._seen))
        return cast("list[int]", ids[known][~self._seen[positions[known]]].tolist())


class GoneImage(NamedTuple):
    """An image whose file was there at the walk before, and now is not."""

    pk: int
    name: str
    byte_size: int


def gone_images(dataset: Dataset, seen: SeenImages) -> Iterator[list[GoneImage]]:
    """Lists of images that are gone; only what the walk did not meet is looked for, one by one."""
    # A hidden image is in no index, and must be hidden still when its file comes back.
    present = Image.objects.filter(dataset_id=dataset.pk).exclude(state__in=[Image.State.MISSING, Image.State.HIDDEN])
    last = 0
    while page := list(present.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_PAGE]):
        last = page[-1]
        unseen = present.filter(pk__in=seen.unseen(page)).order_by("pk").values_list("pk", "name", "byte_size")
        gone = [GoneImage(*row) for row in unseen if is_gone(f"{dataset.source_path}/{row[1]}")]
        if gone:
            yield gone
