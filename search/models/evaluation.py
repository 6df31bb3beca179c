"""Evaluations of the searches of a dataset."""

from __future__ import annotations

from django.db import models

from search.models.datasets import Dataset
from search.models.versions import IndexVersion


class Evaluation(models.Model):
    """The result of asking one version labelled texts; the figures are `search.evaluation.evaluate.Figures`."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="evaluations")
    version = models.ForeignKey(IndexVersion, on_delete=models.SET_NULL, null=True, related_name="evaluations")
    version_number = models.PositiveIntegerField(help_text="Stays when the version is pruned.")
    encoder_name = models.CharField(max_length=400)
    source = models.CharField(max_length=200, help_text="The file or folder of the captions.")
    figures = models.JSONField()
    failures = models.JSONField(default=list, help_text="Texts whose images stood furthest down.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"evaluation {self.pk} of {self.dataset}"
