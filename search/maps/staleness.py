"""How far a map is from the live index, in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from search.models import Dataset, Projection

WORTH_REDRAWING = 0.1
"""The share of images that were only placed, from which on it is worth drawing the map anew."""


@dataclass(frozen=True, slots=True)
class MapState:
    """`sentence` is empty where there is nothing to say; `is_stale` where another map would be better."""

    sentence: str
    is_stale: bool


def map_state(dataset: Dataset, projection: Projection) -> MapState:
    """What a badge on the map says: an index that has gone on, or images that were placed without drawing anew."""
    live = dataset.live_version
    said = []
    is_behind = live is not None and live.pk != projection.version_id
    if live is not None and is_behind:
        said.append(
            f"The index is at version {live.number} with {_images(live.count)}; "
            f"this map shows version {projection.version.number} with {projection.count:,}."
        )
    share = projection.placed / projection.count if projection.count else 0.0
    if projection.placed:
        verb = "was" if projection.placed == 1 else "were"
        said.append(
            f"{_images(projection.placed)} of {projection.count:,} ({_percent(share)}) {verb} placed on it since it "
            "was drawn."
        )
    if share >= WORTH_REDRAWING:
        said.append("Drawn anew, it would make room for them.")
    return MapState(" ".join(said), is_behind or share >= WORTH_REDRAWING)


def _percent(share: float) -> str:
    return "under 1%" if share < 0.01 else f"{share:.0%}"


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"
