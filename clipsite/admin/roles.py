"""Roles of people and groups in datasets; invitations, to be looked at and revoked."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from clipsite.admin.records import ReadOnlyAdmin
from search.accounts.invitations import revoke
from search.models import DatasetRole, Invitation


@admin.register(DatasetRole)
class DatasetRoleAdmin(admin.ModelAdmin[DatasetRole]):
    list_display = ["dataset", "group", "person", "role"]
    list_filter = ["role"]
    list_select_related = ["dataset", "person", "group"]
    search_fields = ["dataset__name", "person__username", "group__name"]
    autocomplete_fields = ["dataset", "person", "group"]


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
