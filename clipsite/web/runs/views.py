"""The dashboard and the page of one run; what they show first comes from SQL, what follows from the socket."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from clipsite.web.sockets.snapshots import snapshots
from search.ingest.plan import LABELS
from search.permissions.audit_log import record
from search.permissions.visibility import can_manage, managed_datasets, visible_datasets
from workers.ledger.entries import failures_of
from workers.models import Run
from workers.progress.state import recent_runs, run_state, visible_runs
from workers.runs.control import cancel_run, pause_run, resume_run, set_priority
from workers.runs.start import start_run
from workers.status.state import site_state

FAILURES_PER_PAGE = 50
STARTED_HERE = frozenset({Run.Kind.INDEX, Run.Kind.PLAN})
CONTROLS = {"pause": pause_run, "resume": resume_run, "cancel": cancel_run}
_PRIORITIES = [(priority.name.lower(), priority.label) for priority in Run.Priority]


def dashboard(request: HttpRequest) -> HttpResponse:
    """The runs, with their controls for who manages the dataset; for staff the state of the whole site."""
    runs = recent_runs(request.user)
    slugs = [run["dataset"]["slug"] for run in runs]
    managed = set(managed_datasets(request.user).filter(slug__in=slugs).values_list("slug", flat=True))
    context = {
        "runs": runs,
        "managed": managed,
        "manages_all": _is_staff(request),
        "manages_some": _is_staff(request) or bool(managed),
        "priorities": _PRIORITIES,
        "site": site_state() if _is_staff(request) else None,
    }
    return render(request, "workers/dashboard.html", context)


def runs_as_json(request: HttpRequest) -> HttpResponse:
    """Answer with what the socket sends first, for pages whose socket is blocked; they ask every few seconds."""
    answer = HttpResponse(snapshots.of(request.user), content_type="application/json")
    answer["Cache-Control"] = "private, no-store"
    return answer


def site_panels(request: HttpRequest) -> HttpResponse:
    """The panels of the site's state, for pages that heard that it changed; staff only."""
    if not _is_staff(request):
        raise Http404("There is no such page here.")
    return render(request, "partials/_site_panels.html", {"site": site_state()})


def _is_staff(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_staff", False))


def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    run = visible_runs(request.user).filter(pk=run_id).first()
    if run is None:
        raise Http404(f"There is no run {run_id} here.")
    state = run_state(run)
    failures = Paginator(failures_of(run), FAILURES_PER_PAGE)
    context = {
        "run": state,
        "failures": failures.get_page(request.GET.get("page")),
        "settled": max(0, state["failures"] - failures.count),
        "events": run.events.all(),
        "plan": [(label, run.plan[name]) for name, label in LABELS.items() if run.plan[name]["count"]]
        if run.plan and can_manage(request.user, run.dataset)
        else [],
        "can_manage": can_manage(request.user, run.dataset),
        "can_start_again": can_manage(request.user, run.dataset) and can_start_again(run),
        "versions_url": _versions_url(request, run),
        "priorities": _PRIORITIES,
    }
    return render(request, "workers/run.html", context)


def _versions_url(request: HttpRequest, run: Run) -> str:
    """The address of the page where a staged version is made live, for who may do so; else an empty text."""
    if not (run.stage_only and can_manage(request.user, run.dataset)):
        return ""
    return reverse("versions", args=[run.dataset.slug])


@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Index a dataset, or look for changes, for who manages it; for others there is no such address."""
    dataset = visible_datasets(request.user).select_related("live_version__encoder").filter(slug=slug).first()
    kind = request.POST.get("kind", "")
    if dataset is None or kind not in STARTED_HERE or not can_manage(request.user, dataset):
        raise Http404(f"There is nothing of the kind {kind!r} to start on {slug!r} here.")
    run = start_run(dataset, Run.Kind(kind), requested_by=cast("User", request.user))
    return redirect("run", run.pk)


@require_POST
def control_run(request: HttpRequest, run_id: int, action: str) -> HttpResponse:
    """Pause, resume or cancel, for who manages the dataset; for others the run's controls do not exist."""
    run = _managed_run(request, run_id)
    if action not in CONTROLS:
        raise Http404(f"There is no such control of run {run_id} here.")
    CONTROLS[action](run)
    record(request.user, run, f"Asked to {action} the run.")
    return _back(request, run)


@require_POST
def start_again(request: HttpRequest, run_id: int) -> HttpResponse:
    """Does once more what a run was asked for that failed or was cancelled; it goes on from what was done."""
    run = _managed_run(request, run_id)
    if not can_start_again(run):
        raise Http404(f"Run {run_id} cannot be started again.")
    again = start_run(
        run.dataset,
        Run.Kind(run.kind),
        encoder=run.encoder if run.stage_only else None,
        requested_by=cast("User", request.user),
        priority=Run.Priority(run.priority),
        stage_only=run.stage_only,
        parameters=run.parameters,
    )
    return redirect("run", again.pk)


def can_start_again(run: Run) -> bool:
    """A retry is of entries of the ledger, which say themselves whether they can be tried again."""
    return run.state in {Run.State.FAILED, Run.State.CANCELLED} and run.kind != Run.Kind.RETRY


@require_POST
def prioritise_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Lets the run go before or after others, for who manages the dataset."""
    run = _managed_run(request, run_id)
    priorities = {priority.name.lower(): priority for priority in Run.Priority}
    priority = priorities.get(request.POST.get("priority", ""))
    if priority is None:
        raise Http404(f"There is no such priority of run {run_id} here.")
    set_priority(run, priority)
    record(request.user, run, f"Gave the run {priority.label} priority.")
    return _back(request, run)


def _back(request: HttpRequest, run: Run) -> HttpResponse:
    """To the page that the control stands on."""
    return redirect("dashboard") if request.POST.get("on") == "dashboard" else redirect("run", run.pk)


def _managed_run(request: HttpRequest, run_id: int) -> Run:
    run = visible_runs(request.user).filter(pk=run_id).first()
    if run is None or not can_manage(request.user, run.dataset):
        raise Http404(f"There is no such control of run {run_id} here.")
    return run
