"""Duplicates: which contents look alike, which of them a person marked as distinct, and the groups that follow.

Pairs name contents (checksums), not images, so that they survive renaming and indexing again.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from search.models.datasets import Dataset, Image
from search.models.embeddings import EncoderRecord

_SHA256 = 64


class NearPair(models.Model):
    """Two contents of a dataset that look alike; `first` is the lower checksum."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, db_index=False)
    first = models.CharField(max_length=_SHA256)
    second = models.CharField(max_length=_SHA256)
    cosine = models.FloatField(help_text="Similarity of their embeddings.")
    distance = models.PositiveSmallIntegerField(help_text="How many bits of their perceptual hashes differ.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "first", "second"], name="near_pair_unique")]
        indexes = [models.Index(fields=["dataset", "second"], name="near_pair_second")]

    def __str__(self) -> str:
        return f"{self.first[:8]} and {self.second[:8]}"


class DistinctPair(models.Model):
    """Two contents of a dataset that are no duplicates of each other, as a person said."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, db_index=False)
    first = models.CharField(max_length=_SHA256)
    second = models.CharField(max_length=_SHA256)
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "first", "second"], name="distinct_pair_unique")]

    def __str__(self) -> str:
        return f"{self.first[:8]} is not {self.second[:8]}"


class DuplicateMember(models.Model):
    """An image that has duplicates. `place` counts from 0, the one to keep, within all of its group."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, db_index=False)
    image = models.OneToOneField(Image, on_delete=models.CASCADE, related_name="duplicate")
    exact = models.CharField(max_length=_SHA256, blank=True, help_text="Its checksum, where other images have it too.")
    near = models.BigIntegerField(null=True, blank=True, help_text="Lowest image id of those that look alike.")
    place = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["dataset", "exact", "image"], name="duplicate_exact"),
            models.Index(fields=["dataset", "near", "image"], name="duplicate_near"),
        ]

    def __str__(self) -> str:
        return f"copy {self.image_id}"


class KeptImage(models.Model):
    """An image that a person chose to keep among its duplicates."""

    image = models.OneToOneField(Image, on_delete=models.CASCADE, related_name="kept")

    def __str__(self) -> str:
        return f"kept {self.image_id}"


class DuplicateScan(models.Model):
    """The state of the search for duplicates in a dataset, and in how many bits the hashes of duplicates may differ."""

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="duplicate_scan")
    encoder = models.ForeignKey(EncoderRecord, null=True, on_delete=models.SET_NULL)
    most_distance = models.PositiveSmallIntegerField()
    content = models.CharField(max_length=64, blank=True, help_text="Fingerprint of the index version compared last.")
    compared = models.BinaryField(default=bytes, help_text="Contents whose neighbours are known.")
    preview = models.JSONField(default=list, help_text="Groups and images at each distance.")
    compared_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "search_comparing"  # as in the first release, so that the rename touched no table

    def __str__(self) -> str:
        return f"copies in {self.dataset}"
