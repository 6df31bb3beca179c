"""The request for a map: to redraw it with parameters, or only to extend it by new images."""

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
    """The way in which a run draws a map. Without parameters it takes those of the map before; `extends` adds to it."""

    parameters: MapParameters | None = None
    extends: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"map": self.parameters and self.parameters.as_json(), "places": self.extends}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        parameters = stored.get("map")
        return cls(MapParameters.from_json(parameters) if parameters else None, stored.get("places", False))


def read_parameters(values: Mapping[str, str]) -> MapParameters:
    """Reads the parameters of a map; those that are empty or not given have their defaults. Raises InvalidQuery."""
    default = MapParameters()
    neighbours, distance = values.get("neighbours", "").strip(), values.get("min_distance", "").strip()
    return MapParameters(
        neighbours=whole_number("neighbours", neighbours, low=FEWEST_NEIGHBOURS, high=MOST_NEIGHBOURS)
        if neighbours
        else default.neighbours,
        min_distance=_distance(distance) if distance else default.min_distance,
        metric=_metric(values.get("metric", "").strip()) or default.metric,
        seed=_seed(values.get("seed", "").strip(), default.seed),
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


def _seed(value: str, default: int | None) -> int | None:
    if value == NO_SEED:
        return None
    return whole_number("seed", value, low=0, high=HIGHEST_SEED) if value else default
