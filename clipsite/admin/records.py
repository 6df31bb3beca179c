"""Records that the pipeline writes: to be looked at, not edited."""

from __future__ import annotations

from typing import TypeVar, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clipsite.admin.audit import AuditedActions
from clipsite.admin.paging import BoundedAdmin, with_name
from clipsite.admin.tags_and_collections import GroupingActions
from search.encoders import registry
from search.errors import UnknownEncoder, UserError
from search.models import Dataset, EncoderRecord, Image, IndexVersion
from search.versions.lifecycle import delete_version
from workers.runs.go_live import switch_with_map

M = TypeVar("M", bound=Model)


class ReadOnlyAdmin(AuditedActions[M]):
    """Shows rows that only the pipeline may change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


@admin.register(Image)
class ImageAdmin(GroupingActions, BoundedAdmin[Image], ReadOnlyAdmin[Image]):
    list_display = ["small", "name", "dataset", "state", "format", "width", "height", "taken_at", "page"]
    list_display_links = ["name"]
    list_filter = ["state", "dataset"]
    list_select_related = ["dataset"]
    search_fields = ["name"]
    search_help_text = "A part of a file name, or the number of an image."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        images = super().get_queryset(request)
        # By what is left out, which is rare: any other condition would keep the database from reading in order.
        deleted = list(Dataset.with_deleted.exclude(deleted_at=None).values_list("pk", flat=True))
        return images.exclude(dataset__in=deleted) if deleted else images

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Image], search_term: str
    ) -> tuple[QuerySet[Image], bool]:
        text = search_term.strip()
        return (with_name(queryset, text) if text else queryset), False

    @admin.display(description="")
    def small(self, image: Image) -> SafeString | str:
        if image.state not in {Image.State.READY, Image.State.HIDDEN}:
            return ""
        picture = '<img class="small-picture" src="{}" alt="" width="{}" height="{}" loading="lazy">'
        height = 40
        width = round(height * min(3.0, image.width / image.height)) if image.height else height
        return format_html(picture, reverse("thumbnail", args=[image.pk]), width, height)

    @admin.display(description="page")
    def page(self, image: Image) -> SafeString:
        return format_html('<a href="{}">open</a>', reverse("image", args=[image.pk]))


@admin.register(IndexVersion)
class IndexVersionAdmin(ReadOnlyAdmin[IndexVersion]):
    list_display = ["dataset", "number", "state", "count", "encoder", "published_at", "is_live", "page"]
    list_filter = ["state", "dataset"]
    list_select_related = ["dataset__live_version", "encoder"]
    actions = ["go_live", "remove"]

    def has_control_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("search.change_dataset")

    @admin.action(description="Make live, or go back to it (one a dataset)", permissions=["control"])
    def go_live(self, request: HttpRequest, queryset: QuerySet[IndexVersion]) -> None:
        versions = list(queryset.select_related("dataset__live_version", "encoder"))
        if len({version.dataset_id for version in versions}) < len(versions):
            self.message_user(request, "Choose one version of each dataset.", messages.ERROR)
            return
        for version in versions:
            try:
                sentence = switch_with_map(version.dataset, version, cast("User", request.user))
                self.message_user(request, sentence, messages.SUCCESS)
            except UserError as error:
                self.message_user(request, str(error), messages.ERROR)

    @admin.action(description="Delete, with files and maps", permissions=["control"])
    def remove(self, request: HttpRequest, queryset: QuerySet[IndexVersion]) -> None:
        for version in queryset.select_related("dataset"):
            try:
                delete_version(version.dataset, version)
                self.message_user(request, f"Version {version.number} of {version.dataset} is deleted.")
            except UserError as error:
                self.message_user(request, str(error), messages.ERROR)

    @admin.display(description="page")
    def page(self, version: IndexVersion) -> SafeString:
        return format_html('<a href="{}">versions</a>', reverse("versions", args=[version.dataset.slug]))

    @admin.display(description="live", boolean=True)
    def is_live(self, version: IndexVersion) -> bool:
        return version.dataset.live_version_id == version.pk


@admin.register(EncoderRecord)
class EncoderRecordAdmin(ReadOnlyAdmin[EncoderRecord]):
    list_display = ["name", "dimension", "answers_in", "versions", "limits"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[EncoderRecord]:
        counted: QuerySet[EncoderRecord] = (
            super()
            .get_queryset(request)
            .annotate(
                live_count=Count("indexversion__live_in", distinct=True),
                version_count=Count("indexversion", distinct=True),
            )
        )
        return counted

    @admin.display(description="answers in", ordering="live_count")
    def answers_in(self, encoder: EncoderRecord) -> str:
        count = getattr(encoder, "live_count", 0)
        return f"{count:,} dataset{'' if count == 1 else 's'}"

    @admin.display(description="versions", ordering="version_count")
    def versions(self, encoder: EncoderRecord) -> int:
        return int(getattr(encoder, "version_count", 0))

    @admin.display(description="what to know")
    def limits(self, encoder: EncoderRecord) -> str:
        try:
            return registry.describe(encoder.name).note
        except UnknownEncoder:
            return "This installation no longer knows it; its datasets need another encoder."
