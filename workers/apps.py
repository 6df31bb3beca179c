"""The workers application."""

from __future__ import annotations

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    name = "workers"
    verbose_name = "Background work"

    def ready(self) -> None:
        """Register the stages, and hand the error ledger to the library, which knows nothing of workers."""
        from search.filters.error_ledger import error_ledger
        from workers.ledger.entries import faulty_images
        from workers.pipeline.stages import STAGES
        from workers.registry import register_stages

        register_stages(STAGES)
        error_ledger.read_from(faulty_images)
