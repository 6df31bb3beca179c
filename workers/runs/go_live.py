"""The switch to another version, with a run that draws its map where it has none."""

from __future__ import annotations

from django.contrib.auth.models import User

from search.errors import UserError
from search.maps.draw import has_map
from search.maps.request import MapRequest
from search.models import Dataset, IndexVersion
from search.permissions.audit_log import record
from search.versions.lifecycle import switch_to
from workers.models import Run
from workers.runs.start import start_run


def switch_with_map(dataset: Dataset, version: IndexVersion, requested_by: User | None = None) -> str:
    """Make a version live and start the run that draws its map; return a sentence for people. Raises VersionRefused."""
    before = dataset.live_version
    switch_to(dataset, version)
    record(requested_by, dataset, f"Made index version {version.number} live.")
    instead = f" instead of {before.number}" if before and before != version else ""
    sentence = f"Version {version.number} of {dataset.name} is live{instead}; every web process swaps within seconds."
    if has_map(version):
        return sentence
    try:
        request = MapRequest(extends=True).as_json()
        run = start_run(dataset, Run.Kind.PROJECT, requested_by=requested_by, parameters=request)
    except UserError:
        # Another run is active, or Valkey is away. The version is live all the same; the next run draws the map.
        return f"{sentence} Its map is drawn by the next run."
    return f"{sentence} Run {run.pk} draws its map."
