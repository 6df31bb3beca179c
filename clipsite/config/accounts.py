"""Settings of sign-in: accounts, mail, sessions, the second factor, single sign-on; `settings` takes them all over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clipsite.config import env

# --- Who may come in --------------------------------------------------------------------------------------------------
# Whether visitors who are not signed in see public datasets.
ANONYMOUS = env.read_flag("ANONYMOUS", True)
# Whether anybody may make an account; otherwise it takes an invitation.
SIGN_UP = env.read_flag("SIGN_UP", False)
# Whether staff get no further than to setting up a second factor.
STAFF_TWO_FACTOR = env.read_flag("STAFF_TWO_FACTOR", False)
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
ACCOUNT_APPS = [
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
]

# --- Sessions and cookies ---------------------------------------------------------------------------------------------
SESSION_COOKIE_AGE = env.read_number("SESSION_DAYS", 14, low=1, high=365) * 86_400
SESSION_COOKIE_HTTPONLY = True
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=4).total_seconds())

# --- Mail -------------------------------------------------------------------------------------------------------------
_MAIL = env.read_mail("EMAIL_URL")
MAIL_IS_SENT = _MAIL is not None
"""Without a server for it, mail stands in the output of the web process, and pages say so."""

EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _MAIL else 'console'}.EmailBackend"
if _MAIL:
    EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = _MAIL.uses_ssl, _MAIL.uses_starttls
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.read_text("EMAIL_FROM", "clipsite@localhost")

# --- django-allauth ---------------------------------------------------------------------------------------------------
ACCOUNT_ADAPTER = "clipsite.web.accounts.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "clipsite: "
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_SESSION_REMEMBER = True
# A letter to an address that nobody has here would let strangers write to anybody in the site's name.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# Passwords are counted by django-axes; what is left here are codes of the second factor.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "10/15m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "clipsite"
MFA_TOTP_TOLERANCE = 1
MFA_ALLOW_UNVERIFIED_EMAIL = True
USERSESSIONS_TRACK_ACTIVITY = (
    False  # a write for each request; clipsite.web.accounts.sessions does so every few minutes
)

# --- Single sign-on ---------------------------------------------------------------------------------------------------
OIDC_URL = env.read_provider("OIDC_URL")
OIDC_NAME = env.read_text("OIDC_NAME", "single sign-on")
# Whether whoever the provider lets in gets an account, or only who has one or is invited.
OIDC_SIGN_UP = env.read_flag("OIDC_SIGN_UP", False)
_OIDC_APP: dict[str, Any] = {
    "provider_id": "oidc",
    "name": OIDC_NAME,
    "client_id": env.read_text("OIDC_CLIENT_ID", ""),
    "secret": env.read_text("OIDC_SECRET", ""),
    "settings": {"server_url": OIDC_URL, "oauth_pkce_enabled": True},
}
SOCIALACCOUNT_ADAPTER = "clipsite.web.accounts.sign_in.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [_OIDC_APP] if OIDC_URL else []}}
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = ""
# By a link: browsers do not let a form lead to another site where a page's policy forbids that.
SOCIALACCOUNT_LOGIN_ON_GET = True

# --- django-axes: wrong passwords, by name and address together -------------------------------------------------------
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "clipsite.web.accounts.sign_in.address_for_axes"
AXES_LOCKOUT_CALLABLE = "clipsite.web.accounts.sign_in.locked_out"
AXES_VERBOSE = False
