"""Addresses of the API."""

from __future__ import annotations

from django.urls import path

from search.api import failures, search

urlpatterns = [
    path("search", search.search, name="api-search"),
    path("datasets/<slug:slug>/failures", failures.failures, name="api-failures"),
]
