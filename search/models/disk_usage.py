"""What background jobs found out about a dataset, so that no page has to: how much it holds, and whether it agrees."""

from __future__ import annotations

from django.db import models

from search.models.datasets import Dataset


class Upkeep(models.Model):
    """Bytes on the disk and in the database, as last measured, and what the last comparison of the index said."""

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="upkeep")
    images = models.PositiveBigIntegerField(default=0)
    originals = models.PositiveBigIntegerField(default=0, help_text="Bytes, wherever they lie.")
    derivatives = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    embeddings = models.PositiveBigIntegerField(default=0, help_text="Bytes of vectors in the database.")
    indexes = models.PositiveBigIntegerField(default=0, help_text="Bytes, of all versions that are kept.")
    maps = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    measured_at = models.DateTimeField(null=True, blank=True)
    agreement = models.TextField(blank=True, help_text="How index and database differed when last compared.")
    compared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "upkeep"

    def __str__(self) -> str:
        return f"upkeep of {self.dataset}"

    @property
    def total(self) -> int:
        """Bytes that would be free without this dataset; originals of server folders among them are not ours."""
        return self.originals + self.derivatives + self.embeddings + self.indexes + self.maps
