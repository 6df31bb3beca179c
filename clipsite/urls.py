"""The site's addresses: pages, API, admin, sign-in."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("search.web.account_urls")),
    path("api/v1/", include("search.api.urls")),
    path("", include("workers.urls")),
    path("", include("search.web.urls")),
]
