"""Addresses of sign-in and of a person's own account."""

from __future__ import annotations

from allauth.account import views
from django.urls import include, path
from django.views.decorators.http import require_POST

from search.web import account, invitations, sessions

urlpatterns = [
    path("", account.account_page, name="account"),
    # The names that the rest of the site uses; allauth's own follow.
    path("login/", views.login, name="login"),
    path("logout/", require_POST(views.logout), name="logout"),
    path("sessions/", sessions.sessions_page, name="sessions"),
    path("sessions/end", sessions.end_other_sessions, name="sessions-end"),
    path("sessions/<int:session_id>/end", sessions.end_session, name="session-end"),
    path("invitations/", invitations.invitations_page, name="invitations"),
    path("invitations/<int:invitation_id>/revoke", invitations.revoke_invitation, name="invitation-revoke"),
    path("invitation/<str:secret>/", invitations.invitation_page, name="invitation"),
    path("two-factor/", include("allauth.mfa.urls")),
    path("", include("allauth.account.urls")),
    # Where no provider is named, there is nothing behind these.
    path("sign-on/", include("allauth.socialaccount.urls")),
    path("", include("allauth.socialaccount.providers.openid_connect.urls")),
]
