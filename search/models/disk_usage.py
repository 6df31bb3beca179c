"""What background jobs measured of a dataset: the room it takes, and whether index and database agree."""

from __future__ import annotations

from django.db import models

from search.models.datasets import Dataset


class DatasetUsage(models.Model):
    """The bytes of a dataset on the disk and in the database, as last measured, and how its last index check ended.

    Jobs write it, so that no page walks through folders or counts millions of rows.
    """

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="usage")
    images = models.PositiveBigIntegerField(default=0)
    originals = models.PositiveBigIntegerField(default=0, help_text="Bytes, wherever they lie.")
    derivatives = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    embeddings = models.PositiveBigIntegerField(default=0, help_text="Bytes of vectors in the database.")
    indexes = models.PositiveBigIntegerField(default=0, help_text="Bytes, of all versions that are kept.")
    maps = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    measured_at = models.DateTimeField(null=True, blank=True)
    index_check = models.TextField(
        blank=True, db_column="agreement", help_text="How index and database differed when last compared."
    )
    compared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "search_upkeep"  # as in the first release, like the column `agreement`: the rename touched no table
        verbose_name = "dataset usage"
        verbose_name_plural = "dataset usage"

    def __str__(self) -> str:
        return f"usage of {self.dataset}"

    @property
    def total(self) -> int:
        """The bytes that would be free without this dataset; originals of server folders among them are not ours."""
        return self.originals + self.derivatives + self.embeddings + self.indexes + self.maps
