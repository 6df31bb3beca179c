"""The site's addresses: pages, API, admin, sign-in."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.site.site_header = "clipsite administration"
admin.site.site_title = "clipsite"
admin.site.index_title = "Datasets, runs and people"
# Its own form knows neither the second factor nor invitations.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("search.web.account_urls")),
    path("api/v1/", include("search.api.urls")),
    path("", include("workers.urls")),
    path("", include("search.web.urls")),
]
