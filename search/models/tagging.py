"""Tags that the encoder assigns: the vocabulary of a dataset, what a person rejected, and what was assigned when."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from search.models.grouping import Tag
from search.models.library import Dataset, Image
from search.models.vectors import EncoderRecord


class Vocabulary(models.Model):
    """The words of a dataset that was given its own; others have the default list."""

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="vocabulary")
    text = models.TextField(help_text="A word a line; lines in square brackets are the names of groups.")
    least_confidence = models.FloatField()

    class Meta:
        verbose_name_plural = "vocabularies"

    def __str__(self) -> str:
        return f"vocabulary of {self.dataset}"


class RejectedTag(models.Model):
    """That a person took a tag from an image, so that the encoder does not give it again."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, db_index=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="rejected_tags")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "image"], name="rejected_tag_unique")]

    def __str__(self) -> str:
        return f"not tag {self.tag_id} on image {self.image_id}"


class Tagging(models.Model):
    """What the encoder assigned in a dataset: with which words and scales, and to which images."""

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="tagging")
    encoder = models.ForeignKey(EncoderRecord, on_delete=models.CASCADE)
    words = models.CharField(max_length=64, help_text="SHA-256 over vocabulary and least confidence.")
    scales = models.JSONField(default=dict, help_text="By which scores become confidences.")
    vectors = models.BinaryField(default=bytes, help_text="Of the words, in the order of the scales; float16.")
    content = models.CharField(max_length=64, blank=True, help_text="Fingerprint of the index version that is tagged.")
    tagged = models.BinaryField(default=bytes, help_text="Which images, and their contents, have their tags.")
    tagged_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"tags of {self.dataset}"
