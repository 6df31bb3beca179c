"""What the commands that start runs share: naming a dataset, following a run, ending with the right exit code."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from clipsite.server.address import site_address
from search.errors import UserError
from search.models import Dataset
from search.permissions.visibility import dataset_named
from workers.models import Run
from workers.runs.follow import follow, totals

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended."""


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


def add_priority(parser: ArgumentParser) -> None:
    """`--priority`, whose value `priority_named` understands."""
    names = [priority.name.lower() for priority in Run.Priority]
    parser.add_argument(
        "--priority", choices=names, default="normal", help="whether this run goes before or after other active runs"
    )


def priority_named(name: str) -> Run.Priority:
    return Run.Priority[name.upper()]


def announce(run: Run, *, wait: bool) -> None:
    """Says how to watch the run, or follows it to its end; raises CommandError when it did not succeed."""
    page = f"{site_address()}runs/{run.pk}/"
    encoder = f"Encoder: {run.encoder}. {run.encoder_reason}".strip()
    try:
        print(f"{encoder}\nStarted run {run.pk} on {run.dataset.name}. Watch it at {page}", flush=True)  # noqa: T201
        if not wait:
            return
        with user_errors_as_command_errors():
            state = follow(run)
    except KeyboardInterrupt:
        print(f"Run {run.pk} goes on without this window. Watch or cancel it at {page}", file=sys.stderr)  # noqa: T201
        sys.exit(INTERRUPTED)
    if state["state"] != Run.State.DONE:
        raise CommandError(f"Run {run.pk} {state['state_label']}: {state['message']}\n{totals(state)}")
    print(f"{state['message']}\n{totals(state)}")  # noqa: T201
