"""Addresses of the API."""

from __future__ import annotations

from django.urls import path

from clipsite.api.docs import docs_page, schema_file
from clipsite.api.site import api

# Ninja's own pattern of the root only serves to find out where the API lies.
urlpatterns = [
    path("docs", docs_page, name="api-docs"),
    path("openapi.json", schema_file, name="api-schema"),
    *api.urls[0],
]
