"""The workers application."""

from __future__ import annotations

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    name = "workers"
    verbose_name = "Background work"

    def ready(self) -> None:
        """The services ask for faulty images without knowing who keeps the ledger."""
        from search.filters.error_ledger import error_ledger
        from workers.ledger.entries import faulty_images

        error_ledger.read_from(faulty_images)
