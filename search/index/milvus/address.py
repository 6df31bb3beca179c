"""Where Milvus is: the `milvus` addresses of `CLIPSITE_VECTORS`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

SERVER, SECURE_SERVER, FILE = "milvus", "milvus+https", "milvus-lite"
_PORT = 19530


@dataclass(frozen=True, slots=True)
class MilvusAddress:
    """An address as the client wants it; `shown` names the place without the password."""

    uri: str
    shown: str
    user: str = ""
    password: str = ""
    database: str = ""

    @property
    def is_file(self) -> bool:
        """Return whether a server inside this process opens a file."""
        return not self.uri.startswith("http")


def parse(address: str) -> MilvusAddress | None:
    """`milvus://`, `milvus+https://user:password@host:port/database` or `milvus-lite:///path.db`; None for others."""
    parts = urlsplit(address)
    if parts.scheme == FILE:
        path = Path(unquote(parts.path))
        return MilvusAddress(str(path), str(path))
    if parts.scheme not in {SERVER, SECURE_SERVER}:
        return None
    place = f"{parts.hostname}:{parts.port or _PORT}"
    return MilvusAddress(
        f"{'https' if parts.scheme == SECURE_SERVER else 'http'}://{place}",
        place,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        parts.path.strip("/"),
    )
