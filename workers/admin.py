"""Runs and their error ledger in the admin: look, and control."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from search.admin.records import ReadOnlyAdmin
from workers.control import cancel_run, pause_run, resume_run, set_priority
from workers.models import ImageFailure, Run


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin[Run]):
    list_display = [
        "id",
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
class ImageFailureAdmin(ReadOnlyAdmin[ImageFailure]):
    list_display = ["name", "dataset", "stage", "reason", "state", "attempts", "last_at"]
    list_filter = ["state", "stage", "dataset"]
    search_fields = ["name", "reason"]
    list_select_related = ["dataset"]
