"""Runs: what works or worked on datasets, in the shape in which pages follow them; started and controlled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, cast

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from clipsite.api.pagination import CursorQuery, limit_field, page_of
from clipsite.web.access.objects import dataset_or_404
from clipsite.web.access.tokens import reads, writes
from search.errors import AccessRefused, InvalidQuery
from search.models import Dataset
from search.permissions.audit_log import record
from search.permissions.visibility import can_manage, dataset_named, visible_datasets
from search.query.cursors import fingerprint
from search.retrieval.parameters import Choice, LastText, WholeNumber
from workers.models import Run
from workers.progress.state import RunState, run_state, visible_runs
from workers.runs.control import cancel_run, pause_run, resume_run
from workers.runs.start import start_run

router = Router(auth=reads, tags=["runs"])

MOST_RUNS = 100
_DEFAULT_RUNS = 20


class RunQuery(CursorQuery):
    """Which runs, how many, and after which."""

    dataset: LastText = Field("", description="Name or slug of a dataset: only its runs.")
    state: Annotated[str, Choice(Run.State.values)] = Field("", description="Only runs in this state.")
    limit: Annotated[int, WholeNumber(1, MOST_RUNS)] = limit_field(_DEFAULT_RUNS)


class RunPage(TypedDict):
    """Runs, the newest first; `cursor` leads on, empty at the end."""

    runs: list[RunState]
    cursor: str


class StartRun(Schema):
    """What to start: `index` looks for new, changed and removed images and does the rest, `plan` only says what that
    would be, `rebuild` makes a new index version of the known images, `project` draws the map again."""

    model_config = ConfigDict(json_schema_extra={"example": {"kind": "index"}})
    kind: Literal["index", "plan", "rebuild", "project"]
    priority: Literal["high", "normal", "low"] = "normal"


@router.get(
    "/runs",
    response=RunPage,
    url_name="api-runs",
    operation_id="list_runs",
    summary="List runs",
)
def runs(request: HttpRequest, query: Query[RunQuery]) -> RunPage:
    """Those on datasets that you may see, the newest first."""
    name, state = (one.replace("\0", "") for one in (query.dataset, query.state))
    if state and state not in Run.State.values:
        raise InvalidQuery(f"There is no state {state[:40]!r}; it is one of {', '.join(Run.State.values)}.")
    visible = visible_runs(request.user)
    if name:
        visible = visible.filter(dataset=dataset_named(name, visible_datasets(request.user)))
    if state:
        visible = visible.filter(state=state)
    page = page_of(
        visible,
        by="pk",
        descending=True,
        limit=query.limit,
        cursor=query.cursor,
        key=fingerprint("runs", state, name),
    )
    return {"runs": [run_state(run) for run in page.rows], "cursor": page.cursor}


@router.get("/runs/{int:run_id}", response=RunState, url_name="api-run", operation_id="get_run", summary="One run")
def run(request: HttpRequest, run_id: int) -> RunState:
    """Its stages, counters, speeds and the time that is left."""
    return run_state(_visible_run(request, run_id))


@router.post(
    "/datasets/{slug:slug}/runs",
    auth=writes,
    response={201: RunState},
    url_name="api-run-start",
    operation_id="start_run",
    summary="Start a run",
)
def start(request: HttpRequest, slug: str, body: StartRun, response: HttpResponse) -> RunState:
    """For who manages the dataset. One run at a time works on it; while one does, the answer is 409."""
    dataset = dataset_or_404(request, slug)
    _require_management(request, dataset)
    started = start_run(
        dataset,
        Run.Kind(body.kind),
        requested_by=cast("User", request.user),
        priority=Run.Priority[body.priority.upper()],
    )
    response["Location"] = request.build_absolute_uri(reverse("api-run", args=[started.pk]))
    return run_state(started)


@router.post(
    "/runs/{int:run_id}/pause",
    auth=writes,
    response=RunState,
    url_name="api-run-pause",
    operation_id="pause_run",
    summary="Pause a run",
)
def pause(request: HttpRequest, run_id: int) -> RunState:
    """Batches at work end, no other starts. A run that is paused or has ended stays as it is."""
    _control(request, run_id, pause_run, "pause")
    return run_state(_visible_run(request, run_id))


@router.post(
    "/runs/{int:run_id}/resume",
    auth=writes,
    response=RunState,
    url_name="api-run-resume",
    operation_id="resume_run",
    summary="Resume a run",
)
def resume(request: HttpRequest, run_id: int) -> RunState:
    """A paused run goes on; any other stays as it is."""
    _control(request, run_id, resume_run, "resume")
    return run_state(_visible_run(request, run_id))


@router.post(
    "/runs/{int:run_id}/cancel",
    auth=writes,
    response=RunState,
    url_name="api-run-cancel",
    operation_id="cancel_run",
    summary="Cancel a run",
)
def cancel(request: HttpRequest, run_id: int) -> RunState:
    """It stops within one batch. What is done is kept; the live index version stays. An ended run stays as it is."""
    _control(request, run_id, cancel_run, "cancel")
    return run_state(_visible_run(request, run_id))


def _control(request: HttpRequest, run_id: int, control: Callable[[Run], bool], name: str) -> None:
    run = _managed_run(request, run_id)
    control(run)
    record(request.user, run, f"Asked to {name} the run.")


def _visible_run(request: HttpRequest, run_id: int) -> Run:
    run = visible_runs(request.user).filter(pk=run_id).first()
    if run is None:
        raise Http404(f"There is no run {run_id} here.")
    return run


def _managed_run(request: HttpRequest, run_id: int) -> Run:
    run = _visible_run(request, run_id)
    _require_management(request, run.dataset)
    return run


def _require_management(request: HttpRequest, dataset: Dataset) -> None:
    """That the dataset exists is known already, so this needs no 404."""
    if not can_manage(request.user, dataset):
        raise AccessRefused(f"Runs on {dataset.name!r} are for its owner and for staff.")
