"""How far a map is from the live index, in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from search.models import Dataset, Projection

WORTH_REDRAWING = 0.1
"""The share of images that were only placed, from which on it is worth redrawing the map."""


@dataclass(frozen=True, slots=True)
class Staleness:
    """The age of a map beside the live index: `sentence` may be empty; another map would be better if it `is_stale`."""

    sentence: str
    is_stale: bool


def staleness_of(dataset: Dataset, projection: Projection) -> Staleness:
    """Describes for a badge on the map that the index has gone on, or that the map was extended and not redrawn."""
    live = dataset.live_version
    sentences = []
    is_behind = live is not None and live.pk != projection.version_id
    if live is not None and is_behind:
        sentences.append(
            f"The index is at version {live.number} with {_images(live.count)}; "
            f"this map shows version {projection.version.number} with {projection.count:,}."
        )
    share = projection.placed / projection.count if projection.count else 0.0
    if projection.placed:
        verb = "was" if projection.placed == 1 else "were"
        sentences.append(
            f"{_images(projection.placed)} of {projection.count:,} ({_percent(share)}) {verb} placed on it since it "
            "was drawn."
        )
    if share >= WORTH_REDRAWING:
        sentences.append("Drawn anew, it would make room for them.")
    return Staleness(" ".join(sentences), is_behind or share >= WORTH_REDRAWING)


def _percent(share: float) -> str:
    return "under 1%" if share < 0.01 else f"{share:.0%}"


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"
