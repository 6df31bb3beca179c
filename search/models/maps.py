"""Maps and their clusters."""

from __future__ import annotations

from django.db import models

from search.models.datasets import Image
from search.models.versions import IndexVersion


class Projection(models.Model):
    """UMAP coordinates of one index version; the points lie in `path` below the projection folder."""

    version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="projections")
    parameters = models.JSONField(default=dict)
    layout = models.JSONField(default=dict, help_text="How the files of its points are laid out.")
    count = models.PositiveBigIntegerField()
    fitted = models.PositiveBigIntegerField(default=0, help_text="Points that UMAP itself saw.")
    placed = models.PositiveBigIntegerField(
        default=0, help_text="Images that were placed among the others since then, without drawing anew."
    )
    based_on = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="extended_by")
    trustworthiness = models.FloatField(
        null=True, help_text="How many neighbours on the map are neighbours among the vectors too, 0 to 1."
    )
    seconds = models.FloatField(help_text="How long the layout took.")
    timings = models.JSONField(default=dict, help_text="Seconds by step.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"map {self.pk} of {self.version}"

    @property
    def path(self) -> str:
        return f"{self.version.dataset_id}/{self.pk}"


class MapCluster(models.Model):
    """A group of points that lie together on a map, with the words and the image that stand for it."""

    projection = models.ForeignKey(Projection, on_delete=models.CASCADE, related_name="clusters")
    level = models.PositiveSmallIntegerField(help_text="0: few and large; 1: their parts.")
    number = models.PositiveIntegerField(help_text="Counts up from 0 within the level.")
    parent = models.PositiveIntegerField(null=True, blank=True, help_text="Number of the cluster of level 0 around it.")
    name = models.CharField(max_length=200, help_text="Given by the encoder.")
    given_name = models.CharField(max_length=200, blank=True, help_text="Given by a person; goes before.")
    image = models.ForeignKey(Image, null=True, blank=True, on_delete=models.SET_NULL, related_name="stands_for")
    count = models.PositiveBigIntegerField()
    x = models.FloatField(help_text="Of the caption: a point of the cluster.")
    y = models.FloatField()

    class Meta:
        ordering = ["level", "number"]
        constraints = [
            models.UniqueConstraint(fields=["projection", "level", "number"], name="map_cluster_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.label} on {self.projection}"

    @property
    def label(self) -> str:
        return self.given_name or self.name
