"""The page of a dataset in the admin: what it shows beside its form, and the actions of its buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

from search.errors import UserError
from search.models import Dataset, DatasetUsage
from search.permissions.audit_log import record
from search.versions.overview import index_alerts
from workers.models import ImageFailure, Run
from workers.runs.maintenance import request_index_check
from workers.runs.start import start_run


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The result of an action in a sentence, and the page on which it can be watched."""

    sentence: str
    is_done: bool = True
    address: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A button: its action, its label, and what the action does."""

    what: str
    label: str
    about: str
    needs_index: bool = False


BUTTONS = (
    Button("plan", "Look for changes", "Compares the folder with the records and says what indexing would do."),
    Button("index", "Index", "Finds new, changed and removed images, and publishes a version that has them."),
    Button("rebuild", "Rebuild", "Builds a new version from the known images."),
    Button("map", "Draw the map", "Draws the map of the live version anew.", needs_index=True),
    Button("tags", "Assign tags", "Gives the words of the vocabulary to images.", needs_index=True),
    Button("copies", "Find copies", "Looks for equal and similar pictures.", needs_index=True),
    Button("compare", "Reconcile", "Compares index and database, and rebuilds where they differ.", needs_index=True),
)

_KINDS = {
    "plan": Run.Kind.PLAN,
    "index": Run.Kind.INDEX,
    "rebuild": Run.Kind.REBUILD,
    "map": Run.Kind.PROJECT,
    "tags": Run.Kind.TAG,
    "copies": Run.Kind.COMPARE,
}


def dataset_context(dataset: Dataset) -> dict[str, Any]:
    """Returns the context of `admin/dataset_form.html`; a few queries, none of which counts images."""
    return {
        "dataset_facts": dataset,
        "upkeep": DatasetUsage.objects.filter(dataset=dataset).first(),
        "alerts": index_alerts(Dataset.objects.filter(pk=dataset.pk)),
        "run": dataset.runs.filter(state=Run.State.ACTIVE).first(),
        "latest_runs": dataset.runs.all()[:3],
        "buttons": [button for button in BUTTONS if dataset.live_version or not button.needs_index],
        "has_failures": dataset.failures.exclude(state=ImageFailure.State.IGNORED).exists(),
    }


def _starts(kind: Run.Kind) -> Callable[[Dataset, User], ActionResult]:
    def start(dataset: Dataset, person: User) -> ActionResult:
        try:
            run = start_run(dataset, kind, requested_by=person)
        except UserError as error:
            return ActionResult(str(error), is_done=False)
        return ActionResult(f"Started: {run}", address=reverse("run", args=[run.pk]))

    return start


def _compare(dataset: Dataset, person: User) -> ActionResult:
    if request_index_check(dataset):
        record(person, dataset, "Asked to compare index and database.")
        return ActionResult("A worker compares index and database now; what it finds stands here in a moment.")
    return ActionResult("Nobody could be asked, since Valkey does not answer. Start it and try again.", is_done=False)


ACTIONS: dict[str, Callable[[Dataset, User], ActionResult]] = {
    "compare": _compare,
    **{what: _starts(kind) for what, kind in _KINDS.items()},
}
