"""The duplicates of a dataset: groups in pages, the actions on them, and the list as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clipsite.web.access.forms import parse_id
from clipsite.web.access.objects import dataset_or_404, edited_dataset_or_404, managed_dataset_or_404
from search.duplicates import decisions, lookup
from search.duplicates.groups import choose_distance
from search.duplicates.lookup import DuplicateGroup, Kind
from search.duplicates.pairs import MOST_DISTANCE, NEAR_DISTANCE
from search.errors import InvalidQuery, UserError
from search.models import Dataset, DuplicateScan, Image
from search.parsing import whole_number
from search.permissions.visibility import can_edit, can_manage, visible_collections
from workers.models import Run
from workers.runs.start import start_run

HIDDEN = "hidden"
_HIDDEN_A_PAGE = 60
_LINES_AT_ONCE = 500
_BYTE_ORDER_MARK = "\ufeff"  # without it, spreadsheets take the file for one in an old national encoding
_MOST_COLLECTIONS = 200


@require_safe
def duplicates_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows groups of one kind, or the images that were hidden; `kind` and `after` say which."""
    dataset = dataset_or_404(request, slug)
    kind = request.GET.get("kind", Kind.NEAR.value)
    edits = can_edit(request.user, dataset)
    if kind not in {*Kind, HIDDEN} or (kind == HIDDEN and not edits):
        raise Http404(f"There is no kind of copies {kind[:20]!r} here.")
    scan = DuplicateScan.objects.filter(dataset=dataset).first()
    after = request.GET.get("after", "")
    context: dict[str, Any] = {
        "dataset": dataset,
        "kind": kind,
        "state": scan,
        "tabs": _tabs(dataset, edits=edits),
        "can_edit": edits,
        "can_manage": can_manage(request.user, dataset),
        "active_run": dataset.runs.filter(state=Run.State.ACTIVE).first(),
        "collections": _own_collections(request)[:_MOST_COLLECTIONS] if request.user.is_authenticated else [],
        "distance": scan.most_distance if scan else NEAR_DISTANCE,
        "most_distance": MOST_DISTANCE,
        "after": after,
    }
    if kind == HIDDEN:
        return render(request, "search/duplicates.html", context | _hidden(dataset, after))
    page = lookup.group_page(dataset, Kind(kind), after)
    return render(request, "search/duplicates.html", context | {"groups": page.groups, "following": page.following})


@require_POST
def find_duplicates(request: HttpRequest, slug: str) -> HttpResponse:
    """Starts the run that finds duplicates, within `distance` bits where it is given; for who manages the dataset."""
    dataset = managed_dataset_or_404(request, slug)
    try:
        if distance := request.POST.get("distance", ""):
            choose_distance(dataset, whole_number("distance", distance, low=0, high=MOST_DISTANCE))
        run = start_run(dataset, Run.Kind.COMPARE, requested_by=cast("User", request.user))
    except UserError as error:
        messages.error(request, str(error))
        return redirect("duplicates", slug)
    return redirect("run", run.pk)


@require_POST
def act_on_duplicates(request: HttpRequest, slug: str, action: str) -> HttpResponse:
    """Does the action of a form: on a group, on all groups of a kind, or on hidden images; for editors."""
    dataset = edited_dataset_or_404(request, slug)
    kind = request.POST.get("kind", "")
    if action not in _ACTIONS or kind not in ({HIDDEN} if action == "show" else set(Kind)):
        raise Http404(f"There is no such action on the copies in {slug!r} here.")
    try:
        messages.success(request, _ACTIONS[action](request, dataset))
    except UserError as error:
        messages.error(request, str(error))
    after = request.POST.get("after", "")
    return redirect(reverse("duplicates", args=[slug], query={"kind": kind} | ({"after": after} if after else {})))


@require_safe
def duplicates_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Sends every group of a kind as a file: a line an image, the one to keep marked."""
    dataset = dataset_or_404(request, slug)
    kind = request.GET.get("kind", Kind.NEAR.value)
    if kind not in set(Kind):
        raise Http404(f"There is no kind of copies {kind[:20]!r} here.")
    headers = {
        "Content-Disposition": f'attachment; filename="{dataset.slug}-{kind}-copies.csv"',
        "Cache-Control": "private, no-store",
    }
    parts = _parts(_lines(dataset, Kind(kind)))
    return StreamingHttpResponse(parts, content_type="text/csv; charset=utf-8", headers=headers)


def _tabs(dataset: Dataset, *, edits: bool) -> list[dict[str, Any]]:
    tabs: list[dict[str, Any]] = []
    for kind, label in ((Kind.NEAR, "Near copies"), (Kind.EXACT, "Equal files")):
        groups, images = lookup.counts(dataset, kind)
        tabs.append({"kind": kind.value, "label": label, "groups": groups, "images": images})
    if edits:
        hidden = dataset.images.filter(state=Image.State.HIDDEN).count()
        tabs.append({"kind": HIDDEN, "label": "Hidden", "groups": hidden, "images": hidden})
    return tabs


def _hidden(dataset: Dataset, after: str) -> dict[str, Any]:
    hidden = dataset.images.filter(state=Image.State.HIDDEN).order_by("pk")
    begin = parse_id(after) or 0
    images = list(hidden.filter(pk__gt=begin)[: _HIDDEN_A_PAGE + 1])
    following = str(images[_HIDDEN_A_PAGE - 1].pk) if len(images) > _HIDDEN_A_PAGE else ""
    return {"hidden_images": images[:_HIDDEN_A_PAGE], "following": following}


def _group(request: HttpRequest, dataset: Dataset) -> DuplicateGroup:
    kind, key = request.POST.get("kind", ""), request.POST.get("group", "")
    group = lookup.group_named(dataset, Kind(kind), key)
    if group is None:
        raise InvalidQuery("This group is no longer there: its images were hidden, changed or grouped anew meanwhile.")
    return group


def _image(request: HttpRequest, group: DuplicateGroup) -> Image:
    number = request.POST.get("image", "")
    image = next((image for image in group.images if str(image.pk) == number), None)
    if image is None:
        raise InvalidQuery("This image is no longer in the group.")
    return image


def _keep(request: HttpRequest, dataset: Dataset) -> str:
    group = _group(request, dataset)
    image = _image(request, group)
    decisions.keep(group, image)
    return f"{image.name} is the one to keep."


def _hide(request: HttpRequest, dataset: Dataset) -> str:
    if "all" in request.POST:
        number = decisions.hide_all_others(dataset, Kind(request.POST["kind"]))
    else:
        number = decisions.hide_others(dataset, _group(request, dataset))
    return f"{_images(number)} hidden from results. No file was touched; the tab Hidden brings them back."


def _apart(request: HttpRequest, dataset: Dataset) -> str:
    group = _group(request, dataset)
    image = _image(request, group) if "image" in request.POST else None
    decisions.mark_distinct(dataset, group, cast("User", request.user), image)
    return f"Remembered: {image.name} is no copy." if image else "Remembered: these are not copies of each other."


def _collect(request: HttpRequest, dataset: Dataset) -> str:
    collection_id = parse_id(request.POST.get("collection", ""))
    collection = _own_collections(request).filter(pk=collection_id).first() if collection_id is not None else None
    if collection is None:
        raise InvalidQuery("Choose one of your collections first.")
    group = None if "all" in request.POST else _group(request, dataset)
    number = decisions.collect_others(dataset, Kind(request.POST["kind"]), collection, group)
    return f"{_images(number)} put into the collection {collection.name}."


def _show(request: HttpRequest, dataset: Dataset) -> str:
    ids = [number for value in request.POST.getlist("image") if (number := parse_id(value)) is not None]
    number = decisions.unhide(dataset, None if "all" in request.POST else ids)
    return f"{_images(number)} shown again; what is in no index yet is found after the next index run."


_ACTIONS = {"keep": _keep, "hide": _hide, "apart": _apart, "collect": _collect, "show": _show}


def _own_collections(request: HttpRequest) -> Any:
    return visible_collections(request.user).filter(owner=request.user.pk)


def _images(number: int) -> str:
    return "1 image" if number == 1 else f"{number:,} images"


def _lines(dataset: Dataset, kind: Kind) -> Iterator[str]:
    yield _line(["group", "keep", "image", "name", "width", "height", "bytes", "checksum"])
    for key, images in lookup.every_group(dataset, kind):
        for place, image in enumerate(images):
            name = f"'{image.name}" if image.name[:1] in "=+-@\t\r" else image.name  # no formula for a spreadsheet
            size = [image.width, image.height, image.byte_size]
            yield _line([key, "no" if place else "yes", image.pk, name, *size, image.checksum])


def _line(cells: list[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


async def _parts(lines: Iterator[str]) -> AsyncIterator[str]:
    yield _BYTE_ORDER_MARK
    while part := await sync_to_async(_some)(lines):
        yield part


def _some(lines: Iterator[str]) -> str:
    return "".join(islice(lines, _LINES_AT_ONCE))
