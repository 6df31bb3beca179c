"""Finding the images of a dataset: walks its folder, compares with the records, and brings them up to date."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.db.models import QuerySet
from django.utils import timezone

from search.errors import InvalidSource
from search.models import Dataset, Image
from search.storage import derivative_path, sha256_of
from search.values import FailedImage

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif"}
)


_UPDATED_FIELDS = ["name", "checksum", "byte_size", "modified_ns", "width", "height", "format", "state"]
MAX_NAME_BYTES = 1024
"""So that a name always fits the column, and PostgreSQL's index rows of at most 2,704 bytes."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that is named like an image, as the folder shows it."""

    name: str
    path: Path
    byte_size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class IngestedChunk:
    """Records of one chunk of files: ids of all that stand for a file, and the files that could not be read."""

    image_ids: tuple[int, ...]
    failures: tuple[FailedImage, ...]


def is_image_name(name: str) -> bool:
    """Whether a file name ends like an image's and is not hidden."""
    return not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES


def find_files(dataset: Dataset, on_unreadable: Callable[[FailedImage], None]) -> Iterator[FoundFile]:
    """Regular files below the dataset's folder that are named like images, sorted within each subfolder.

    Links are not followed; a subfolder that cannot be read is told to `on_unreadable`. Raises InvalidSource when the
    folder itself is not there, cannot be read, or holds nothing although images of it are known.
    """
    folder = Path(dataset.source_path)
    if not folder.is_dir():
        raise InvalidSource(
            f"The folder of dataset {dataset.name!r} is not there. Mount it or put it back, then index again."
        )

    def tell(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise InvalidSource(f"The folder of dataset {dataset.name!r} cannot be read: {error.strerror}.") from error
        name = Path(error.filename).relative_to(folder).as_posix()
        on_unreadable(FailedImage(None, printable(name), f"is a folder that cannot be read: {error.strerror}"))

    found = False
    for parent, folders, names in os.walk(folder, onerror=tell):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(filter(is_image_name, names)):
            path = Path(parent, name)
            status = _status_of(path)
            if status is not None and stat.S_ISREG(status.st_mode):
                found = True
                yield FoundFile(path.relative_to(folder).as_posix(), path, status.st_size, status.st_mtime_ns)
    if not found and _known_and_present(dataset).exists():
        raise InvalidSource(
            f"The folder of dataset {dataset.name!r} holds no image any more, though some are known. "
            "Is its disk mounted? Nothing was changed."
        )


def _status_of(path: Path) -> os.stat_result | None:
    """None for a file that went away since its folder was listed."""
    try:
        return path.lstat()
    except OSError:
        return None


def _known_and_present(dataset: Dataset) -> QuerySet[Image]:
    return dataset.images.exclude(state=Image.State.MISSING)


def chunked(files: Iterator[FoundFile], size: int) -> Iterator[list[FoundFile]]:
    """Lists of up to `size` files."""
    while chunk := list(islice(files, size)):
        yield chunk


def ingest_chunk(dataset: Dataset, files: list[FoundFile], settled: Set[int] = frozenset()) -> IngestedChunk:
    """Brings the records of these files up to date; a file whose size and time are unchanged is not read again.

    An unreadable image gets another chance, unless its id is in `settled`: those this run has dealt with already.
    """
    storable = [file.name for file in files if not name_problem(file.name)]
    known = {image.name: image for image in dataset.images.filter(name__in=storable)}
    unknown: list[tuple[FoundFile, str]] = []
    changed: list[Image] = []
    failures: list[FailedImage] = []
    for file in files:
        if problem := name_problem(file.name):
            failures.append(FailedImage(None, printable(file.name), problem))
            continue
        image = known.get(file.name)
        if image and (image.byte_size, image.modified_ns) == (file.byte_size, file.modified_ns):
            if image.state in {Image.State.MISSING, Image.State.FAILED} and image.pk not in settled:
                _take_back(image)
                changed.append(image)
            continue
        try:
            checksum = sha256_of(file.path)
        except OSError as error:
            failures.append(FailedImage(image.pk if image else None, file.name, f"cannot be read: {error.strerror}"))
            continue
        if image is None:
            unknown.append((file, checksum))
        else:
            _update_image(image, file, checksum)
            changed.append(image)
    renamed, new = _renamed_or_new(dataset, unknown)
    Image.objects.bulk_create(new, ignore_conflicts=True)
    Image.objects.bulk_update([*changed, *renamed], _UPDATED_FIELDS)
    failed_names = {failure.name for failure in failures}
    names = [name for name in storable if name not in failed_names]
    ids = dataset.images.filter(name__in=names).order_by("id").values_list("id", flat=True)
    return IngestedChunk(tuple(ids), tuple(failures))


def _take_back(image: Image) -> None:
    """One that was derived before it went has a size; its derivative and embeddings still stand."""
    was_derived = image.state == Image.State.MISSING and image.width > 0
    image.state = Image.State.READY if was_derived else Image.State.PENDING


def _renamed_or_new(dataset: Dataset, unknown: list[tuple[FoundFile, str]]) -> tuple[list[Image], list[Image]]:
    """For each unknown file the record of the same content whose own file is gone, under its new name, or a new one."""
    folder = Path(dataset.source_path)
    gone: dict[str, list[Image]] = {}
    for image in dataset.images.filter(checksum__in={checksum for _, checksum in unknown}):
        if _is_gone(folder / image.name):
            gone.setdefault(image.checksum, []).append(image)
    renamed, new = [], []
    for file, checksum in unknown:
        if not gone.get(checksum):
            new.append(_new_image(dataset, file, checksum))
            continue
        image = gone[checksum].pop()
        image.name, image.modified_ns = file.name, file.modified_ns
        if image.state == Image.State.MISSING:
            _take_back(image)
        renamed.append(image)
    return renamed, new


def name_problem(name: str) -> str:
    """Why the database cannot hold this name; empty where it can."""
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return "has a name that is not UTF-8; rename it"
    if size > MAX_NAME_BYTES:
        return f"has a path of {size} bytes below the dataset's folder; {MAX_NAME_BYTES} at most"
    return ""


def printable(name: str) -> str:
    """A name that can be shown and stored, cut where it is too long."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")[:MAX_NAME_BYTES]


def _new_image(dataset: Dataset, file: FoundFile, checksum: str) -> Image:
    return Image(
        dataset=dataset,
        name=file.name,
        checksum=checksum,
        byte_size=file.byte_size,
        modified_ns=file.modified_ns,
        added_at=timezone.now(),
    )


def _update_image(image: Image, file: FoundFile, checksum: str) -> None:
    """A changed content makes the derivative and every embedding of the old one worthless."""
    if image.checksum != checksum:
        image.embeddings.all().delete()
        image.state = Image.State.PENDING
        image.width, image.height, image.format = 0, 0, ""
    image.checksum, image.byte_size, image.modified_ns = checksum, file.byte_size, file.modified_ns


def mark_missing(dataset: Dataset) -> int:
    """Marks images whose file is gone, so that they leave the next index version; returns how many.

    Their records and embeddings stay: a file that comes back (a disk mounted again) needs no work but the next build.
    """
    folder = Path(dataset.source_path)
    present = _known_and_present(dataset).values_list("pk", "name")
    gone = [pk for pk, name in present.iterator(5000) if _is_gone(folder / name)]
    for start in range(0, len(gone), 500):
        dataset.images.filter(pk__in=gone[start : start + 500]).update(state=Image.State.MISSING)
    return len(gone)


def _is_gone(path: Path) -> bool:
    """Only what is certainly not there is gone; a folder that cannot be read hides its files, no more."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def split_by_need(image_ids: tuple[int, ...], encoder_name: str) -> tuple[list[int], list[int]]:
    """Ids that need a derivative, and ids that have one but no embedding under this encoder; the rest need nothing."""
    images = Image.objects.filter(pk__in=image_ids).order_by("pk")
    unfinished = images.filter(state__in=[Image.State.PENDING, Image.State.READY])
    rows = list(unfinished.values_list("pk", "state", "dataset_id", "checksum"))
    embedded = set(images.filter(embeddings__encoder__name=encoder_name).values_list("pk", flat=True))
    to_derive, to_embed = [], []
    for pk, state, dataset_id, checksum in rows:
        if state == Image.State.PENDING or not derivative_path(dataset_id, checksum).is_file():
            to_derive.append(pk)
        elif pk not in embedded:
            to_embed.append(pk)
    return to_derive, to_embed
