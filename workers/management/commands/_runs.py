"""What the commands that start runs share: naming a dataset, following a run, ending with the right exit code."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from clipsite.address import site_address
from search.errors import UserError
from search.models import Dataset
from search.services.visibility import dataset_named
from workers.models import Batch, Run
from workers.state import StageState, run_state

_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 20.0


@contextmanager
def user_errors_as_command_errors() -> Iterator[None]:
    """One sentence and exit code 1 instead of a traceback."""
    try:
        yield
    except UserError as error:
        raise CommandError(str(error)) from error


def any_dataset(name: str) -> Dataset:
    """The dataset of that name or slug, for who has the console."""
    return dataset_named(name, Dataset.objects.select_related("live_version__encoder"))


def user_named(username: str | None) -> User | None:
    """The account of that name, or none where none is asked for. Raises UserError for one that is not there."""
    if username is None:
        return None
    user = User.objects.filter(username=username).first()
    if user is None:
        raise UserError(f"There is no account {username!r}. Make it in the administration under Users.")
    return user


def announce(run: Run, *, wait: bool) -> None:
    """Says how to watch the run, or follows it to its end; raises CommandError when it did not succeed."""
    print(f"Encoder: {run.encoder}. {run.encoder_reason}".strip())  # noqa: T201
    if not wait:
        print(f"Started run {run.pk} on {run.dataset.name}. Watch it at {site_address()}runs/{run.pk}/")  # noqa: T201
        return
    follow(run)
    run.refresh_from_db()
    if run.state != Run.State.DONE:
        raise CommandError(f"Run {run.pk} {run.get_state_display()}: {run.message}")
    print(run.message)  # noqa: T201


def follow(run: Run) -> None:
    """Shows live bars until the run is over; the truth is read from SQL, so a restart of anything is survived."""
    columns = (
        TextColumn("{task.description:12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    patience = time.monotonic() + _PATIENCE_SECONDS
    with Progress(*columns, console=console) as progress:
        bars: dict[str, TaskID] = {}
        while True:
            try:
                run.refresh_from_db()
                state = run_state(run)
            except OperationalError:
                connection.close()  # the database restarts; the next look connects anew
                time.sleep(_POLL_SECONDS)
                continue
            for stage in state["stages"]:
                _show(progress, bars, stage)
            if run.state != Run.State.ACTIVE:
                return
            if patience and time.monotonic() > patience:
                patience = 0.0
                _warn_if_idle(run, console)
            time.sleep(_POLL_SECONDS)


def _show(progress: Progress, bars: dict[str, TaskID], stage: StageState) -> None:
    if stage["stage"] not in bars:
        bars[stage["stage"]] = progress.add_task(stage["label"], total=None, speed="", start=False)
    bar = bars[stage["stage"]]
    if stage["state"] != "waiting" and not progress.tasks[bar].started:
        progress.start_task(bar)
    speed = f"{stage['rate']:.1f}/s" if stage["rate"] else ""
    finished = stage["done"] + stage["failed"]
    if stage["eta_seconds"]:
        speed += f", {stage['eta_seconds']:.0f} s left"
    # An unknown total makes the bar pulse, which a stage that only waits must not.
    total = stage["total"] or (1 if stage["state"] == "waiting" else None)
    progress.update(bar, total=total, completed=finished, speed=speed)
    if stage["state"] == "done":
        progress.stop_task(bar)


def _warn_if_idle(run: Run, console: Console) -> None:
    if not run.batches.exclude(state=Batch.State.QUEUED).exists():
        console.print("No worker has taken the run yet. Is clipsite running? Start it with: make run")
