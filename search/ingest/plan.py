"""What an index run would do to a dataset, found out without changing anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Set
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from search.files.atomic import sha256_of
from search.ingest.compare import FolderDiff, SeenImages, diff_files, gone_by_checksum, gone_images
from search.ingest.walk import SourceFile, find_files, growing_chunks
from search.models import Dataset, Image
from search.values import Report, no_report

EXAMPLES = 20
_FIRST_CHUNK = 64


@dataclass(slots=True)
class Tally:
    """The number of some files, their bytes, and the names of the first few."""

    count: int = 0
    bytes: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, name: str, byte_size: int) -> None:
        self.count += 1
        self.bytes += byte_size
        if len(self.examples) < EXAMPLES:
            self.examples.append(name)


@dataclass(slots=True)
class Plan:
    """The files of a folder by what a run would do with them."""

    new: Tally = field(default_factory=Tally)
    changed: Tally = field(default_factory=Tally)
    renamed: Tally = field(default_factory=Tally)
    gone: Tally = field(default_factory=Tally)
    returned: Tally = field(default_factory=Tally)
    tried_again: Tally = field(default_factory=Tally)
    unchanged: Tally = field(default_factory=Tally)
    set_aside: Tally = field(default_factory=Tally)
    unreadable: Tally = field(default_factory=Tally)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


LABELS = {
    "new": "new",
    "changed": "changed",
    "renamed": "renamed, not encoded again",
    "gone": "gone from the folder",
    "returned": "back in the folder",
    "tried_again": "failed before, tried again",
    "unchanged": "unchanged",
    "set_aside": "failed before, set aside",
    "unreadable": "not readable",
}
"""The words for the fields of a plan, in the order in which they are shown."""

_IN_SHORT = {
    "new": "new",
    "changed": "changed",
    "renamed": "renamed",
    "gone": "gone",
    "returned": "back",
    "tried_again": "to be tried again",
}


def plan_changes(dataset: Dataset, settled: Set[int] = frozenset(), report: Report = no_report) -> Plan:
    """Compares the folder with the records as a run would; reads only files that may have been renamed.

    `settled` are ids of images that the run would leave alone. Raises InvalidSource as the run would.
    """
    plan = Plan()
    seen = SeenImages.none_of(dataset)
    walked = 0
    files = find_files(dataset, lambda failure: plan.unreadable.add(failure.name, 0))
    for chunk in growing_chunks(files, _FIRST_CHUNK):
        diff = diff_files(dataset, chunk, settled)
        _add_known(plan, diff, seen)
        _add_new(plan, diff.unknown)
        walked += len(chunk)
        report(walked, walked + 1)  # the end is not known before it is reached
    renamed_ids: set[int] = set()
    if plan.new.count and (sizes := _sizes_of_gone(dataset, seen)):
        renamed_ids = _find_renamed(dataset, plan, sizes, lambda: report(walked, walked + 1))
    for gone in gone_images(dataset, seen):
        for image in gone:
            if image.pk not in renamed_ids:
                plan.gone.add(image.name, image.byte_size)
    report(walked, walked)
    return plan


def _add_known(plan: Plan, diff: FolderDiff, seen: SeenImages) -> None:
    for tally, pairs in (
        (plan.unchanged, diff.unchanged),
        (plan.returned, diff.returned),
        (plan.tried_again, diff.failed),
        (plan.set_aside, diff.set_aside),
    ):
        for file, _ in pairs:
            tally.add(file.name, file.byte_size)
        seen.add([image.pk for _, image in pairs])
    for file, _ in diff.changed:
        _readable_or(plan, plan.changed, file)
    seen.add([image.pk for _, image in diff.changed])
    for file, failure in diff.refused:
        plan.unreadable.add(failure.name, file.byte_size)


def _add_new(plan: Plan, files: list[SourceFile]) -> None:
    for file in files:
        _readable_or(plan, plan.new, file)


def _readable_or(plan: Plan, tally: Tally, file: SourceFile) -> None:
    """Counts a file that the run would read; one without permission goes to those that cannot be read."""
    (tally if os.access(file.path, os.R_OK) else plan.unreadable).add(file.name, file.byte_size)


def _sizes_of_gone(dataset: Dataset, seen: SeenImages) -> set[int]:
    """Sizes of files that are gone, those missed before among them: only a new file of such a size can be renamed."""
    sizes = {image.byte_size for gone in gone_images(dataset, seen) for image in gone}
    missing = Image.objects.filter(dataset_id=dataset.pk, state=Image.State.MISSING)
    return sizes | set(missing.values_list("byte_size", flat=True).iterator())


def _find_renamed(dataset: Dataset, plan: Plan, sizes: set[int], report: Callable[[], None]) -> set[int]:
    """Walks once more and moves what is renamed from `plan.new` to `plan.renamed`; returns ids of the images it was.

    A second walk, rather than a list of the unknown files of the first: there may be millions.
    """
    renamed_ids: set[int] = set()
    new = Tally()
    for chunk in growing_chunks(find_files(dataset, lambda failure: None), _FIRST_CHUNK):
        unknown = [file for file in diff_files(dataset, chunk).unknown if os.access(file.path, os.R_OK)]
        sums: dict[str, str] = {}
        for file in unknown:
            if file.byte_size in sizes:
                sums[file.name] = _checksum(file)
                report()
        gone = gone_by_checksum(dataset, sums.values()) if sums else {}
        for file in unknown:
            free = [image.pk for image in gone.get(sums.get(file.name, ""), []) if image.pk not in renamed_ids]
            if free:
                renamed_ids.add(free[-1])
            (plan.renamed if free else new).add(file.name, file.byte_size)
        report()
    plan.new = new
    return renamed_ids


def _checksum(file: SourceFile) -> str:
    """Empty for a file that went away or fails to be read; the run will say so."""
    try:
        return sha256_of(Path(file.path))
    except OSError:
        return ""


def describe(plan: dict[str, Any]) -> str:
    """A stored plan in one sentence."""
    work = [f"{plan[name]['count']:,} {word}" for name, word in _IN_SHORT.items() if plan[name]["count"]]
    unchanged = f"{plan['unchanged']['count']:,} unchanged"
    if not work:
        return f"No file changed: {unchanged}."
    return f"Found {', '.join(work)}, {unchanged}. Nothing was indexed."
