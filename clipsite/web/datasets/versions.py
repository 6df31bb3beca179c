"""The versions of a dataset: a list with what can be done, and two of them side by side."""

from __future__ import annotations

from functools import partial
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from clipsite.web.access.objects import managed_dataset_or_404
from clipsite.web.site.errors import status_of
from search.datasets.summary import encoder_note
from search.encoders import registry
from search.encoders.base import public_name
from search.errors import UserError
from search.models import Dataset, IndexVersion
from search.permissions.audit_log import DELETED, record
from search.permissions.visibility import visible_images
from search.query.question import read_question
from search.versions.comparison import compare_versions
from search.versions.lifecycle import delete_version, version_numbered
from search.versions.overview import index_alerts, overview
from workers.models import Run
from workers.runs.go_live import switch_with_map
from workers.runs.start import start_run

COMPARED_HITS = 12
"""Few, so that a difference in what comes first shows."""


def versions_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Lists every version, which processes serve it, and what can be done with it."""
    dataset = managed_dataset_or_404(request, slug)
    versions = overview(dataset)
    ready = [summary for summary in versions if summary.is_ready]
    context = {
        "dataset": dataset,
        "versions": versions,
        "held": next((summary for summary in ready if summary.is_newer and not summary.is_live), None),
        "can_compare": len(ready) > 1,
        "alerts": index_alerts(Dataset.objects.filter(pk=dataset.pk)),
        "active_run": dataset.runs.filter(state=Run.State.ACTIVE).first(),
        "encoders": _encoder_choices(dataset),
    }
    return render(request, "search/versions.html", context)


@require_POST
def act_on_version(request: HttpRequest, slug: str, number: int, action: str) -> HttpResponse:
    """Makes a version live, or deletes it."""
    dataset = managed_dataset_or_404(request, slug)
    version = dataset.versions.select_related("encoder", "dataset").filter(number=number).first()
    if version is None or action not in {"live", "delete"}:
        raise Http404(f"There is no such version of {slug!r} here.")
    try:
        if action == "live":
            sentence = switch_with_map(dataset, version, cast("User", request.user))
        else:
            delete_version(dataset, version)
            record(request.user, dataset, f"Deleted index version {number}.", DELETED)
            sentence = f"Version {number} of {dataset.name} is deleted."
        messages.success(request, sentence)
    except UserError as error:
        messages.error(request, str(error))
    return redirect("versions", slug)


@require_POST
def rebuild(request: HttpRequest, slug: str) -> HttpResponse:
    """Builds a new version: with the encoder of the live one, or with another, which is only staged."""
    dataset = managed_dataset_or_404(request, slug)
    encoder = request.POST.get("encoder", "")
    # The name of an encoder may contain the path of a file on the server, so only those that are offered are taken.
    if encoder and encoder not in _encoder_choices(dataset):
        raise Http404(f"There is no encoder {encoder[:80]!r} to choose here.")
    run = start_run(
        dataset,
        Run.Kind.REBUILD,
        encoder=encoder or None,
        requested_by=cast("User", request.user),
        stage_only=bool(encoder),
    )
    return redirect("run", run.pk)


def compare_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows the answers of `left` and `right` to one text, by default the live version and the newest other."""
    dataset = managed_dataset_or_404(request, slug)
    ready = list(dataset.versions.filter(state=IndexVersion.State.READY).select_related("encoder", "dataset"))
    left = _version_of(request, dataset, "left") or dataset.live_version
    others = [version for version in ready if left is None or version.pk != left.pk]
    right = _version_of(request, dataset, "right") or (others[0] if others else None)
    text = request.GET.get("q", "").strip()
    context = {
        "dataset": dataset,
        "choices": [(version, public_name(version.encoder.name)) for version in ready],
        "left": left,
        "right": right,
        "text": text,
    }
    if left is None or right is None or not text:
        return render(request, "search/compare.html", context)
    try:
        question = read_question(text, partial(visible_images, request.user))
        comparison = compare_versions(dataset, question, left.pk, right.pk, k=COMPARED_HITS)
    except UserError as error:
        return render(request, "search/compare.html", context | {"error": str(error)}, status=status_of(error))
    sides = [
        (side, public_name(side.version.encoder.name), encoder_note(side.version.encoder.name))
        for side in (comparison.left, comparison.right)
    ]
    return render(request, "search/compare.html", context | {"compared": comparison, "sides": sides})


def _version_of(request: HttpRequest, dataset: Dataset, name: str) -> IndexVersion | None:
    value = request.GET.get(name, "")
    if not value:
        return None
    if not value.isdecimal() or len(value) > 9:
        raise Http404(f"There is no version {value[:20]!r} here.")
    return version_numbered(dataset, int(value))


def _encoder_choices(dataset: Dataset) -> list[str]:
    live = dataset.live_version
    return [name for name in registry.known_encoders() if live is None or name != live.encoder.name]
