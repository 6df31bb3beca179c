"""The dashboard and the page of one run; what they show first comes from SQL, what follows from the socket."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from workers.state import recent_runs, run_state, visible_runs

FAILURES_PER_PAGE = 50


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
    }
    return render(request, "workers/run.html", context)
