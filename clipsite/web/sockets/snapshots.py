"""What a page of runs shows first and whenever it asks, as JSON; each run is put into words once for all who ask."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass

from django.db.models import Q

from search.permissions.visibility import Person
from workers.models import Run
from workers.progress.state import SHOWN_RUNS, run_state, visible_runs, with_progress

_SECONDS = 1.0
"""For so long the words of a run are used again while its number stays: the time passed and left are in them."""


@dataclass(frozen=True, slots=True)
class _Words:
    sequence: int
    at: float
    text: str


class SnapshotCache:
    """The words of runs in this process, shared by all: after a restart a thousand browsers ask for the same few."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words: dict[int, _Words] = {}

    def of(self, person: Person) -> str:
        """Return a SnapshotFrame as JSON: active runs and the newest others that the person may see, newest first."""
        runs = dict(shown_runs(person))
        with self._lock:
            self._renew(runs)
            texts = [self._words[pk].text for pk in runs if pk in self._words]
        return f'{{"type": "snapshot", "runs": [{", ".join(texts)}]}}'

    def _renew(self, runs: dict[int, int]) -> None:
        now = time.monotonic()
        self._words = {pk: words for pk, words in self._words.items() if now - words.at < _SECONDS}
        stale = [pk for pk, number in runs.items() if pk not in self._words or self._words[pk].sequence < number]
        for run in with_progress(Run.objects.filter(pk__in=stale)) if stale else ():
            self._words[run.pk] = _Words(run.sequence, now, json.dumps(run_state(run)))


def shown_runs(person: Person) -> list[tuple[int, int]]:
    """Return the ids and message numbers of the runs in a person's snapshot, newest first."""
    runs = visible_runs(person).select_related(None).prefetch_related(None)
    newest = list(runs.values_list("pk", flat=True)[:SHOWN_RUNS])
    return list(runs.filter(Q(state=Run.State.ACTIVE) | Q(pk__in=newest)).values_list("pk", "sequence"))


snapshots = SnapshotCache()
