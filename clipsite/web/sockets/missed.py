"""Messages that the channel layer lost: numbers in SQL tell which, and the states of the runs make up for them."""

from __future__ import annotations

from workers.models import Run
from workers.progress.events import RunChanged, run_changed
from workers.progress.state import SHOWN_RUNS, run_state, with_progress

_REMEMBERED = 10_000


class Missed:
    """Knows the highest number that was told of each run."""

    def __init__(self) -> None:
        self._told: dict[int, int] = {}
        self._followed: set[int] = set()

    def begin(self) -> None:
        """What is so far was told by the snapshots."""
        self._told = self._numbers()

    def is_news(self, run_id: int, number: int) -> bool:
        """Whether this number was not told yet."""
        return number > self._told.get(run_id, -1)

    def note(self, run_id: int, number: int) -> None:
        """It is told now."""
        self._told[run_id] = number
        if len(self._told) > _REMEMBERED:
            del self._told[min(self._told)]

    def look(self) -> list[RunChanged]:
        """The states of runs whose number is higher than what was told; two queries where nothing was lost."""
        behind = [pk for pk, number in self._numbers().items() if number > self._told.get(pk, 0)]
        if not behind:
            return []
        runs = with_progress(Run.objects.filter(pk__in=behind, dataset__deleted_at=None))
        return [run_changed(run_state(run), run.dataset_id) for run in runs]

    def _numbers(self) -> dict[int, int]:
        """Of the newest runs, and of those that are active or were so a moment ago; each query reads one index."""
        numbers = dict(Run.objects.order_by("-pk").values_list("pk", "sequence")[:SHOWN_RUNS])
        active = dict(Run.objects.filter(state=Run.State.ACTIVE).order_by().values_list("pk", "sequence"))
        ended = self._followed - active.keys()
        if ended:
            numbers |= dict(Run.objects.filter(pk__in=ended).values_list("pk", "sequence"))
        self._followed = set(active)
        return numbers | active
