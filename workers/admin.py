"""Runs and their error ledger in the admin: look, and cancel."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from search.admin.records import ReadOnlyAdmin
from workers.models import ImageFailure, Run
from workers.starting import cancel_run


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin[Run]):
    list_display = ["id", "dataset", "kind", "state", "encoder", "requested_by", "created_at", "finished_at", "message"]
    list_filter = ["state", "kind", "dataset"]
    list_select_related = ["dataset", "requested_by"]
    actions = ["cancel"]

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("workers.change_run")

    @admin.action(description="Cancel: stop within one batch, keep what is done", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        cancelled = sum(cancel_run(run) for run in queryset)
        self.message_user(request, f"{cancelled} of {len(queryset)} runs were active and are cancelled.", messages.INFO)


@admin.register(ImageFailure)
class ImageFailureAdmin(ReadOnlyAdmin[ImageFailure]):
    list_display = ["name", "run", "stage", "reason", "created_at"]
    list_filter = ["stage", "run__dataset"]
    search_fields = ["name", "reason"]
    list_select_related = ["run__dataset"]
