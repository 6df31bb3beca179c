"""Embeddings, and what is derived from them: index versions and projections."""

from __future__ import annotations

from django.db import models

from search.models.datasets import Image


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
