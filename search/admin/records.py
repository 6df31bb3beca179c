"""Records that the pipeline writes: to be looked at, not edited."""

from __future__ import annotations

from typing import TypeVar, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from search.admin.audit import AuditedActions
from search.admin.grouping import GroupingActions
from search.errors import UserError
from search.models import EncoderRecord, Image, IndexVersion
from search.services.versions import delete_version
from workers.switching import switch_with_map

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
class ImageAdmin(GroupingActions, ReadOnlyAdmin[Image]):
    list_display = ["name", "dataset", "state", "format", "width", "height", "taken_at", "page"]
    list_filter = ["state", "dataset"]
    list_select_related = ["dataset"]
    search_fields = ["name"]
    show_full_result_count = False

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
                said = switch_with_map(version.dataset, version, cast("User", request.user))
                self.message_user(request, said, messages.SUCCESS)
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
    list_display = ["name", "dimension"]
