"""Tokens with which programs use the API as a person."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from search.models.datasets import Dataset
from search.models.permissions import DatasetRole


class ApiToken(models.Model):
    """Lets a program do some of what its owner may; of its secret only a digest is kept."""

    class Scope(models.TextChoices):
        READ = "read", "look at datasets, images, runs and maps"
        SEARCH = "search", "search"
        WRITE = "write", "change what its owner may change, start and stop runs"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="What it is for.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret, hexadecimal.")
    start = models.CharField(max_length=12, help_text="How the secret begins, to tell tokens apart.")
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To within ten minutes.")

    class Meta:
        verbose_name = "API token"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}...)"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_valid(self) -> bool:
        """Tell whether it opens anything; its owner's account must be active, too."""
        return self.revoked_at is None and not self.is_expired


class Invitation(models.Model):
    """Lets one person without an account make one, once and until a day; of its secret only a digest is kept."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret, hexadecimal.")
    email = models.EmailField(blank=True, help_text="Whom it was sent to; empty for a link that is handed on.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="invitations_made"
    )
    dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.SET_NULL, help_text="Where the person gets a role."
    )
    role = models.CharField(max_length=6, choices=DatasetRole.Role.choices, default=DatasetRole.Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="invitations_accepted"
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"for {self.email}" if self.email else f"link {self.pk}"
