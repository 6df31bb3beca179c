"""The state of the site for its staff: processes, the versions that they serve, alerts, work."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from search.models import Dataset, IndexVersion, ServingProcess
from search.services.serving import fresh_processes
from search.services.versions import index_alerts
from workers.models import Batch, Run


@dataclass(frozen=True, slots=True)
class ServedDataset:
    """A dataset's live version, and by the process (in the order of the list) the number of the version it serves."""

    dataset: Dataset
    numbers: tuple[int | None, ...]

    @property
    def is_settled(self) -> bool:
        """Whether every process serves what is live."""
        live = self.dataset.live_version
        return live is not None and set(self.numbers) <= {live.number}


def status_page(request: HttpRequest) -> HttpResponse:
    """Staff only; for others there is no such page."""
    if not getattr(request.user, "is_staff", False):
        raise Http404("There is no such page here.")
    processes = fresh_processes()
    served = _served(processes)
    context = {
        "processes": processes,
        "served": served,
        "behind": sum(not one.is_settled for one in served) if processes else 0,
        "alerts": index_alerts(Dataset.objects.all()),
        "batches": Batch.objects.filter(state=Batch.State.RUNNING).select_related("run__dataset").order_by("worker"),
        "waiting": Batch.objects.filter(state=Batch.State.QUEUED, run__state=Run.State.ACTIVE).count(),
        "active_runs": Run.objects.filter(state=Run.State.ACTIVE).count(),
    }
    return render(request, "search/status.html", context)


def _served(processes: list[ServingProcess]) -> list[ServedDataset]:
    datasets = Dataset.objects.filter(live_version__isnull=False).select_related("live_version__encoder")
    ids = {version_id for process in processes for version_id in process.versions.values()}
    numbers = dict(IndexVersion.objects.filter(pk__in=ids).values_list("pk", "number"))
    return [
        ServedDataset(dataset, tuple(numbers.get(process.versions.get(str(dataset.pk), 0)) for process in processes))
        for dataset in datasets
    ]
