"""Datasets: which there are, how many images they hold, which versions answer."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router
from typing_extensions import TypedDict

from clipsite.api.pagination import PageQuery, page_of
from clipsite.web.access.objects import dataset_or_404
from clipsite.web.access.tokens import reads
from search.datasets.summary import summarise
from search.encoders.base import public_name
from search.models import Dataset
from search.permissions.visibility import can_manage, managed_datasets, visible_datasets
from search.versions.overview import VersionSummary, overview

router = Router(auth=reads, tags=["datasets"])


class DatasetRow(TypedDict):
    """A dataset; `searchable` counts the images that its live index version finds, 0 without one."""

    name: str
    slug: str
    visibility: str
    url: str
    searchable: int
    encoder: str
    index_version: int | None
    manageable: bool
    created_at: str


class DatasetPage(TypedDict):
    """Datasets by name; `cursor` leads on, empty at the end."""

    datasets: list[DatasetRow]
    cursor: str


class ImageCounts(TypedDict):
    """Images by state; `total` has those that wait for a run, too."""

    total: int
    ready: int
    failed: int
    missing: int


class VersionRow(TypedDict):
    """An index version; `recall_at_10` is what an approximate index was measured to find, null where it was not."""

    number: int
    state: str
    live: bool
    encoder: str
    count: int
    kind: str
    recall_at_10: float | None
    published_at: str | None


class DatasetDetail(DatasetRow):
    """A dataset with its counts, and its versions, the newest first."""

    images: ImageCounts
    encoder_note: str
    versions: list[VersionRow]


@router.get(
    "/datasets",
    response=DatasetPage,
    url_name="api-datasets",
    operation_id="list_datasets",
    summary="List datasets",
)
def datasets(request: HttpRequest, query: Query[PageQuery]) -> DatasetPage:
    """Those that you may see, by name."""
    seen = visible_datasets(request.user).select_related("live_version__encoder")
    page = page_of(seen, by="name", limit=query.limit, cursor=query.cursor, key="datasets")
    shown = [dataset.pk for dataset in page.rows]
    managed = set(managed_datasets(request.user).filter(pk__in=shown).values_list("pk", flat=True))
    rows = [_row(request, dataset, manageable=dataset.pk in managed) for dataset in page.rows]
    return {"datasets": rows, "cursor": page.cursor}


@router.get(
    "/datasets/{slug:slug}",
    response=DatasetDetail,
    url_name="api-dataset",
    operation_id="get_dataset",
    summary="One dataset",
)
def dataset(request: HttpRequest, slug: str) -> DatasetDetail:
    """Its counts, its encoder and its index versions."""
    dataset = dataset_or_404(request, slug)
    summary = summarise(dataset)
    counts: ImageCounts = {
        "total": summary.images,
        "ready": summary.ready,
        "failed": summary.failed,
        "missing": summary.missing,
    }
    return {
        **_row(request, dataset, manageable=can_manage(request.user, dataset)),
        "images": counts,
        "encoder_note": summary.encoder_note,
        "versions": [_version(facts) for facts in overview(dataset)],
    }


def _row(request: HttpRequest, dataset: Dataset, *, manageable: bool) -> DatasetRow:
    version = dataset.live_version
    return {
        "name": dataset.name,
        "slug": dataset.slug,
        "visibility": dataset.visibility,
        "url": request.build_absolute_uri(reverse("dataset", args=[dataset.slug])),
        "searchable": version.count if version else 0,
        "encoder": public_name(version.encoder.name) if version else "",
        "index_version": version.number if version else None,
        "manageable": manageable,
        "created_at": dataset.created_at.isoformat(),
    }


def _version(facts: VersionSummary) -> VersionRow:
    version = facts.version
    return {
        "number": version.number,
        "state": version.state,
        "live": facts.is_live,
        "encoder": facts.encoder_name,
        "count": version.count,
        "kind": facts.kind,
        "recall_at_10": facts.recall,
        "published_at": version.published_at.isoformat() if version.published_at else None,
    }
