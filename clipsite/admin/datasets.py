"""Managing datasets: create, add files, everything that can be done with one, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clipsite.admin.audit import AuditedActions
from clipsite.admin.dataset_page import ACTIONS, dataset_context
from clipsite.admin.forms import DatasetForm, Then
from clipsite.web.access.forms import wants_json
from clipsite.web.downloads.exports import export_response
from search.datasets import create as dataset_service
from search.datasets.delete import loss_of
from search.errors import UserError
from search.exports.sources import dataset_images
from search.ingest.uploads import store_files, store_zip
from search.models import Dataset
from workers.models import Run
from workers.runs.maintenance import delete_dataset
from workers.runs.schedules import Rescan, set_rescan
from workers.runs.start import start_run


@admin.register(Dataset)
class DatasetAdmin(AuditedActions[Dataset]):
    form = DatasetForm
    list_display = ["name", "visibility", "owner", "image_count", "encoder", "live", "active_run"]
    list_select_related = ["owner", "live_version__encoder", "usage"]
    search_fields = ["name"]
    change_form_template = "admin/dataset_form.html"
    delete_confirmation_template = "admin/dataset_delete.html"
    actions = ["index", "look_for_changes", "rebuild", "draw_map"]

    def get_fieldsets(self, request: HttpRequest, obj: Dataset | None = None) -> Any:
        about = (None, {"fields": ["name", "visibility", "owner"]})
        if obj is None:
            sources = ["folder", "files", "archive", "then", "rescan"]
            return [about, ("Where the images are (one of these)", {"fields": sources})]
        sections = [about, ("Its folder", {"fields": ["source_path", "rescan"]})]
        if dataset_service.is_uploaded(obj):
            sections.append(("Add images", {"fields": ["files", "archive", "then"]}))
        return sections

    def get_readonly_fields(self, request: HttpRequest, obj: Dataset | None = None) -> list[str]:
        return ["source_path"] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dataset]:
        """With their active runs: at most one each, so that no dataset is asked about by itself."""
        active = Run.objects.filter(dataset=OuterRef("pk"), state=Run.State.ACTIVE)
        datasets: QuerySet[Dataset] = super().get_queryset(request)
        return datasets.annotate(active_run_id=Subquery(active.values("pk")[:1]))

    def get_urls(self) -> list[URLPattern]:
        doings = path("<int:dataset_id>/do/<str:what>", self.admin_site.admin_view(self.do), name="search_dataset_do")
        export = path("<int:dataset_id>/export", self.admin_site.admin_view(self.export), name="search_dataset_export")
        return [doings, export, *super().get_urls()]

    def do(self, request: HttpRequest, dataset_id: int, what: str) -> HttpResponse:
        """Something that the page of a dataset offers; its form posts here."""
        dataset = self._changeable(request, dataset_id)
        if request.method != "POST" or what not in ACTIONS:
            raise Http404(f"There is nothing of the kind {what[:40]!r} to do here.")
        result = ACTIONS[what](dataset, cast("User", request.user))
        self.message_user(request, result.sentence, messages.SUCCESS if result.is_done else messages.ERROR)
        return redirect(result.address or reverse("admin:search_dataset_change", args=[dataset.pk]))

    def export(self, request: HttpRequest, dataset_id: int) -> StreamingHttpResponse:
        """All readable images of the dataset, as CSV, JSON or a zip of their originals."""
        dataset = self._changeable(request, dataset_id)
        return export_response(request, dataset_images(dataset), dataset.name)

    def _changeable(self, request: HttpRequest, dataset_id: int) -> Dataset:
        dataset = Dataset.objects.select_related("live_version__encoder").filter(pk=dataset_id).first()
        if dataset is None or not self.has_change_permission(request, dataset):
            raise Http404(f"There is no dataset {dataset_id} here.")
        return dataset

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        dataset = self.get_object(request, object_id)
        context = (extra_context or {}) | (dataset_context(dataset) if dataset else {})
        return super().change_view(request, object_id, form_url, context)

    def response_add(self, request: HttpRequest, obj: Dataset, post_url_continue: str | None = None) -> HttpResponse:
        return _for_upload(request, super().response_add(request, obj, post_url_continue))

    def response_change(self, request: HttpRequest, obj: Dataset) -> HttpResponse:
        return _for_upload(request, super().response_change(request, obj))

    @admin.display(description="images")
    def image_count(self, dataset: Dataset) -> str:
        """As measured or indexed: counting millions takes longer than a list may."""
        version, usage = dataset.live_version, getattr(dataset, "usage", None)
        count = usage.images if usage else version.count if version else None
        return "not counted yet" if count is None else f"{count:,}"

    @admin.display(description="encoder")
    def encoder(self, dataset: Dataset) -> str:
        return dataset.live_version.encoder.name if dataset.live_version else "not indexed yet"

    @admin.display(description="live version")
    def live(self, dataset: Dataset) -> str:
        version = dataset.live_version
        return f"{version.number} ({version.count:,} images)" if version else "none"

    @admin.display(description="run")
    def active_run(self, dataset: Dataset) -> SafeString | str:
        run_id = getattr(dataset, "active_run_id", None)
        return format_html('<a href="{}">running</a>', reverse("run", args=[run_id])) if run_id else "idle"

    def save_model(self, request: HttpRequest, obj: Dataset, form: Any, change: bool) -> None:
        cleaned = form.cleaned_data
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.slug = dataset_service.free_slug(obj.name)
            dataset_service.save_new(obj, cleaned["folder"])
        set_rescan(obj, Rescan(cleaned.get("rescan") or Rescan.NEVER))
        # After the commit: receiving a large upload inside it would keep every worker from writing meanwhile.
        transaction.on_commit(lambda: self._fill(request, obj, cleaned, is_new=not change))

    def _fill(self, request: HttpRequest, dataset: Dataset, cleaned: dict[str, Any], *, is_new: bool) -> None:
        try:
            stored = self._receive(dataset, cleaned)
        except UserError as error:
            self.message_user(request, str(error), messages.ERROR)
            if is_new:
                delete_dataset(dataset)
                self.message_user(request, f"{dataset.name} was not kept, since it has no images.", messages.WARNING)
            return
        if stored:
            self.message_user(request, f"{stored:,} added to {dataset.name}.", messages.SUCCESS)
        kind = {Then.INDEX: Run.Kind.INDEX, Then.PLAN: Run.Kind.PLAN}.get(Then(cleaned.get("then") or Then.NOTHING))
        if kind and (is_new or stored):
            self._start(request, dataset, kind)

    def _receive(self, dataset: Dataset, cleaned: dict[str, Any]) -> int:
        if cleaned.get("files"):
            return store_files(dataset, cleaned["files"])
        if cleaned.get("archive"):
            return store_zip(dataset, cleaned["archive"].file)
        return 0

    def get_deleted_objects(
        self, objs: QuerySet[Dataset] | Sequence[Dataset], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Return what will be lost, counted instead of listed: there may be millions of images."""
        lines: list[str] = []
        counts: dict[str, int] = {"datasets": len(objs)}
        for dataset in objs:
            losses = loss_of(dataset)
            lines.append(f"{dataset.name}: {losses.sentence()}")
            for name, number in losses.counts.items():
                counts[name] = counts.get(name, 0) + number
        refused = set() if self.has_delete_permission(request) else {"datasets"}
        return lines, counts, refused, []

    def _start(self, request: HttpRequest, dataset: Dataset, kind: Run.Kind) -> None:
        try:
            run = start_run(dataset, kind, requested_by=cast("User", request.user))
        except UserError as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        link = format_html('Started: <a href="{}">{}</a>', reverse("run", args=[run.pk]), run)
        self.message_user(request, link, messages.SUCCESS)

    def _start_all(self, request: HttpRequest, queryset: QuerySet[Dataset], kind: Run.Kind) -> None:
        for dataset in queryset.select_related("live_version__encoder"):
            self._start(request, dataset, kind)

    @admin.action(description="Index: find new, changed and removed images", permissions=["change"])
    def index(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        self._start_all(request, queryset, Run.Kind.INDEX)

    @admin.action(description="Look for changes: say what Index would do, change nothing", permissions=["change"])
    def look_for_changes(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        self._start_all(request, queryset, Run.Kind.PLAN)

    @admin.action(description="Rebuild: a new index version from the known images", permissions=["change"])
    def rebuild(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        self._start_all(request, queryset, Run.Kind.REBUILD)

    @admin.action(description="Draw the map again", permissions=["change"])
    def draw_map(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        self._start_all(request, queryset, Run.Kind.PROJECT)

    def delete_model(self, request: HttpRequest, obj: Dataset) -> None:
        delete_dataset(obj)
        self.message_user(request, f"{obj.name} is gone; its records and files are removed in the background.")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        for dataset in queryset:
            delete_dataset(dataset)


def _for_upload(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Tells the script that sends files where to go on: it would follow a redirect itself, and use up the messages."""
    address = response.get("Location")
    return JsonResponse({"address": address}) if address and wants_json(request) else response
