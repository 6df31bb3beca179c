"""Sample photos for an empty library, from the first source that answers."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from search.errors import DiskFull, InvalidSource
from search.samples.base import OnMessage, SampleSet, Source, SourceUnavailable
from search.samples.open_images import OpenImages
from search.samples.scikit import ScikitImagePhotos
from search.samples.stamps import DebianStamps
from search.values import Report

__all__ = ["SampleSet", "fetch_samples"]


def sources() -> tuple[Source, ...]:
    """The sources in the order in which they are tried, the best first."""
    return (OpenImages(), DebianStamps(), ScikitImagePhotos())


def fetch_samples(
    destination: Path, count: int | None, say: OnMessage, report: Report, candidates: tuple[Source, ...] | None = None
) -> SampleSet:
    """Fetches photos below `destination` and says which source answered, and why those before it did not."""
    reasons = []
    for source in candidates or sources():
        try:
            samples = source.fetch(destination / source.slug, count, say, report)
        except SourceUnavailable as reason:
            say(f"{source.title} cannot be fetched: {reason}.")
            reasons.append(f"{source.title}: {reason}")
        except (OSError, DiskFull) as error:
            # What the system says of a full disk: the sentence of DiskFull is about the disk of the data folder.
            cause = error.__cause__ if isinstance(error, DiskFull) else error
            raise InvalidSource(f"The photos cannot be stored below {destination}: {cause}.") from error
        else:
            say(f"{source.title}: {samples.count:,} photos in {samples.folder}.")
            return samples
    raise InvalidSource(
        f"No source of sample photos answers ({'; '.join(reasons)}). "
        f"Index photos of your own instead: {settings.COMMAND} ingest NAME PATH."
    )
