"""Collections, their images and the people with whom they are shared."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from search.models.datasets import Image


class Collection(models.Model):
    """Images of any datasets that a person put together; `search.permissions.visibility` says who sees which."""

    class Visibility(models.TextChoices):
        PUBLIC = "public", "public: everybody may search in it"
        PRIVATE = "private", "private: its owner and staff"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="collections")
    name = models.CharField(max_length=120)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE)
    link = models.CharField(
        max_length=64,
        unique=True,
        null=True,
        blank=True,
        help_text="The secret part of its public address; none where it has no link.",
    )
    images = models.ManyToManyField(Image, through="CollectionImage", related_name="collections")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint("owner", Lower("name"), name="collection_name_unique")]

    def __str__(self) -> str:
        return self.name


class CollectionImage(models.Model):
    """An image in a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, db_index=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "image"], name="collection_image_unique")]
        indexes = [models.Index(fields=["collection", "-id"], name="collection_newest")]

    def __str__(self) -> str:
        return f"image {self.image_id} in collection {self.collection_id}"


class CollectionMember(models.Model):
    """A person with whom a collection is shared, and what they may do with it."""

    class Role(models.TextChoices):
        VIEWER = "viewer", "may look"
        EDITOR = "editor", "may add and remove images"

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="members", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        ordering = ["person__username"]
        constraints = [models.UniqueConstraint(fields=["collection", "person"], name="collection_member_unique")]

    def __str__(self) -> str:
        return f"person {self.person_id} in collection {self.collection_id}"
