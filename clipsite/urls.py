"""The site's addresses: pages, API, admin, sign-in."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

admin.site.site_header = "clipsite administration"
admin.site.site_title = "clipsite"
admin.site.index_title = "Datasets, runs and people"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("api/v1/", include("search.api.urls")),
    path("", include("workers.urls")),
    path("", include("search.web.urls")),
]
