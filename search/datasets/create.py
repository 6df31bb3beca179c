"""Creating datasets from a server folder, uploaded files or a zip, and removing them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.text import slugify

from search.bucket import sync
from search.errors import InvalidSource
from search.files.paths import index_folder, originals_folder, remove_dataset_files
from search.models import Dataset, Image
from search.versions.lifecycle import discard_files

_DELETE_SLICE = 500
"""The images that one statement deletes, with all rows that name them: no transaction is long."""


def check_folder(path: Path, *, roots: list[Path]) -> Path:
    """Returns the resolved folder, which exists, can be read and lies below one of `roots`.

    Raises InvalidSource.
    """
    try:
        exists, is_folder, folder = path.exists(), path.is_dir(), path.resolve()
    except OSError as error:  # a name that is too long, a parent that may not be entered
        raise InvalidSource(f"The folder {path} cannot be opened: {error.strerror}.") from error
    if not exists:
        raise InvalidSource(f"There is no folder {path}. Check the path; it must exist on the server.")
    if not is_folder:
        raise InvalidSource(f"{path} is a file, not a folder. Name the folder that holds the images.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise InvalidSource(f"{folder} cannot be read by the user that runs clipsite. Grant it read permission.")
    if not any(folder.is_relative_to(root) for root in roots):
        allowed = ", ".join(map(str, roots)) or "none yet"
        raise InvalidSource(
            f"{folder} lies outside the folders that may be indexed ({allowed}). "
            "Add its parent to CLIPSITE_IMAGE_ROOTS and start clipsite again."
        )
    return folder


def command_line_roots() -> list[Path]:
    """Returns the roots for the console: any folder, unless the administrator has named roots; samples always."""
    return [*settings.IMAGE_ROOTS, settings.SAMPLES_DIR] if settings.IMAGE_ROOTS else [Path("/")]


def free_slug(name: str) -> str:
    """Returns a slug for `name` that no dataset has yet."""
    base = slugify(name)[:120] or "dataset"
    slug, number = base, 2
    while Dataset.objects.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug


def dataset_create(*, name: str, source: Path | None, owner: User | None, visibility: Dataset.Visibility) -> Dataset:
    """Creates a dataset; without `source` its originals will be uploaded. Raises InvalidSource for a wrong name."""
    name = name.strip()
    longest = Dataset._meta.get_field("name").max_length or 0
    if not 0 < len(name) <= longest:
        raise InvalidSource(f"The name of a dataset has 1 to {longest} characters; {name!r} has {len(name)}.")
    if Dataset.objects.filter(name__iexact=name).exists():
        raise InvalidSource(f"There is a dataset {name!r} already. Choose another name.")
    dataset = Dataset(name=name, slug=free_slug(name), owner=owner, visibility=visibility)
    save_new(dataset, source)
    return dataset


def save_new(dataset: Dataset, source: Path | None) -> None:
    """Stores a new dataset over `source`, or over a folder of its own for uploads."""
    with transaction.atomic():
        dataset.source_path = str(source or "")
        dataset.bucket = sync.bucket_address()  # all that it has, which is nothing yet
        dataset.save()
        if source is None:
            dataset.source_path = str(originals_folder(dataset.pk))
            dataset.save(update_fields=["source_path"])


def dataset_for_folder(
    *, name: str, folder: Path, private: bool = False, owner: User | None = None
) -> tuple[Dataset, bool]:
    """Returns the dataset of that name over that folder, and whether it is new; a new one is public unless `private`.

    Raises InvalidSource when the name stands for another folder, or when what is asked for differs from what it is.
    """
    existing = existing_for_folder(name=name, folder=folder, private=private, owner=owner)
    if existing is None:
        visibility = Dataset.Visibility.PRIVATE if private else Dataset.Visibility.PUBLIC
        return dataset_create(name=name, source=folder, owner=owner, visibility=visibility), True
    return existing, False


def existing_for_folder(*, name: str, folder: Path, private: bool = False, owner: User | None = None) -> Dataset | None:
    """Returns the dataset of that name over that folder, if any. Raises InvalidSource as `dataset_for_folder` does."""
    existing = Dataset.objects.filter(name__iexact=name.strip()).first()
    if existing is None:
        return None
    if Path(existing.source_path).resolve() != folder:
        raise InvalidSource(
            f"Dataset {existing.name!r} stands for {existing.source_path}, not {folder}. Choose another name."
        )
    if (private and existing.visibility != Dataset.Visibility.PRIVATE) or (owner and existing.owner != owner):
        raise InvalidSource(
            f"Dataset {existing.name!r} exists already: {existing.visibility}, owner {existing.owner or 'nobody'}. "
            "--private and --owner are for new datasets; change this one in the administration."
        )
    return existing


def dataset_delete(dataset: Dataset, each_slice: Callable[[], None] = lambda: None) -> None:
    """Removes the records, images in slices of bounded size, then the files; originals in a server folder stay.

    `each_slice` is called after each of them. For many images `search.datasets.delete` does so in the background.
    Raises BucketUnavailable, and then the dataset is still there.
    """
    dataset_id = dataset.pk
    indexes = [index_folder(version.path) for version in dataset.versions.all()]
    Dataset.with_deleted.filter(pk=dataset_id).update(live_version=None)
    while ids := list(dataset.images.values_list("pk", flat=True)[:_DELETE_SLICE]):
        Image.objects.filter(pk__in=ids).delete()
        each_slice()
    # Before the last record, so that a bucket that is away is asked again.
    sync.delete_dataset(dataset_id, each_slice)
    dataset.delete()
    # Only once the records are really gone: a rollback must find the files in their place.
    transaction.on_commit(lambda: _remove_files(dataset_id, indexes))


def _remove_files(dataset_id: int, indexes: Sequence[Path]) -> None:
    for folder in indexes:
        discard_files(folder)
    remove_dataset_files(dataset_id)


def is_uploaded(dataset: Dataset) -> bool:
    """Tells whether the originals were uploaded, so that more may be added from the browser."""
    return Path(dataset.source_path) == originals_folder(dataset.pk)
