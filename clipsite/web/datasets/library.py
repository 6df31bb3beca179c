"""The home page and the page of one dataset."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clipsite.web.access.objects import dataset_or_404
from search.datasets.summary import DatasetSummary, summarise
from search.models import Dataset, DuplicateMember, Image
from search.permissions.visibility import can_manage, visible_datasets
from search.saved_searches.history import recent_words
from search.tags.image_tags import used_tags
from search.versions.overview import index_alerts
from workers.models import ImageFailure, Run

COVERS = 5
PAGE_SIZE = 60
_RECENT = 5
TOP_TAGS = 24


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """A dataset as the home page shows it."""

    dataset: Dataset
    count: int
    searchable: bool
    covers: list[Image]
    active_run: Run | None


def home(request: HttpRequest) -> HttpResponse:
    """Shows the search field and the datasets."""
    datasets = visible_datasets(request.user).select_related("live_version")
    active = {run.dataset_id: run for run in Run.objects.filter(state=Run.State.ACTIVE, dataset__in=datasets)}
    cards = [_card(dataset, active.get(dataset.pk)) for dataset in datasets]
    return render(request, "search/home.html", {"datasets": cards, "recent": recent_words(request.user, _RECENT)})


def _card(dataset: Dataset, active_run: Run | None) -> DatasetCard:
    ready = dataset.images.filter(state=Image.State.READY)
    version = dataset.live_version
    return DatasetCard(
        dataset=dataset,
        # Counting a million rows takes longer than a page may; what can be searched is counted already.
        count=version.count if version else ready.count(),
        searchable=version is not None,
        covers=_covers(ready),
        active_run=active_run,
    )


def _covers(images: QuerySet[Image]) -> list[Image]:
    """Images spread over the whole dataset: the first ones often come from one folder and look alike."""
    bounds = images.aggregate(first=Min("pk"), last=Max("pk"))
    if bounds["first"] is None:
        return []
    step = (bounds["last"] - bounds["first"]) / COVERS
    starts = [round(bounds["first"] + number * step) for number in range(COVERS)]
    covers = [images.filter(pk__gte=start).only("placeholder").first() for start in starts]
    return [image for image in dict.fromkeys(covers) if image is not None]


def dataset_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows what a dataset holds, how it is searched, and its images."""
    dataset = dataset_or_404(request, slug)
    summary: DatasetSummary = summarise(dataset)
    version = dataset.live_version
    pages = Paginator(dataset.images.filter(state=Image.State.READY), PAGE_SIZE)
    pages.count = summary.ready  # counted already
    explained = dataset.runs.filter(encoder=version.encoder.name if version else "").exclude(encoder_reason="").first()
    is_manager = can_manage(request.user, dataset)
    context = {
        "dataset": dataset,
        "alerts": index_alerts(Dataset.objects.filter(pk=dataset.pk)) if is_manager else [],
        "summary": summary,
        "encoder_reason": explained.encoder_reason if explained else "",
        "runs": dataset.runs.all()[:5],
        "failures": dataset.failures.exclude(state=ImageFailure.State.IGNORED).count(),
        "ignored": dataset.failures.filter(state=ImageFailure.State.IGNORED).count(),
        "page_obj": pages.get_page(request.GET.get("page")),
        "can_manage": is_manager,
        "top_tags": used_tags(dataset, TOP_TAGS),
        "has_copies": DuplicateMember.objects.filter(dataset=dataset).exists(),
    }
    return render(request, "search/dataset.html", context)
