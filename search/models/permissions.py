"""What people and groups may do in a dataset besides its owner."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from search.models.datasets import Dataset


class DatasetRole(models.Model):
    """The role of one person, or of all members of one group, in one dataset."""

    class Role(models.TextChoices):
        VIEWER = "viewer", "may look and search"
        EDITOR = "editor", "may also tag, name clusters and decide on copies"
        OWNER = "owner", "may also index, draw maps and share"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="roles", db_index=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="dataset_roles"
    )
    group = models.ForeignKey(
        "auth.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="dataset_roles"
    )
    role = models.CharField(max_length=6, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        ordering = ["group__name", "person__username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=True) ^ Q(group__isnull=True),
                name="dataset_role_of_one",
                violation_error_message="Name a person or a group: one of the two.",
            ),
            models.UniqueConstraint(fields=["dataset", "person"], name="dataset_role_person_unique"),
            models.UniqueConstraint(fields=["dataset", "group"], name="dataset_role_group_unique"),
        ]

    def __str__(self) -> str:
        who = f"group {self.group_id}" if self.group_id else f"person {self.person_id}"
        return f"{who} as {self.role} of dataset {self.dataset_id}"
