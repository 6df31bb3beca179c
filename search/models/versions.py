"""Index versions, and which process answers queries from which."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from search.models.datasets import Dataset
from search.models.embeddings import EncoderRecord


class IndexVersion(models.Model):
    """An immutable searchable snapshot of a dataset's embeddings; its files lie in `path` below the index folder."""

    class State(models.TextChoices):
        BUILDING = "building", "being built"
        READY = "ready", "verified and published"
        FAILED = "failed", "could not be built"
        DAMAGED = "damaged", "damaged files"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="versions")
    encoder = models.ForeignKey(EncoderRecord, on_delete=models.PROTECT)
    number = models.PositiveIntegerField(help_text="Counts up from 1 within the dataset.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.BUILDING)
    damage = models.TextField(blank=True, help_text="What is wrong with the files of a damaged version.")
    count = models.PositiveBigIntegerField(default=0)
    fingerprint = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 over the ids and checksums of its images; tells whether it is stale.",
    )
    notes = models.JSONField(default=dict, help_text="What its manifest says: kind, parameters, measured recall.")
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="version_number_unique")]

    def __str__(self) -> str:
        return f"version {self.number} of {self.dataset}"

    @property
    def path(self) -> str:
        return f"{self.dataset_id}/{self.number}"


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
