"""The site's addresses: pages, API, admin, sign-in."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("clipsite.web.accounts.urls")),
    path("api/v1/", include("clipsite.api.urls")),
    path("", include("clipsite.web.runs.urls")),
    path("", include("clipsite.web.urls")),
]
