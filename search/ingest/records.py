"""Bringing the records of a dataset up to date with its folder: reads what changed, touches nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import Case, Value, When
from django.utils import timezone

from search.bucket import sync
from search.files.atomic import sha256_of
from search.ingest.compare import FolderDiff, KnownImage, SeenImages, diff_files, gone_by_checksum, gone_images
from search.ingest.walk import SourceFile, growing_chunks
from search.models import Dataset, Embedding, Image
from search.values import FailedImage

_UPDATED_FIELDS = ["name", "checksum", "byte_size", "modified_ns", "width", "height", "format", "state"]

_FileToRead = tuple[SourceFile, KnownImage | None]


@dataclass(frozen=True, slots=True)
class IngestedChunk:
    """Records of some files: ids of all that stand for a file, files that could not be read, bytes that were read."""

    image_ids: tuple[int, ...]
    failures: tuple[FailedImage, ...] = ()
    bytes_read: int = 0


def ingest_files(
    dataset: Dataset, files: Iterator[SourceFile], settled: Set[int] = frozenset()
) -> Iterator[IngestedChunk]:
    """Brings the records of these files up to date; a file whose size and time are unchanged is not read again.

    Files are compared in large chunks and read in small ones, so that the work on what is new starts early.
    An unreadable image gets another chance, unless its id is in `settled`.
    """
    for chunk in growing_chunks(files, settings.BATCH_SIZE):
        # A chunk in which nothing changed costs two queries and no write, so that a walk over millions stays quick.
        diff = diff_files(dataset, chunk, settled)
        yield _touch_unread(diff)
        to_read = _to_read(diff)
        for start in range(0, len(to_read), settings.BATCH_SIZE):
            yield _read(dataset, to_read[start : start + settings.BATCH_SIZE], settled)


def ingest_chunk(dataset: Dataset, files: Sequence[SourceFile], settled: Set[int] = frozenset()) -> IngestedChunk:
    """Brings the records of a few files up to date, which are named one by one; see `ingest_files`."""
    diff = diff_files(dataset, files, settled)
    unread, result = _touch_unread(diff), _read(dataset, _to_read(diff), settled)
    return IngestedChunk(
        tuple(sorted(unread.image_ids + result.image_ids)), unread.failures + result.failures, result.bytes_read
    )


def _to_read(diff: FolderDiff) -> list[_FileToRead]:
    return [*diff.changed, *((file, None) for file in diff.unknown)]


def _touch_unread(diff: FolderDiff) -> IngestedChunk:
    """The files that need not be read; only those that come back or get another chance are written to."""
    again = [image.pk for _, image in (*diff.returned, *diff.failed)]
    if again:
        waiting = Image.objects.filter(pk__in=again, state__in=[Image.State.MISSING, Image.State.FAILED])
        waiting.update(state=Case(_WAS_DERIVED, default=Value(Image.State.PENDING)))
    as_it_was = [image.pk for _, image in (*diff.unchanged, *diff.set_aside)]
    return IngestedChunk(tuple(as_it_was + again), tuple(failure for _, failure in diff.refused))


_WAS_DERIVED = When(state=Image.State.MISSING, width__gt=0, then=Value(Image.State.READY))
"""Has a size: its derivative and embeddings still stand."""


def _read(dataset: Dataset, files: Sequence[_FileToRead], settled: Set[int]) -> IngestedChunk:
    sums, failures = _checksums(files)
    readable = [(file, known) for file, known in files if file.name in sums]
    _update(dataset, [(file, known.pk) for file, known in readable if known], sums)
    _add(dataset, [file for file, known in readable if not known], sums, settled)
    ids = dataset.images.filter(name__in=sums).order_by().values_list("id", flat=True)
    return IngestedChunk(tuple(sorted(ids)), tuple(failures), sum(file.byte_size for file, _ in readable))


def _checksums(files: Sequence[_FileToRead]) -> tuple[dict[str, str], list[FailedImage]]:
    """Checksums by name, and what could not be read."""
    sums: dict[str, str] = {}
    failures: list[FailedImage] = []
    sync.fetch_all([Path(file.path) for file, _ in files])
    for file, known in files:
        try:
            sums[file.name] = sha256_of(Path(file.path))
        except OSError as error:
            failures.append(FailedImage(known and known.pk, file.name, f"cannot be read: {error.strerror}"))
    return sums, failures


def _update(dataset: Dataset, changed: Sequence[tuple[SourceFile, int]], sums: dict[str, str]) -> None:
    """Updates known images whose file has another size or time; another content drops their embeddings."""
    images = dataset.images.in_bulk([pk for _, pk in changed])
    present = [(file, images[pk]) for file, pk in changed if pk in images]
    replaced = [image.pk for file, image in present if image.checksum != sums[file.name]]
    if replaced:
        Embedding.objects.filter(image_id__in=replaced).delete()
    for file, image in present:
        if image.checksum != sums[file.name]:
            image.width, image.height, image.format = 0, 0, ""
            image.state = Image.State.PENDING
        else:
            _restore(image)
        image.checksum, image.byte_size, image.modified_ns = sums[file.name], file.byte_size, file.modified_ns
    Image.objects.bulk_update([image for _, image in present], _UPDATED_FIELDS)


def _restore(image: Image) -> None:
    if image.state == Image.State.MISSING and image.width > 0:
        image.state = Image.State.READY
    elif image.state in {Image.State.MISSING, Image.State.FAILED}:
        image.state = Image.State.PENDING


def _add(dataset: Dataset, unknown: Sequence[SourceFile], sums: dict[str, str], settled: Set[int]) -> None:
    """Gives each file the record of the same content whose own file is gone, or a new record."""
    gone = gone_by_checksum(dataset, (sums[file.name] for file in unknown)) if unknown else {}
    renamed, new = [], []
    for file in unknown:
        if not gone.get(sums[file.name]):
            new.append(_new_image(dataset, file, sums[file.name]))
            continue
        image = gone[sums[file.name]].pop()
        image.name, image.modified_ns = file.name, file.modified_ns
        if image.pk not in settled:
            _restore(image)
        renamed.append(image)
    Image.objects.bulk_update(renamed, _UPDATED_FIELDS)
    Image.objects.bulk_create(new, ignore_conflicts=True)


def _new_image(dataset: Dataset, file: SourceFile, checksum: str) -> Image:
    return Image(
        dataset=dataset,
        name=file.name,
        checksum=checksum,
        byte_size=file.byte_size,
        modified_ns=file.modified_ns,
        added_at=timezone.now(),
    )


def mark_missing(dataset: Dataset, seen: SeenImages) -> int:
    """Marks images whose file is gone, so that they leave the next index version; returns how many.

    Their records and embeddings stay: a file that comes back (a disk mounted again) needs no work but the next build.
    """
    return sum(
        dataset.images.filter(pk__in=[image.pk for image in gone]).update(state=Image.State.MISSING)
        for gone in gone_images(dataset, seen)
    )
