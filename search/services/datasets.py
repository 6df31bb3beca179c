"""Making datasets from a server folder, uploaded files or a zip, and removing them."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from search.errors import InvalidSource
from search.models import Dataset
from search.storage import originals_folder, remove_dataset_files


def check_folder(path: Path, *, roots: list[Path]) -> Path:
    """The resolved folder, once it is known to exist, to be readable and to lie below one of `roots`.

    Raises InvalidSource.
    """
    if not path.exists():
        raise InvalidSource(f"There is no folder {path}. Check the path; it must exist on the server.")
    if not path.is_dir():
        raise InvalidSource(f"{path} is a file, not a folder. Name the folder that holds the images.")
    folder = path.resolve()
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
    """Whoever has the console may name any folder, unless the administrator has named roots."""
    return list(settings.IMAGE_ROOTS) or [Path("/")]


def free_slug(name: str) -> str:
    """A slug for `name` that no dataset has yet."""
    base = slugify(name)[:120] or "dataset"
    slug, number = base, 2
    while Dataset.objects.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug


def dataset_create(*, name: str, source: Path | None, owner: User | None, visibility: Dataset.Visibility) -> Dataset:
    """A new dataset; without `source` its originals will be uploaded. Raises InvalidSource when the name is taken."""
    name = name.strip()
    if not name:
        raise InvalidSource("A dataset needs a name.")
    slug = free_slug(name)
    folder = source or originals_folder(slug)
    try:
        with transaction.atomic():
            return Dataset.objects.create(
                name=name, slug=slug, owner=owner, visibility=visibility, source_path=str(folder)
            )
    except IntegrityError as error:
        raise InvalidSource(f"There is a dataset {name!r} already. Choose another name.") from error


def dataset_for_folder(
    *, name: str, folder: Path, visibility: Dataset.Visibility, owner: User | None = None
) -> tuple[Dataset, bool]:
    """The dataset of that name over that folder, and whether it is new.

    Raises InvalidSource when the name stands for another folder.
    """
    existing = Dataset.objects.filter(name__iexact=name.strip()).first()
    if existing is None:
        return dataset_create(name=name, source=folder, owner=owner, visibility=visibility), True
    if Path(existing.source_path).resolve() != folder:
        raise InvalidSource(
            f"Dataset {existing.name!r} stands for {existing.source_path}, not {folder}. Choose another name."
        )
    return existing, False


def dataset_delete(dataset: Dataset) -> None:
    """Removes the records, then the files; originals in a server folder stay."""
    dataset_id, slug = dataset.pk, dataset.slug
    dataset.delete()
    remove_dataset_files(dataset_id, slug)


def is_uploaded(dataset: Dataset) -> bool:
    """Whether the originals were uploaded, so that more may be added from the browser."""
    return Path(dataset.source_path) == originals_folder(dataset.slug)
