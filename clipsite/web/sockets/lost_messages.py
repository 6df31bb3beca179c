"""Messages that the channel layer lost: numbers in SQL show which, and the states of the runs replace them."""

from __future__ import annotations

from workers.models import Run
from workers.progress.events import RunChanged, run_changed
from workers.progress.state import SHOWN_RUNS, run_state, with_progress

_MOST_RUNS = 10_000


class LostMessages:
    """The highest message number that each run has reached here, compared with the numbers in SQL."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._active: set[int] = set()

    def begin(self) -> None:
        """Start from the present numbers, which the snapshots of the sockets contain."""
        self._numbers = self._read_numbers()

    def is_new(self, run_id: int, number: int) -> bool:
        """Return whether no message of this run had this number or a higher one."""
        return number > self._numbers.get(run_id, -1)

    def note(self, run_id: int, number: int) -> None:
        """Remember the number of a message that is passed on."""
        self._numbers[run_id] = number
        if len(self._numbers) > _MOST_RUNS:
            del self._numbers[min(self._numbers)]

    def find(self) -> list[RunChanged]:
        """Return messages for runs whose number in SQL is higher; two queries where nothing was lost."""
        behind = [pk for pk, number in self._read_numbers().items() if number > self._numbers.get(pk, 0)]
        if not behind:
            return []
        runs = with_progress(Run.objects.filter(pk__in=behind, dataset__deleted_at=None))
        return [run_changed(run_state(run), run.dataset_id) for run in runs]

    def _read_numbers(self) -> dict[int, int]:
        """Read the numbers of the newest runs, of active ones and of those active at the last look."""
        # Separate queries: each then reads one index of the database.
        numbers = dict(Run.objects.order_by("-pk").values_list("pk", "sequence")[:SHOWN_RUNS])
        active = dict(Run.objects.filter(state=Run.State.ACTIVE).order_by().values_list("pk", "sequence"))
        # A run that ended since the last look has a last message, which may be lost too.
        ended = self._active - active.keys()
        if ended:
            numbers |= dict(Run.objects.filter(pk__in=ended).values_list("pk", "sequence"))
        self._active = set(active)
        return numbers | active
