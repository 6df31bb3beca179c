"""Which index a collection gets in Milvus, and how widely a search looks in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MOST_EXACT = 50_000
"""Vectors: below, comparing with all of them takes a few milliseconds."""

MOST_IN_A_GRAPH = 20_000_000
"""Vectors: above, a graph over float16 vectors takes more memory than query nodes usually have."""

_WIDEST = 32_768
"""Of the candidates that a graph may keep."""

_LISTS = 1024
"""Of each segment of the server, which has up to a million vectors."""

_WIDEST_GRAPH = 4096
"""Of the width that tuning may choose; beyond, a search is no quicker than comparing with all."""

_MOST_WIDENING = 16
"""Times; where a filter leaves less than one in so many, servers compare with all that it leaves."""

_RATIO = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` as in a manifest; `width` is how many candidates of a graph, or how many lists, a search looks at."""

    name: str
    width: int

    @property
    def widest_width(self) -> int:
        return _WIDEST_GRAPH if self.name == "hnsw" else _LISTS

    def index(self) -> dict[str, Any]:
        """Return the index that the server is to build over the vectors."""
        built: dict[str, dict[str, Any]] = {
            "flat": {"index_type": "FLAT", "params": {}},
            "hnsw": {"index_type": "HNSW", "params": {"M": 16, "efConstruction": 200}},
            "ivf_sq8": {"index_type": "IVF_SQ8", "params": {"nlist": _LISTS}},
        }
        return {"field_name": "vector", "index_name": "vector", "metric_type": "IP", **built[self.name]}

    def parameters(self, k: int, share: float = 1.0) -> dict[str, Any]:
        """Return the parameters of a search for k in this share of the vectors; a smaller share is searched wider."""
        wider = round(self.width * min(1 / share, _MOST_WIDENING))
        if self.name == "hnsw":
            return {"ef": min(max(wider, _RATIO * k), _WIDEST)}
        if self.name == "ivf_sq8":
            return {"nprobe": min(max(wider, k // 16), _LISTS)}
        return {}

    def widest(self, k: int, count: int) -> dict[str, Any]:
        """Return the parameters of a search that may miss nothing, whatever it takes."""
        if self.name == "hnsw":
            return {"ef": max(k, min(count, _WIDEST))}
        if self.name == "ivf_sq8":
            return {"nprobe": _LISTS}
        return {}


def kind_for(count: int) -> Kind:
    """The kind for so many vectors, with the width that tuning begins with."""
    if count <= MOST_EXACT:
        return Kind("flat", 0)
    if count <= MOST_IN_A_GRAPH:
        return Kind("hnsw", 64)
    return Kind("ivf_sq8", 16)
