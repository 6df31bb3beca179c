"""How a map is drawn: what a person may choose, and within which bounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

FEWEST_NEIGHBOURS, MOST_NEIGHBOURS = 2, 100
MOST_DISTANCE = 0.99
HIGHEST_SEED = 2**31 - 1


class Metric(StrEnum):
    """Distances between unit vectors; under both the nearest are the same, which the index knows."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"


@dataclass(frozen=True, slots=True)
class MapParameters:
    """`neighbours`: how many each point is drawn towards, itself counted; `min_distance`: how close they may come.

    Under a seed the same vectors give the same map, drawn by one core. Without, by all, and each time another one.
    """

    neighbours: int = 15
    min_distance: float = 0.1
    metric: Metric = Metric.COSINE
    seed: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Return the parameters that stand there; the defaults for the rest."""
        names = ("neighbours", "min_distance", "metric", "seed")
        values = {name: stored[name] for name in names if name in stored}
        if "metric" in values:
            values["metric"] = Metric(values["metric"])
        return cls(**values)
