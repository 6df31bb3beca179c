"""`--wait`: the numbers of a run as its page shows them, read from SQL until the run is over."""

from __future__ import annotations

import time
from collections.abc import Mapping

from django.db import OperationalError, connection
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from search.errors import UserError
from workers.models import Run, RunEvent
from workers.progress import words as progress_words
from workers.progress.state import RunState, run_state, with_progress
from workers.registry import EMBED
from workers.runs.stalled import why_idle

_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 20.0
_LINE_SECONDS = 30.0


def follow(run: Run) -> RunState:
    """Show the run until it is over and return its last state; survive a restart of anything."""
    console = Console(stderr=True)
    with Progress(*_columns(), console=console) as bars:
        screen = _Screen(run, bars)
        while True:
            try:
                run = with_progress(Run.objects.filter(pk=run.pk)).get()
                state = run_state(run)
                screen.show(run, state)
            except OperationalError:
                connection.close()  # the database restarts; the next look connects anew
            except Run.DoesNotExist:
                raise UserError(f"Run {run.pk} is gone: its dataset was deleted.") from None
            else:
                if run.state != Run.State.ACTIVE:
                    return state
            time.sleep(_POLL_SECONDS)


def totals(state: RunState) -> str:
    """Return the last line: what the whole run did, how long it took and how fast that was."""
    done = next((stage["done"] for stage in state["stages"] if stage["stage"] == EMBED), 0)
    seconds = max(state["elapsed_seconds"], 1e-3)
    took = progress_words.duration(seconds)
    encoded = [f"{progress_words.images(done)} encoded in {took}", f"{done / seconds:,.1f} images/s end to end"]
    parts = encoded if done else [f"Took {took}", "nothing to encode"]
    parts += [state["words"]["read"], f"{state['failures']:,} failed"]
    return f"{', '.join(part for part in parts if part)}."


def _columns() -> list[BarColumn | TextColumn]:
    def text(field: str, justify: str = "right") -> TextColumn:
        return TextColumn(f"{{task.fields[{field}]}}", table_column=Column(justify=justify, no_wrap=True))  # type: ignore[arg-type]

    label = TextColumn("{task.description}", table_column=Column(no_wrap=True))
    numbers = [text("count"), text("rate"), text("eta", "left"), text("read"), text("failed")]
    return [label, BarColumn(bar_width=None), *numbers]


class _Screen:
    """The bars on a terminal, a line now and then elsewhere; warnings of the run's log above them as they come."""

    def __init__(self, run: Run, bars: Progress) -> None:
        self._bars = bars
        self._rows: dict[str, TaskID] = {}
        self._last_event = 0
        self._moved_at = self._line_at = time.monotonic()
        self._last_numbers: object = None
        self._last_reason = ""

    def show(self, run: Run, state: RunState) -> None:
        self._show_events(run)
        for stage in state["stages"]:
            # An unknown total makes the bar pulse, which a stage that only waits must not.
            total = stage["total"] or (None if stage["state"] == "active" else 1)
            done = total if stage["state"] == "done" else stage["done"] + stage["failed"]
            self._row(stage["label"], done or 0, total, stage["words"])
        words = state["words"]
        whole = {"count": words["percent"], "rate": words["elapsed"], **words}
        self._row(f"run {state['id']}", state["share"], 1, whole)
        self._warn_if_idle(run, state)
        self._say_line(state)

    def _row(self, label: str, done: float, total: float | None, words: Mapping[str, object]) -> None:
        if label not in self._rows:
            self._rows[label] = self._bars.add_task(label, total=None, count="", rate="", eta="", read="", failed="")
        self._bars.update(self._rows[label], total=total, completed=done, **words)  # type: ignore[arg-type]

    def _show_events(self, run: Run) -> None:
        for event in run.events.filter(pk__gt=self._last_event).exclude(level=RunEvent.Level.INFO):
            self._last_event = event.pk
            self._say(f"{event.get_level_display().capitalize()}: {event.text}", "yellow")

    def _warn_if_idle(self, run: Run, state: RunState) -> None:
        numbers = [(stage["state"], stage["total"], stage["done"], stage["failed"]) for stage in state["stages"]]
        if numbers != self._last_numbers:
            self._last_numbers, self._last_reason, self._moved_at = numbers, "", time.monotonic()
        if run.state != Run.State.ACTIVE or time.monotonic() - self._moved_at < _PATIENCE_SECONDS:
            return
        reason = why_idle(run) or ""
        # A number in the sentence may change; it is the same news all the same.
        if reason and reason[:20] != self._last_reason:
            self._last_reason = reason[:20]
            self._say(reason, "yellow")

    def _say_line(self, state: RunState) -> None:
        if self._bars.console.is_terminal or time.monotonic() - self._line_at < _LINE_SECONDS:
            return
        self._line_at = time.monotonic()
        words = state["words"]
        active = [stage for stage in state["stages"] if stage["state"] == "active"]
        stages = [" ".join(filter(None, (s["label"], s["words"]["count"], s["words"]["rate"]))) for s in active]
        self._say(", ".join(filter(None, (words["percent"], *stages, words["eta"], words["read"], words["failed"]))))

    def _say(self, text: str, style: str | None = None) -> None:
        self._bars.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
