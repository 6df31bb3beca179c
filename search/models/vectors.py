"""Embeddings, and what is derived from them: index versions and projections."""

from __future__ import annotations

from django.db import models

from search.models.library import Dataset, Image


class EncoderRecord(models.Model):
    """An encoder whose embeddings the database holds; `name` is `family/architecture/weights`."""

    name = models.CharField(max_length=400, unique=True)
    dimension = models.PositiveIntegerField()

    class Meta:
        verbose_name = "encoder"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Embedding(models.Model):
    """One float16 unit vector of one image under one encoder: `dimension` little-endian halves."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="embeddings")
    encoder = models.ForeignKey(EncoderRecord, on_delete=models.PROTECT)
    vector = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["encoder", "image"], name="embedding_unique")]

    def __str__(self) -> str:
        return f"image {self.image_id} under encoder {self.encoder_id}"


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


class Projection(models.Model):
    """UMAP coordinates of one index version; the points lie in `path` below the projection folder."""

    version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="projections")
    parameters = models.JSONField(default=dict)
    count = models.PositiveBigIntegerField()
    seconds = models.FloatField(help_text="How long the layout took.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"map {self.pk} of {self.version}"

    @property
    def path(self) -> str:
        return f"{self.version.dataset_id}/{self.pk}"
