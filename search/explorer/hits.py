"""The hits of a search as points of a map."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from search.maps.files import NOWHERE, open_map
from search.models import Dataset, Projection
from search.permissions.visibility import Person
from search.retrieval.parameters import Parameters
from search.retrieval.ranking import Hit
from search.retrieval.request import PageSearchRequest, Search
from search.values import Order

MOST_HITS = 200


@dataclass(frozen=True, slots=True)
class MapHits:
    """Hits above the relevance threshold with their map indices, best first."""

    hits: list[tuple[int, Hit]]
    total: int
    """The number of images that pass the filters of the search."""

    not_on_map: int
    """Hits above the threshold that came after the map was drawn."""

    more: bool
    """Tells whether there are more above the threshold than these."""

    query: str
    notice: str


def search_on_map(parameters: Parameters, dataset: Dataset, person: Person) -> Search:
    """A search of the search page, in the dataset of the map and by relevance.

    Raises what reading and resolving a `PageSearchRequest` raise.
    """
    request = PageSearchRequest.read({**parameters, "dataset": [dataset.slug]})
    return replace(request.resolve(person), order=Order.RELEVANCE)


def map_hits(projection: Projection, search: Search) -> MapHits:
    """The hits of a search with their places on a map. Raises what searching raises, and UnknownMap."""
    files = open_map(projection)
    results = search.run(k=MOST_HITS)
    group = results.groups[0]
    indices = files.indices_of(np.array([hit.image.pk for hit in group.relevant], np.int64)).tolist()
    hits = [(index, hit) for index, hit in zip(indices, group.relevant, strict=True) if index != NOWHERE]
    return MapHits(
        hits,
        results.total,
        len(indices) - len(hits),
        bool(group.cursor) and not group.below_threshold,
        search.question.text,
        results.notice,
    )
