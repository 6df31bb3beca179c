"""Runs and the error ledgers in the admin: look, control runs, retry or ignore files."""

from __future__ import annotations

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clipsite.admin.paging import BoundedAdmin
from clipsite.admin.records import ReadOnlyAdmin
from clipsite.admin.schedules import ScheduleAdmin
from clipsite.web.runs.failures import csv_response
from search.errors import UserError
from search.models import Dataset
from workers.models import ImageFailure, Run
from workers.runs import retry as run_retry
from workers.runs.control import cancel_run, pause_run, resume_run, set_priority

__all__ = ["ImageFailureAdmin", "RunAdmin", "ScheduleAdmin"]

_SHOWN_NAME = 60


@admin.register(Run)
class RunAdmin(BoundedAdmin[Run], ReadOnlyAdmin[Run]):
    list_display = [
        "page",
        "dataset",
        "kind",
        "state",
        "priority",
        "encoder",
        "requested_by",
        "created_at",
        "finished_at",
        "message",
    ]
    list_filter = ["state", "kind", "priority", "dataset"]
    list_select_related = ["dataset", "requested_by"]
    actions = ["pause", "resume", "cancel", "hurry", "treat_normally", "let_wait"]

    def has_control_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("workers.change_run")

    @admin.display(description="run")
    def page(self, run: Run) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("run", args=[run.pk]), run.pk)

    @admin.action(description="Pause: let batches at work end, start no other", permissions=["control"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        paused = sum(pause_run(run) for run in queryset)
        self.message_user(request, f"{paused} of {len(queryset)} runs were active and are paused.", messages.INFO)

    @admin.action(description="Resume paused runs", permissions=["control"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        resumed = sum(resume_run(run) for run in queryset)
        self.message_user(request, f"{resumed} of {len(queryset)} runs were paused and go on.", messages.INFO)

    @admin.action(description="Cancel: stop within one batch, keep what is done", permissions=["control"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        cancelled = sum(cancel_run(run) for run in queryset)
        self.message_user(request, f"{cancelled} of {len(queryset)} runs were active and are cancelled.", messages.INFO)

    @admin.action(description="Priority high: go before other runs", permissions=["control"])
    def hurry(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        self._prioritise(request, queryset, Run.Priority.HIGH)

    @admin.action(description="Priority normal", permissions=["control"])
    def treat_normally(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        self._prioritise(request, queryset, Run.Priority.NORMAL)

    @admin.action(description="Priority low: let other runs go first", permissions=["control"])
    def let_wait(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        self._prioritise(request, queryset, Run.Priority.LOW)

    def _prioritise(self, request: HttpRequest, queryset: QuerySet[Run], priority: Run.Priority) -> None:
        changed = sum(set_priority(run, priority) for run in queryset)
        sentence = f"{changed} of {len(queryset)} runs were active and have {priority.label} priority now."
        self.message_user(request, sentence, messages.INFO)


@admin.register(ImageFailure)
class ImageFailureAdmin(BoundedAdmin[ImageFailure], ReadOnlyAdmin[ImageFailure]):
    list_display = ["file", "dataset", "stage", "reason", "state", "attempts", "last_at", "page"]
    list_filter = ["state", "stage", "dataset"]
    list_select_related = ["dataset"]
    search_fields = ["name", "reason"]
    actions = ["retry", "ignore", "stop_ignoring", "download_csv"]

    def has_control_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("workers.change_imagefailure")

    @admin.display(description="file", ordering="name")
    def file(self, entry: ImageFailure) -> str:
        """The end of a long path says more than its beginning."""
        return entry.name if len(entry.name) <= _SHOWN_NAME else f"\u2026{entry.name[-_SHOWN_NAME:]}"

    @admin.display(description="image")
    def page(self, entry: ImageFailure) -> SafeString | str:
        return format_html('<a href="{}">open</a>', reverse("image", args=[entry.image_id])) if entry.image_id else "-"

    @admin.action(description="Retry: one run for each dataset tries these files again", permissions=["control"])
    def retry(self, request: HttpRequest, queryset: QuerySet[ImageFailure]) -> None:
        datasets = Dataset.objects.filter(pk__in=queryset.order_by().values("dataset"))
        for dataset in datasets.select_related("live_version__encoder"):
            try:
                run = run_retry.retry(dataset, queryset, requested_by=cast("User", request.user))
            except UserError as error:
                self.message_user(request, str(error), messages.ERROR)
                continue
            link = format_html('Started: <a href="{}">{}</a>', reverse("run", args=[run.pk]), run)
            self.message_user(request, link, messages.SUCCESS)

    @admin.action(description="Ignore: runs leave these files alone until they change", permissions=["control"])
    def ignore(self, request: HttpRequest, queryset: QuerySet[ImageFailure]) -> None:
        self.message_user(request, f"{run_retry.ignore(queryset):,} ignored from now on.", messages.SUCCESS)

    @admin.action(description="Stop ignoring: the next index run tries again", permissions=["control"])
    def stop_ignoring(self, request: HttpRequest, queryset: QuerySet[ImageFailure]) -> None:
        self.message_user(request, f"{run_retry.stop_ignoring(queryset):,} no longer ignored.", messages.SUCCESS)

    @admin.action(description="Download as CSV", permissions=["view"])
    def download_csv(self, request: HttpRequest, queryset: QuerySet[ImageFailure]) -> StreamingHttpResponse:
        return csv_response(queryset, "failures.csv")
