"""The application `clipsite`: pages, API, admin and commands. It has no models of its own."""

from __future__ import annotations

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "clipsite"
    verbose_name = "Site"
