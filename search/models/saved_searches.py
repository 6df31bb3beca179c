"""What a person keeps of searching: saved searches, and the latest ones unless they want none kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class SavedSearch(models.Model):
    """A search by name; whoever opens it searches anew, so it stays live."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=120)
    query = models.TextField(help_text="The normalised query string of the search page.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "saved searches"
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint("owner", Lower("name"), name="saved_search_name_unique")]

    def __str__(self) -> str:
        return self.name


class RecentSearch(models.Model):
    """A search that a signed-in person made, once however often they made it."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recent_searches", db_index=False
    )
    query = models.TextField(help_text="The normalised query string of the search page.")
    # Long texts cannot be unique in every database.
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the query, hexadecimal.")
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "recent searches"
        ordering = ["-asked_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["owner", "fingerprint"], name="recent_search_unique")]
        indexes = [models.Index(fields=["owner", "-asked_at", "-id"], name="recent_search_newest")]

    def __str__(self) -> str:
        return self.query


class NoHistory(models.Model):
    """That a person wants no recent searches kept."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="no_history"
    )

    class Meta:
        verbose_name_plural = "people without history"

    def __str__(self) -> str:
        return f"person {self.person_id}"
