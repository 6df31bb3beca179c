"""Addresses of sign-in and of a person's own account."""

from __future__ import annotations

from allauth.account import views
from allauth.account.urls import urlpatterns as account_pages
from django.urls import include, path
from django.views.decorators.http import require_POST

from clipsite.web.accounts import account, invitations, sessions

# Codes by mail, and waiting for an address to be confirmed; its page of addresses is ours.
_NOT_OFFERED = {
    "account_request_reauthentication_code",
    "account_confirm_reauthentication_code",
    "account_confirm_login_code",
    "account_email_verification_sent",
    "account_email",
}

urlpatterns = [
    path("", account.account_page, name="account"),
    # The names that the rest of the site uses; allauth's own follow.
    path("login/", views.login, name="login"),
    path("logout/", require_POST(views.logout), name="logout"),
    path("email/", account.mail_address, name="account_email"),
    path("sessions/", sessions.sessions_page, name="sessions"),
    path("sessions/end", sessions.end_other_sessions, name="sessions-end"),
    path("sessions/<int:session_id>/end", sessions.end_session, name="session-end"),
    path("invitations/", invitations.invitations_page, name="invitations"),
    path("invitations/<int:invitation_id>/revoke", invitations.revoke_invitation, name="invitation-revoke"),
    path("invitation/<str:secret>/", invitations.invitation_page, name="invitation"),
    path("two-factor/", include("allauth.mfa.urls")),
    path("", include([page for page in account_pages if page.name not in _NOT_OFFERED])),
    # Where no provider is named, there is nothing behind these.
    path("sign-on/", include("allauth.socialaccount.urls")),
    path("", include("allauth.socialaccount.providers.openid_connect.urls")),
]
