"""The hits of a search as points of a map."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from search.maps.files import NOWHERE, open_map
from search.models import Dataset, Projection
from search.permissions.visibility import Person
from search.retrieval.parameters import Parameters
from search.retrieval.ranking import Hit
from search.retrieval.request import AskedSearch, answer, read_search
from search.values import Order

MOST_HITS = 200


@dataclass(frozen=True, slots=True)
class MapHits:
    """The hits above the relevance threshold with their map indices, best first."""

    hits: list[tuple[int, Hit]]
    total: int
    """How many images meet the conditions of the search."""

    not_on_map: int
    """Hits above the threshold whose images came after the map was drawn."""

    more: bool
    """Whether there are more above the threshold than these."""

    query: str
    notice: str


def read_map_search(parameters: Parameters, dataset: Dataset, person: Person) -> AskedSearch:
    """Reads a search of the search page, in the map's dataset and by relevance. Raises what `read_search` raises."""
    search = read_search({**parameters, "dataset": [dataset.slug]}, person)
    return replace(search, order=Order.RELEVANCE)


def map_hits(projection: Projection, search: AskedSearch) -> MapHits:
    """Runs a search and finds its hits on a map. Raises what searching raises, and UnknownMap."""
    files = open_map(projection)
    results = answer(search, k=MOST_HITS)
    group = results.groups[0]
    indices = files.indices_of(np.array([hit.image.pk for hit in group.relevant], np.int64)).tolist()
    on_map = [(index, hit) for index, hit in zip(indices, group.relevant, strict=True) if index != NOWHERE]
    return MapHits(
        on_map,
        results.total,
        len(indices) - len(on_map),
        bool(group.cursor) and not group.weaker,
        search.question.text,
        results.notice,
    )
