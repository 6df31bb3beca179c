"""Roles of people and groups in a dataset, as part of its page; invitations, to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from search.admin.records import ReadOnlyAdmin
from search.models import Dataset, DatasetRole, Invitation
from search.services.invitations import revoke


class DatasetRoleInline(admin.TabularInline[DatasetRole, Dataset]):
    model = DatasetRole
    extra = 0
    autocomplete_fields = ["person", "group"]
    verbose_name_plural = "who may see it besides its owner"


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin[Invitation]):
    list_display = ["__str__", "made_by", "dataset", "role", "created_at", "expires_at", "accepted_by", "revoked_at"]
    list_select_related = ["made_by", "dataset", "accepted_by"]
    search_fields = ["email", "accepted_by__username"]
    exclude = ["digest"]
    actions = ["revoke_invitations"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("search.change_invitation")

    @admin.action(description="Revoke: the link opens nothing any more", permissions=["revoke"])
    def revoke_invitations(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        revoked = sum(revoke(invitation) for invitation in queryset)
        self.message_user(request, f"{revoked} of {len(queryset)} invitations are revoked now.")
