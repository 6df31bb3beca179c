"""Second factors and sessions of people: looked at without their secrets, and ended."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from clipsite.admin.records import ReadOnlyAdmin

# The provider of single sign-on stands in the settings; allauth's own pages would show and change secrets.
for model in (SocialApp, SocialToken, Authenticator, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin[Any]):
    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    fields = ["user", "type", "created_at", "last_used_at"]
    actions = ["reset"]

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mfa.delete_authenticator")

    @admin.action(description="Reset: they sign in with the password alone", permissions=["reset"])
    def reset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        people = set(queryset.values_list("user_id", flat=True))
        # Recovery codes without the app they stand for would lock people out.
        Authenticator.objects.filter(user_id__in=people).delete()
        self.message_user(request, f"The second factor of {len(people)} people is reset.")


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin[Any]):
    list_display = ["user", "created_at", "last_seen_at", "ip", "user_agent"]
    list_select_related = ["user"]
    search_fields = ["user__username", "ip"]
    fields = ["user", "created_at", "last_seen_at", "ip", "user_agent"]
    actions = ["sign_out"]

    def has_sign_out_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("usersessions.delete_usersession")

    @admin.action(description="Sign out: these browsers have to sign in again", permissions=["sign_out"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        sessions = list(queryset)
        for session in sessions:
            session.end()
        self.message_user(request, f"{len(sessions)} sessions are signed out.")
