"""Addresses of the API."""

from __future__ import annotations

from django.urls import path

from search.api import search

urlpatterns = [path("search", search.search, name="api-search")]
