"""Messages that the channel layer lost: numbers in SQL tell which, and the states of the runs make up for them."""

from __future__ import annotations

from django.db.models import Q

from workers.events import RunChanged, run_changed
from workers.models import Run
from workers.state import SHOWN_RUNS, run_state, with_progress

_REMEMBERED = 10_000


class Missed:
    """Knows the highest number that was told of each run."""

    def __init__(self) -> None:
        self._told: dict[int, int] = {}
        self._followed: set[int] = set()

    def begin(self) -> None:
        """What is so far was told by the snapshots."""
        self._told = {pk: number for pk, number, _ in self._numbers()}

    def is_news(self, run_id: int, number: int) -> bool:
        """Whether this number was not told yet; from now on it is."""
        if number <= self._told.get(run_id, -1):
            return False
        self._told[run_id] = number
        if len(self._told) > _REMEMBERED:
            del self._told[min(self._told)]
        return True

    def look(self) -> list[RunChanged]:
        """The states of runs whose number is higher than what was told; two queries where nothing was lost."""
        behind = [pk for pk, number, _ in self._numbers() if number > self._told.get(pk, 0)]
        if not behind:
            return []
        runs = with_progress(Run.objects.filter(pk__in=behind, dataset__deleted_at=None))
        return [run_changed(run_state(run), run.dataset_id) for run in runs]

    def _numbers(self) -> list[tuple[int, int, str]]:
        newest = list(Run.objects.order_by("-pk").values_list("pk", flat=True)[:SHOWN_RUNS])
        # What was active a moment ago may have ended since.
        shown = Run.objects.filter(Q(state=Run.State.ACTIVE) | Q(pk__in=[*newest, *self._followed]))
        found = list(shown.values_list("pk", "sequence", "state"))
        self._followed = {pk for pk, _, state in found if state == Run.State.ACTIVE}
        return found
