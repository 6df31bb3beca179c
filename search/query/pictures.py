"""Pictures that people search with: uploaded or fetched, kept small for a while, each under a token nobody can guess.

They belong to nobody: whoever has the token, or an address that holds it, may search with the picture and see it.
"""

from __future__ import annotations

import io
import re
import secrets
import threading
from datetime import timedelta
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.crypto import salted_hmac

from search.errors import BadTerm, UnreadableImage
from search.files import cache
from search.files.paths import query_picture_path
from search.images.derivatives import read_picture, store_jpeg

KEPT = timedelta(days=30)
"""After its last use."""

MOST_KEPT = 50_000
"""About 2 GB; beyond it the ones that were not used for longest go, so that nobody fills the disk."""

MOST_BYTES = 20 << 20
MOST_MEGAPIXELS = 40

_FRESH = timedelta(days=1)
"""How long what lay at an address is taken for what lies there; and how exactly the last use is known."""

_TOKEN = re.compile(r"[0-9a-f]{32}")
_readers = threading.Semaphore(2)
"""A large picture takes hundreds of megabytes while it is read."""


def keep_picture(file: IO[bytes]) -> str:
    """Keeps a re-encoded copy; returns its token. Raises BadTerm for what is no picture, or too large a one."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BadTerm(f"The picture is larger than {MOST_BYTES >> 20} MB. Search with a smaller copy of it.")
    token = secrets.token_hex(16)
    _write(token, content, "The picture")
    return token


def picture_file(token: str) -> Path:
    """The JPEG of an uploaded picture, in which this counts as a use. Raises BadTerm when it is no longer kept."""
    path = query_picture_path(token) if _TOKEN.fullmatch(token) else None
    age = None if path is None else cache.age_of(path)
    if path is None or age is None or age > KEPT.total_seconds():
        raise BadTerm(
            f"An uploaded picture of this query is not there, or no longer: pictures are kept for {KEPT.days} days "
            "after their last use. Upload it again."
        )
    cache.note_use(path, _FRESH)
    return path


def picture_file_at(address: str) -> Path:
    """The JPEG of the picture at an address, fetched at most once a day. Raises BadTerm."""
    from search.query.fetch import fetched  # its HTTP library takes long to load, and few ask by address

    path = query_picture_path(token_of(address))
    age = cache.age_of(path)
    if age is None or age > _FRESH.total_seconds():
        _write(path.stem, fetched(address), f"What lies at {address[:80]}")
    return path


def token_of(address: str) -> str:
    """Under which the picture at an address is kept; without the site's secret key it cannot be guessed."""
    return salted_hmac("search.query_pictures", address, algorithm="sha256").hexdigest()[:32]


def shown_picture(token: str) -> bytes | None:
    """The JPEG under a token, of an upload or of an address; looking at it is no use. None when it is not there."""
    if not _TOKEN.fullmatch(token):
        return None
    try:
        return query_picture_path(token).read_bytes()
    except FileNotFoundError:
        return None


def sweep() -> int:
    """Deletes what was not used for long, or is too many; returns how many. May run twice."""
    return cache.sweep(Path(settings.QUERY_PICTURES_DIR).glob("*/*"), max_age=KEPT, most_files=MOST_KEPT)


def _write(token: str, content: bytes, subject: str) -> None:
    try:
        with _readers:
            picture = read_picture(io.BytesIO(content), MOST_MEGAPIXELS).reduced
    except UnreadableImage as error:
        raise BadTerm(f"{subject} cannot be searched with: it {error}.") from error
    store_jpeg(picture, query_picture_path(token))
