"""Datasets and their images."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower


class ExistingDatasets(models.Manager["Dataset"]):
    """The datasets that nobody has deleted."""

    def get_queryset(self) -> models.QuerySet[Dataset]:
        return super().get_queryset().filter(deleted_at=None)


class Dataset(models.Model):
    """A named collection of images with an owner, a visibility and one live index version.

    One that was deleted is gone for everybody at once (`objects`); a job in the background removes its rows and files.
    """

    class Visibility(models.TextChoices):
        PUBLIC = "public", "public: everybody may search it"
        PRIVATE = "private", "private: its owner, who has a role in it, and staff"

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE)
    source_path = models.CharField(
        max_length=4096, help_text="The folder that holds the originals; subfolders are read too."
    )
    live_version = models.ForeignKey(
        "search.IndexVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="live_in"
    )
    bucket = models.CharField(
        max_length=1200,
        blank=True,
        editable=False,
        help_text="The bucket that has all its derivatives and uploaded originals, besides the data folder.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True)
    removal_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when the job that removes it counts as alive without another word."
    )

    objects = ExistingDatasets()
    with_deleted: models.Manager[Dataset] = models.Manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="dataset_name_unique")]

    def __str__(self) -> str:
        return self.name


class Image(models.Model):
    """One picture of a dataset: its original on disk, its checksum and how far it has come."""

    class State(models.TextChoices):
        PENDING = "pending", "waiting for its derivative"
        READY = "ready", "derivative written"
        FAILED = "failed", "could not be read"
        MISSING = "missing", "gone from its folder"
        # A state and no mark: such an image leaves results at once, like one that is gone, and the next version too.
        HIDDEN = "hidden", "hidden by a person"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="images")
    name = models.CharField(max_length=1024, help_text="Path below the dataset's folder, with forward slashes.")
    checksum = models.CharField(max_length=64, help_text="SHA-256 of the original, hexadecimal.")
    byte_size = models.PositiveBigIntegerField()
    modified_ns = models.BigIntegerField(help_text="Modification time of the original, nanoseconds since 1970.")
    width = models.PositiveIntegerField(default=0, help_text="Pixels, after the EXIF orientation is applied.")
    height = models.PositiveIntegerField(default=0)
    format = models.CharField(max_length=12, blank=True, help_text="As decoded, not as the file name claims.")
    taken_at = models.DateTimeField(null=True, blank=True, help_text="As its camera wrote down; unknown for many.")
    placeholder = models.CharField(
        max_length=40, blank=True, help_text="What stands for it until it has arrived: a ThumbHash, base64."
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    perceptual_hash = models.BigIntegerField(
        null=True, blank=True, help_text="Of what it looks like; unknown until it is first compared."
    )
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["dataset", "name"], name="image_name_unique")]
        indexes = [
            models.Index(fields=["dataset", "state", "id"], name="image_state"),
            models.Index(fields=["state", "id"], name="image_of_state"),
            models.Index(fields=["dataset", "checksum"], name="image_checksum"),
            # Each holds all that its condition asks for and ends with the id, so that no row of the table is read.
            models.Index(fields=["dataset", "state", "taken_at", "id"], name="image_taken"),
            models.Index(fields=["dataset", "state", "added_at", "id"], name="image_added"),
            models.Index(fields=["dataset", "state", "width", "height", "id"], name="image_size"),
            models.Index(
                fields=["dataset", "id"],
                condition=models.Q(state="ready", placeholder=""),
                name="image_no_placeholder",
            ),
        ]

    def __str__(self) -> str:
        return self.name
