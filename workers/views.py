"""The dashboard and the page of one run; what they show first comes from SQL, what follows from the socket."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from search.services.visibility import can_manage
from workers.control import cancel_run, pause_run, resume_run, set_priority
from workers.models import Run
from workers.state import recent_runs, run_state, visible_runs

FAILURES_PER_PAGE = 50
CONTROLS = {"pause": pause_run, "resume": resume_run, "cancel": cancel_run}


def dashboard(request: HttpRequest) -> HttpResponse:
    return render(request, "workers/dashboard.html", {"runs": recent_runs(request.user)})


def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    run = visible_runs(request.user).filter(pk=run_id).first()
    if run is None:
        raise Http404(f"There is no run {run_id} here.")
    context = {
        "run": run_state(run),
        "failures": Paginator(run.failures.all(), FAILURES_PER_PAGE).get_page(request.GET.get("page")),
        "events": run.events.all(),
        "can_manage": can_manage(request.user, run.dataset),
        "priorities": [(priority.name.lower(), priority.label) for priority in Run.Priority],
    }
    return render(request, "workers/run.html", context)


@require_POST
def control_run(request: HttpRequest, run_id: int, action: str) -> HttpResponse:
    """Pause, resume or cancel, for who manages the dataset; for others the run's controls do not exist."""
    run = _managed_run(request, run_id)
    if action not in CONTROLS:
        raise Http404(f"There is no such control of run {run_id} here.")
    CONTROLS[action](run)
    return redirect("run", run_id)


@require_POST
def prioritise_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Lets the run go before or after others, for who manages the dataset."""
    run = _managed_run(request, run_id)
    named = {priority.name.lower(): priority for priority in Run.Priority}
    priority = named.get(request.POST.get("priority", ""))
    if priority is None:
        raise Http404(f"There is no such priority of run {run_id} here.")
    set_priority(run, priority)
    return redirect("run", run_id)


def _managed_run(request: HttpRequest, run_id: int) -> Run:
    run = visible_runs(request.user).filter(pk=run_id).first()
    if run is None or not can_manage(request.user, run.dataset):
        raise Http404(f"There is no such control of run {run_id} here.")
    return run
