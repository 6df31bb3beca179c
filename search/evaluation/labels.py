"""Labels of an evaluation: texts, and the images of a dataset that each should find."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from search.errors import InvalidSource
from search.ingest.walk import is_image_name
from search.models import Dataset

_NAME_COLUMNS = ("file", "filename", "file_name", "image", "name", "path", "filepath")
_TEXT_COLUMNS = ("caption", "captions", "text", "title", "description", "sentence", "label", "class")
_NAMES_A_QUERY = 500
_WORDNET_ID = re.compile(r"^n\d{8}[_ -]+")


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text, the image that it was written for or all of its class, and all images that it fits as well."""

    text: str
    targets: frozenset[int]
    relevant: frozenset[int]


@dataclass(frozen=True, slots=True)
class Labels:
    """Labelled texts, and how many files they name that the dataset does not have."""

    texts: tuple[LabelledText, ...]
    unknown: int
    first_unknown: str

    def notice(self, dataset: Dataset) -> str:
        """Returns a sentence about the files that were left out, or an empty one."""
        if not self.unknown:
            return ""
        files = "1 file" if self.unknown == 1 else f"{self.unknown:,} files"
        return f"{files} of the captions left out, since dataset {dataset.name!r} has none such: {self.first_unknown}"


def read_labels(source: Path, dataset: Dataset) -> Labels:
    """Reads captions as CSV (or with tabs), JSON in Karpathy's format, or a folder with a folder a class.

    Files are known by their path below the dataset's folder, or by their name where only one image has it.
    Raises InvalidSource for what cannot be read, and where no file is the dataset's.
    """
    is_classes = source.is_dir()
    pairs = list(_of_folder(source) if is_classes else _of_file(source))
    if not pairs:
        raise InvalidSource(f"{source.name} holds no captions. It needs rows of a file name and a caption.")
    ids = _ids_of({name for name, _ in pairs}, dataset)
    unknown = list(dict.fromkeys(name for name, _ in pairs if name not in ids))
    if len(ids) == 0:
        raise InvalidSource(
            f"None of the {len(unknown):,} files that {source.name} names is in dataset {dataset.name!r}, "
            f"for example {unknown[0]!r}. Names are paths below the dataset's folder."
        )
    known = [(ids[name], text) for name, text in pairs if name in ids]
    texts = _of_classes(known) if is_classes else _of_captions(known)
    return Labels(tuple(texts), len(unknown), unknown[0] if unknown else "")


def _of_captions(pairs: Iterable[tuple[int, str]]) -> list[LabelledText]:
    """A text a caption. Where several images have the same caption, each of them is relevant."""
    pairs = list(pairs)
    alike: dict[str, set[int]] = {}
    for image_id, text in pairs:
        alike.setdefault(_words(text), set()).add(image_id)
    return [LabelledText(text, frozenset({image_id}), frozenset(alike[_words(text)])) for image_id, text in pairs]


def _of_classes(pairs: Iterable[tuple[int, str]]) -> list[LabelledText]:
    members: dict[str, set[int]] = {}
    for image_id, text in pairs:
        members.setdefault(text, set()).add(image_id)
    return [LabelledText(text, frozenset(ids), frozenset(ids)) for text, ids in sorted(members.items())]


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _of_folder(source: Path) -> Iterator[tuple[str, str]]:
    """Every folder on the way to a file is a class of it."""
    for path in sorted(source.rglob("*")):
        if path.is_file() and is_image_name(path.name):
            name = path.relative_to(source)
            for folder in name.parts[:-1]:
                yield name.as_posix(), _WORDNET_ID.sub("", folder).replace("_", " ").replace("-", " ").strip()


def _of_file(source: Path) -> Iterator[tuple[str, str]]:
    try:
        content = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSource(f"The captions in {source.name} cannot be read: {error}.") from error
    pairs = _of_json(source.name, content) if source.suffix.lower() == ".json" else _of_rows(source.name, content)
    for name, text in pairs:
        if name.strip() and text.strip():
            yield PurePosixPath(name.strip().replace("\\", "/")).as_posix(), " ".join(text.split())


def _of_rows(source: str, content: str) -> Iterator[tuple[str, str]]:
    lines = content.splitlines()
    if not lines:
        return
    is_tabbed = "\t" in lines[0]
    # Text with tabs has no quotes of its own; what looks like one belongs to the caption.
    rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if is_tabbed else csv.reader(lines)
    name_at, text_at = 0, 1
    for number, row in enumerate(rows, start=1):
        if number == 1 and (columns := _header(row)):
            name_at, text_at = columns
        elif len(row) > max(name_at, text_at):
            yield row[name_at], row[text_at]
        elif any(row):
            raise InvalidSource(f"Line {number} of {source} has no caption. Each needs a file name and a caption.")


def _header(row: list[str]) -> tuple[int, int] | None:
    columns = [column.strip().casefold() for column in row]
    names = [columns.index(name) for name in _NAME_COLUMNS if name in columns]
    texts = [columns.index(name) for name in _TEXT_COLUMNS if name in columns]
    return (names[0], texts[0]) if names and texts else None


def _of_json(source: str, content: str) -> Iterator[tuple[str, str]]:
    try:
        images: list[dict[str, Any]] = json.loads(content)["images"]
        for image in images:
            name = "/".join(part for part in (image.get("filepath"), image["filename"]) if part)
            for sentence in image["sentences"]:
                yield name, str(sentence["raw"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidSource(
            f"{source} is not in Karpathy's format: "
            'it needs {"images": [{"filename": ..., "sentences": [{"raw": ...}]}]}.'
        ) from error


def _ids_of(names: set[str], dataset: Dataset) -> dict[str, int]:
    """Returns the ids of images by their names: by the whole path, or else by a file name that only one image has."""
    ids: dict[str, int] = {}
    listed = sorted(names)
    for start in range(0, len(listed), _NAMES_A_QUERY):
        rows = dataset.images.filter(name__in=listed[start : start + _NAMES_A_QUERY])
        ids |= dict(rows.values_list("name", "pk"))
    if missing := names - ids.keys():
        lasts = {PurePosixPath(name).name for name in missing}
        by_last: dict[str, list[int]] = {}
        for pk, name in dataset.images.values_list("pk", "name").iterator():
            if (last := PurePosixPath(name).name) in lasts:
                by_last.setdefault(last, []).append(pk)
        only = {last: several[0] for last, several in by_last.items() if len(several) == 1}
        ids |= {name: only[last] for name in missing if (last := PurePosixPath(name).name) in only}
    return ids
