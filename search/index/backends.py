"""Which kinds of vector index there are: found by the name in a version's manifest, chosen by a setting."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings

from search.errors import ServiceUnavailable
from search.index.base import IndexBackend
from search.index.faiss import backend as faiss_backend
from search.index.milvus import backend as milvus_backend


def _faiss() -> IndexBackend:
    return faiss_backend.FaissBackend(settings.INDEX_RECALL)


_backends: dict[str, Callable[[], IndexBackend]] = {
    faiss_backend.BACKEND: _faiss,
    milvus_backend.BACKEND: milvus_backend.from_settings,
}


def register_backend(name: str, make: Callable[[], IndexBackend]) -> None:
    """Makes a kind known under the word with which its values of `CLIPSITE_VECTORS` begin and its manifests name it."""
    _backends[name] = make


def backend_by_name(name: str) -> IndexBackend:
    """The kind that made a version. Raises ServiceUnavailable when it is not known, or has no address, here."""
    make = _backends.get(name)
    if make is None:
        raise ServiceUnavailable(
            f"This index is of the kind {name!r}, which this clipsite does not know. "
            f"Install the version that made it, or build the index again with {settings.COMMAND} reindex."
        )
    return make()


def default_backend_name() -> str:
    """The name of the kind in which new versions are made: `milvus` of `milvus-lite:///folder/file.db`."""
    return re.split(r"[^a-z]", settings.VECTORS, maxsplit=1)[0]
