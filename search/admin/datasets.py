"""Managing datasets: create, add files, index, rebuild, draw the map, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from search.admin.forms import DatasetForm
from search.errors import UserError
from search.models import Dataset, Image
from search.services import datasets as dataset_service
from search.services.summary import summarise
from search.services.uploads import store_files, store_zip
from workers.models import Run
from workers.starting import start_run


@admin.register(Dataset)
class DatasetAdmin(admin.ModelAdmin[Dataset]):
    form = DatasetForm
    list_display = ["name", "visibility", "owner", "image_count", "encoder", "live", "active_run"]
    list_select_related = ["owner", "live_version__encoder"]
    search_fields = ["name"]
    readonly_fields = ["source_path", "figures"]
    actions = ["index", "look_for_changes", "rebuild", "draw_map"]

    def get_fieldsets(self, request: HttpRequest, obj: Dataset | None = None) -> Any:
        about = (None, {"fields": ["name", "visibility", "owner"]})
        if obj is None:
            sources = ["folder", "files", "archive", "index_now"]
            return [about, ("Where the images are (one of these)", {"fields": sources})]
        sections = [about, ("What it holds", {"fields": ["source_path", "figures"]})]
        if dataset_service.is_uploaded(obj):
            sections.append(("Add images", {"fields": ["files", "archive", "index_now"]}))
        return sections

    def get_readonly_fields(self, request: HttpRequest, obj: Dataset | None = None) -> list[str]:
        return ["source_path", "figures"] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk}

    @admin.display(description="images")
    def image_count(self, dataset: Dataset) -> int:
        return dataset.images.filter(state=Image.State.READY).count()

    @admin.display(description="encoder")
    def encoder(self, dataset: Dataset) -> str:
        return dataset.live_version.encoder.name if dataset.live_version else "not indexed yet"

    @admin.display(description="live version")
    def live(self, dataset: Dataset) -> str:
        version = dataset.live_version
        return f"{version.number} ({version.count:,} images)" if version else "none"

    @admin.display(description="run")
    def active_run(self, dataset: Dataset) -> SafeString | str:
        run = dataset.runs.filter(state=Run.State.ACTIVE).first()
        return format_html('<a href="{}">running</a>', reverse("run", args=[run.pk])) if run else "idle"

    @admin.display(description="figures")
    def figures(self, dataset: Dataset) -> SafeString:
        summary = summarise(dataset)
        return format_html(
            'Images: {}, ready: {}, unreadable: {}, gone: {}. <a href="{}">Open the dataset</a>',
            summary.images,
            summary.ready,
            summary.failed,
            summary.missing,
            reverse("dataset", args=[dataset.slug]),
        )

    def save_model(self, request: HttpRequest, obj: Dataset, form: Any, change: bool) -> None:
        cleaned = form.cleaned_data
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.slug = dataset_service.free_slug(obj.name)
            dataset_service.save_new(obj, cleaned["folder"])
        # After the commit: receiving a large upload inside it would keep every worker from writing meanwhile.
        transaction.on_commit(lambda: self._fill(request, obj, cleaned, is_new=not change))

    def _fill(self, request: HttpRequest, dataset: Dataset, cleaned: dict[str, Any], *, is_new: bool) -> None:
        try:
            stored = self._receive(dataset, cleaned)
        except UserError as error:
            self.message_user(request, str(error), messages.ERROR)
            if is_new:
                dataset_service.dataset_delete(dataset)
                self.message_user(request, f"{dataset.name} was not kept, since it has no images.", messages.WARNING)
            return
        if stored:
            self.message_user(request, f"{stored:,} added to {dataset.name}.", messages.SUCCESS)
        if cleaned.get("index_now") and (is_new or stored):
            self._start(request, dataset, Run.Kind.INDEX)

    def _receive(self, dataset: Dataset, cleaned: dict[str, Any]) -> int:
        if cleaned.get("files"):
            return store_files(dataset, cleaned["files"])
        if cleaned.get("archive"):
            return store_zip(dataset, cleaned["archive"].file)
        return 0

    def get_deleted_objects(
        self, objs: QuerySet[Dataset] | Sequence[Dataset], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What will be lost, counted instead of listed: there may be millions of images."""
        lines, counts = [], {"datasets": 0, "images": 0, "index versions": 0, "runs": 0}
        for dataset in objs:
            images, versions, runs = dataset.images.count(), dataset.versions.count(), dataset.runs.count()
            files = (
                "uploaded originals too" if dataset_service.is_uploaded(dataset) else "the originals on the server stay"
            )
            lines.append(f"{dataset.name}: {images:,} images, {versions} index versions, {runs} runs; {files}")
            for name, number in zip(counts, (1, images, versions, runs), strict=True):
                counts[name] += number
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
        dataset_service.dataset_delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        for dataset in queryset:
            dataset_service.dataset_delete(dataset)
