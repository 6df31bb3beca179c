"""Tags of a dataset, its vocabulary, and what the encoder assigned."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from search.models.datasets import Dataset, Image
from search.models.embeddings import EncoderRecord


class Tag(models.Model):
    """A word that images of one dataset carry; upper and lower case are the same."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=80)
    # Counted when tags change: counting millions of rows takes longer than a page may.
    usage = models.PositiveBigIntegerField(default=0, help_text="How many images carry it.")
    images = models.ManyToManyField(Image, through="ImageTag", related_name="tags")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("dataset", Lower("name"), name="tag_name_unique")]

    def __str__(self) -> str:
        return self.name


class ImageTag(models.Model):
    """A tag on an image: given by a person, or by the encoder with a confidence."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, db_index=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE)
    # The encoder writes and deletes only rows that have one, so what a person gave is never touched.
    confidence = models.FloatField(null=True, blank=True, help_text="Of the encoder, 0 to 1; none for a person's.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "image"], name="image_tag_unique")]

    def __str__(self) -> str:
        return f"image {self.image_id} with tag {self.tag_id}"


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
    """A tag that a person took from an image, so that the encoder does not give it again.

    It is no mark on ImageTag, so that a search by tag reads one index and nothing else.
    """

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, db_index=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="rejected_tags")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "image"], name="rejected_tag_unique")]

    def __str__(self) -> str:
        return f"not tag {self.tag_id} on image {self.image_id}"


class Tagging(models.Model):
    """A record of what the encoder assigned in a dataset: with which words and scales, and to which images."""

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
