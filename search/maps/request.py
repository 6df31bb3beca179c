"""What a person asks of a map: with which parameters it is to be drawn, or only that new images be placed on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from search.errors import InvalidQuery
from search.parsing import whole_number
from search.projection.parameters import (
    FEWEST_NEIGHBOURS,
    HIGHEST_SEED,
    MOST_DISTANCE,
    MOST_NEIGHBOURS,
    MapParameters,
    Metric,
)

NO_SEED = "none"


@dataclass(frozen=True, slots=True)
class MapRequest:
    """Without parameters those of the map before are taken. `places`: new images go onto it where it stands."""

    parameters: MapParameters | None = None
    places: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"map": self.parameters and self.parameters.as_json(), "places": self.places}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        parameters = kept.get("map")
        return cls(MapParameters.from_json(parameters) if parameters else None, kept.get("places", False))


def parameters_asked(given: Mapping[str, str]) -> MapParameters:
    """From `neighbours`, `min_distance`, `metric` and `seed`; what is empty is as usual. Raises InvalidQuery."""
    usual = MapParameters()
    neighbours, distance = given.get("neighbours", "").strip(), given.get("min_distance", "").strip()
    return MapParameters(
        neighbours=whole_number("neighbours", neighbours, low=FEWEST_NEIGHBOURS, high=MOST_NEIGHBOURS)
        if neighbours
        else usual.neighbours,
        min_distance=_distance(distance) if distance else usual.min_distance,
        metric=_metric(given.get("metric", "").strip()) or usual.metric,
        seed=_seed(given.get("seed", "").strip(), usual.seed),
    )


def _distance(value: str) -> float:
    try:
        distance = float(value)
    except ValueError:
        distance = math.nan
    if not 0.0 <= distance <= MOST_DISTANCE:
        raise InvalidQuery(
            f"The parameter min_distance is {value[:40]!r}; it must be a number from 0 to {MOST_DISTANCE}."
        )
    return distance


def _metric(value: str) -> Metric | None:
    if value and value not in set(Metric):
        raise InvalidQuery(f"There is no metric {value[:40]!r}; it is one of {', '.join(Metric)}.")
    return Metric(value) if value else None


def _seed(value: str, usual: int | None) -> int | None:
    if value == NO_SEED:
        return None
    return whole_number("seed", value, low=0, high=HIGHEST_SEED) if value else usual
