"""The line that a run's log has on the map that it drew."""

from __future__ import annotations

from search.models import Projection

_STEPS = {"neighbours": "neighbours", "layout": "layout", "place": "placing", "clusters": "clusters", "names": "names"}


def drawing_report(projection: Projection) -> str:
    """Describes a drawn map in sentences: images, seconds by step, and how far it can be trusted."""
    images = "1 image" if projection.count == 1 else f"{projection.count:,} images"
    if projection.based_on:
        new = projection.placed - projection.based_on.placed
        first = (
            f"Map of {images}: {new:,} new placed on the map of version {projection.based_on.version.number} in "
            f"{projection.seconds:.0f} s"
        )
    else:
        first = f"Map of {images} drawn in {projection.seconds:.0f} s"
    parts = ", ".join(
        f"{word} {projection.timings[step]:.1f} s" for step, word in _STEPS.items() if step in projection.timings
    )
    sentences = [f"{first}: {parts}."]
    if projection.fitted < projection.count - projection.placed:
        sentences.append(f"UMAP saw {projection.fitted:,} of them, the others were placed among these.")
    if projection.trustworthiness is not None:
        sentences.append(f"Trustworthiness {projection.trustworthiness:.3f}.")
    return " ".join(sentences)
