"""Tokens of the API: whose they are and when they were used; revoked here, made by their owners."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from clipsite.admin.records import ReadOnlyAdmin
from search.accounts.tokens import revoke
from search.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin[ApiToken]):
    list_display = ["name", "owner", "start", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"]
    list_filter = ["revoked_at", "expires_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username"]
    exclude = ["digest"]
    actions = ["revoke_tokens"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("search.change_apitoken")

    @admin.action(description="Revoke: refused from now on", permissions=["revoke"])
    def revoke_tokens(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        revoked = sum(revoke(token) for token in queryset)
        self.message_user(request, f"{revoked} of {len(queryset)} tokens are revoked now.", messages.SUCCESS)
