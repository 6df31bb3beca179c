"""The audit log, which nobody can change; and lines for actions of lists, which Django itself does not write."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from search.permissions.audit_log import record

M = TypeVar("M", bound=Model)


class AuditedActions(admin.ModelAdmin[M]):
    """An admin that writes a line for each row on which an action of the list was used."""

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[M], *arguments: Any, **options: Any
    ) -> HttpResponse | None:
        chosen = self.get_actions(request).get(request.POST.get("action", ""))
        description = chosen[2] if chosen else ""
        # Read before the action, which may delete its rows.
        things = list(queryset.filter(pk__in=request.POST.getlist(ACTION_CHECKBOX_NAME)[: self.list_per_page]))
        response = super().response_action(request, queryset, *arguments, **options)
        if response is not None and description:
            for thing in things:
                record(request.user, thing, f"Action of the list: {description}")
        return response


@admin.register(LogEntry)
class LogEntryAdmin(admin.ModelAdmin[LogEntry]):
    """The newest first. Nobody adds, changes or deletes a line here."""

    list_display = ["action_time", "user", "content_type", "object_repr", "kind", "message"]
    list_display_links = None
    list_select_related = ["user", "content_type"]
    list_per_page = 50
    ordering = ["-id"]
    search_fields = ["user__username", "object_repr"]
    show_full_result_count = False

    @admin.display(description="kind")
    def kind(self, entry: LogEntry) -> str:
        return entry.get_action_flag_display()

    @admin.display(description="what")
    def message(self, entry: LogEntry) -> str:
        return entry.get_change_message()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False
