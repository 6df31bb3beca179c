"""Where files of the site lie."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings


def derivative_path(dataset_id: int, checksum: str) -> Path:
    """Return the path of a derivative, named by content, so that a renamed or doubled original keeps its own."""
    return Path(settings.DERIVATIVES_DIR) / str(dataset_id) / checksum[:2] / f"{checksum}.jpg"


def derived_checksums(dataset_id: int, beginning: str) -> set[str]:
    """Checksums with these first two digits whose derivative lies on the disk; one listing, no call per file."""
    try:
        with os.scandir(derivative_path(dataset_id, beginning).parent) as entries:
            return {entry.name.removesuffix(".jpg") for entry in entries}
    except FileNotFoundError:
        return set()


def originals_folder(dataset_id: int) -> Path:
    """Return the folder of the uploaded originals of a dataset; by id, which no other dataset ever gets."""
    return Path(settings.ORIGINALS_DIR) / str(dataset_id)


def query_picture_path(token: str) -> Path:
    """Return the path of a picture that somebody searched with."""
    return Path(settings.QUERY_PICTURES_DIR) / token[:2] / f"{token}.jpg"


def map_selection_path(token: str) -> Path:
    """Return the path of a selection of points on a map."""
    return Path(settings.MAP_CACHE_DIR) / "selections" / token[:2] / token


def map_tiles_folder(projection_id: int) -> Path:
    """Return the folder of the tiles of a map; no other map ever gets its id."""
    return Path(settings.MAP_CACHE_DIR) / "tiles" / str(projection_id)


def index_folder(version_path: str) -> Path:
    return Path(settings.INDEXES_DIR) / version_path


def projection_folder(projection_path: str) -> Path:
    return Path(settings.PROJECTIONS_DIR) / projection_path


def remove_dataset_files(dataset_id: int) -> None:
    """Deletes everything derived from a dataset, and uploaded originals; a server folder is never touched."""
    for folder in (
        Path(settings.DERIVATIVES_DIR) / str(dataset_id),
        Path(settings.INDEXES_DIR) / str(dataset_id),
        Path(settings.PROJECTIONS_DIR) / str(dataset_id),
        originals_folder(dataset_id),
    ):
        shutil.rmtree(folder, ignore_errors=True)
