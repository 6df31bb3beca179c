"""The administration: its name, its order and its sign-in."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse

_ORDER = ("search", "workers", "django_celery_beat", "auth", "account", "mfa", "usersessions", "socialaccount", "axes")
"""The order of applications, by what administrators come for; others follow as Django orders them."""

_TITLES = {"account": "Mail addresses", "axes": "Wrong passwords", "auth": "People", "django_celery_beat": "Schedules"}


class Administration(AdminSite):
    """Django's administration, with the library first."""

    site_header = "clipsite administration"
    site_title = "clipsite"
    index_title = "Datasets, runs and people"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["name"] = _TITLES.get(app["app_label"], app["name"])
        places = {label: place for place, label in enumerate(_ORDER)}
        return sorted(apps, key=lambda app: places.get(app["app_label"], len(places)))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign in by the site's own pages: Django's form knows neither the second factor nor invitations."""
        from allauth.account.decorators import secure_admin_login  # its models are not loaded when this module is

        answered: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return answered
