"""Schedules in the admin: what runs by itself, when, and whether it is switched on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django_celery_beat.admin import PeriodicTaskAdmin
from django_celery_beat.models import ClockedSchedule, PeriodicTask, SolarSchedule

for unused in (PeriodicTask, SolarSchedule, ClockedSchedule):
    admin.site.unregister(unused)


@admin.register(PeriodicTask)
class ScheduleAdmin(PeriodicTaskAdmin):
    """The library's form without its page, whose script stands in the page itself: our policy refuses that."""

    change_form_template = "admin/change_form.html"
    date_hierarchy = None
    list_display = ("name", "enabled", "when", "last_run_at", "origin")
    list_filter = ("enabled",)
    list_select_related = ("interval", "crontab")
    readonly_fields = ("last_run_at",)
    fieldsets = (
        (None, {"fields": ("name", "regtask", "task", "enabled", "description")}),
        ("When: one of these", {"fields": ("interval", "crontab", "start_time", "one_off")}),
        ("With what", {"fields": ("args", "kwargs", "queue", "priority", "expire_seconds", "last_run_at")}),
    )

    @admin.display(description="when")
    def when(self, task: Any) -> str:
        return str(task.crontab.human_readable if task.crontab else task.interval or "never")

    @admin.display(description="set by")
    def origin(self, task: Any) -> str:
        if task.name in settings.CELERY_BEAT_SCHEDULE:
            return "the site, at each start"
        return "the page of its dataset" if task.task == "workers.tasks.rescan" else "an administrator"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_ours = obj is not None and obj.name in settings.CELERY_BEAT_SCHEDULE
        return not is_ours and super().has_delete_permission(request, obj)
