"""Records that the pipeline writes: to be looked at, not edited."""

from __future__ import annotations

from typing import TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from search.admin.grouping import GroupingActions
from search.models import EncoderRecord, Image, IndexVersion

M = TypeVar("M", bound=Model)


class ReadOnlyAdmin(admin.ModelAdmin[M]):
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
    list_display = ["dataset", "number", "state", "count", "encoder", "published_at", "is_live"]
    list_filter = ["state", "dataset"]
    list_select_related = ["dataset", "encoder"]

    @admin.display(description="live", boolean=True)
    def is_live(self, version: IndexVersion) -> bool:
        return version.dataset.live_version_id == version.pk


@admin.register(EncoderRecord)
class EncoderRecordAdmin(ReadOnlyAdmin[EncoderRecord]):
    list_display = ["name", "dimension"]
