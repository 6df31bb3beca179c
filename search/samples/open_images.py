"""The Open Images validation set: 41,620 photos at most 1,024 pixels long, fetched one by one over HTTPS."""

from __future__ import annotations

import csv
import hashlib
import http.client
import re
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from search.files.atomic import atomic_file
from search.samples.base import OnMessage, SampleSet, SourceUnavailable, write_captions
from search.values import Report

LIST_URL = "https://storage.googleapis.com/openimages/2018_04/validation/validation-images-with-rotation.csv"
PHOTO_URL = "https://open-images-dataset.s3.amazonaws.com/validation"
DEFAULT_COUNT = 500
THREADS = 8
TRIES = 3
TIMEOUT = 30
PROBE_SECONDS = 5.0
COLUMNS = ("ImageID", "Title", "Author", "License")
PHOTO_ID = re.compile(r"[0-9a-f]{16}")
MD5 = re.compile(r'"([0-9a-f]{32})"')
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Photo:
    """One line of the published list: the id names the file, the rest credits its author."""

    id: str
    title: str
    author: str
    licence: str

    @property
    def name(self) -> str:
        return f"{self.id}.jpg"


class OpenImages:
    """The first `count` photos of the list; a fetch that was broken off goes on where it stopped."""

    title = "Open Images"
    slug = "open-images"

    def __init__(self, list_url: str = LIST_URL, photo_url: str = PHOTO_URL) -> None:
        self._list_url, self._photo_url = list_url, photo_url

    def fetch(self, destination: Path, count: int | None, say: OnMessage, report: Report) -> SampleSet:
        photos = self._read_list(destination)[: count or DEFAULT_COUNT]
        folder, captions = destination / "photos", destination / "captions.tsv"
        folder.mkdir(exist_ok=True)
        write_captions(captions, ((photo.name, photo.title, photo.author, photo.licence) for photo in photos))
        missing = [photo for photo in photos if not (folder / photo.name).exists()]
        if missing:
            say(f"Downloading {len(missing):,} of {len(photos):,} photos of the Open Images validation set.")
        failures = self._download(missing, folder, len(photos), report)
        if len(failures) == len(photos):
            raise SourceUnavailable(f"no photo could be downloaded ({failures[0]})")
        if failures:
            say(f"{len(failures):,} photos could not be downloaded ({failures[0]}); the same command tries them again.")
        return SampleSet(self.title, folder, len(photos) - len(failures), captions)

    def _read_list(self, destination: Path) -> list[Photo]:
        """The published list, kept beside the photos."""
        file = destination / "list.csv"
        if not file.exists():
            # A look-up of a name without a network may hang far beyond any socket's time-out.
            within(PROBE_SECONDS, lambda: _open(self._list_url, PROBE_SECONDS).close())
            content = _get(self._list_url)[0]
            with atomic_file(file) as target:
                target.write(content)
        with file.open(encoding="utf-8", newline="") as lines:
            rows = [row for row in csv.DictReader(lines) if PHOTO_ID.fullmatch(row.get("ImageID") or "")]
        if not rows:
            file.unlink()
            raise SourceUnavailable("its list of photos is not readable")
        return [
            Photo(row["ImageID"], row.get("Title", ""), row.get("Author", ""), row.get("License", "")) for row in rows
        ]

    def _download(self, missing: list[Photo], folder: Path, total: int, report: Report) -> list[str]:
        """Downloads with a few threads and returns why the photos failed that could not be had."""
        failures: list[str] = []
        done = total - len(missing)
        report(done, total)
        with ThreadPoolExecutor(THREADS) as pool:
            pending: list[Future[None]] = [pool.submit(self._save, photo, folder) for photo in missing]
            try:
                for future in as_completed(pending):
                    try:
                        future.result()
                    except SourceUnavailable as reason:
                        failures.append(str(reason))
                    done += 1
                    report(done, total)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return failures

    def _save(self, photo: Photo, folder: Path) -> None:
        url = f"{self._photo_url}/{photo.name}"
        for attempt in range(1, TRIES + 1):
            try:
                content, etag = _get(url)
                _verify(content, etag, photo.name)
            except SourceUnavailable:
                if attempt == TRIES:
                    raise
            else:
                with atomic_file(folder / photo.name) as target:
                    target.write(content)
                return


def within(seconds: float, call: Callable[[], Answer]) -> Answer:
    """The call's answer, or SourceUnavailable when it takes longer; the call itself is left to end by itself."""
    answers: list[Answer] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            answers.append(call())
        except SourceUnavailable as reason:
            failures.append(reason)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not answers:
        raise SourceUnavailable(f"no answer within {seconds:g} s")
    return answers[0]


def _get(url: str) -> tuple[bytes, str]:
    """The whole body, checked against the announced length, and the ETag."""
    try:
        with _open(url, TIMEOUT) as response:
            return response.read(), response.headers.get("ETag", "")
    except (OSError, http.client.HTTPException) as error:
        raise SourceUnavailable(_reason(error)) from error


def _open(url: str, timeout: float) -> http.client.HTTPResponse:
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(url, timeout=timeout)  # noqa: S310 (fixed addresses)
    except (OSError, http.client.HTTPException) as error:
        raise SourceUnavailable(_reason(error)) from error
    return response


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", "") or error or type(error).__name__)


def _verify(content: bytes, etag: str, name: str) -> None:
    """The bucket's ETag is the MD5 of the file; where there is none, a whole JPEG has to do."""
    if (match := MD5.fullmatch(etag)) is not None:
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != match[1]:
            raise SourceUnavailable(f"{name} arrived damaged")
    elif not (content.startswith(b"\xff\xd8") and content.rstrip(b"\0").endswith(b"\xff\xd9")):
        raise SourceUnavailable(f"{name} is no whole JPEG")
