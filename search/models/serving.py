"""Which process answers queries from which version."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class ServingProcess(models.Model):
    """A web process, as it last told of itself; `versions` has the id of the open version by the id of its dataset."""

    name = models.CharField(max_length=200, unique=True)
    versions = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = "serving processes"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
