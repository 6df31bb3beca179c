"""Single sign-on by OpenID Connect, against a provider of this test's own that speaks the protocol over HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.web.markup import on_one_line

CLIENT = "clipsite"


@dataclass
class Provider:
    """An OpenID Connect provider that lets everybody in as `person`."""

    address: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "41", "preferred_username": "erin"})

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/keys",
        }

    def tokens(self) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 60, **self.person}
        return {
            "access_token": "an access token",
            "token_type": "Bearer",
            "id_token": jwt.encode(claims, "a key of thirty-two characters....", "HS256"),
        }


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(made.discovery() if "well-known" in self.path else made.person)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(made.tokens())

        def _answer(self, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}"
    settings.OIDC_URL, settings.OIDC_NAME = made.address, "the university"
    app = {
        "provider_id": "oidc",
        "name": "the university",
        "client_id": CLIENT,
        "secret": "a secret",
        "settings": {"server_url": made.address},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def come_in(client: Client, process: str = "login") -> str:
    """Goes to the provider and back; returns where that leads."""
    away = client.get(f"{reverse('openid_connect_login', args=['oidc'])}?process={process}")
    assert away.status_code == 302
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]
    back = client.get(reverse("openid_connect_callback", args=["oidc"]), {"code": "a code", "state": state})
    return str(back.headers.get("Location", back.status_code))


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def test_the_page_of_sign_in_leads_to_the_provider(db: None, provider: Provider) -> None:
    content = on_one_line(Client().get(reverse("login")).content.decode())
    assert "Sign in by the university" in content
    away = Client().get(reverse("openid_connect_login", args=["oidc"]))["Location"]
    asked = parse_qs(urlsplit(away).query)
    assert away.startswith(f"{provider.address}/authorize?")
    assert (asked["client_id"], asked["response_type"]) == ([CLIENT], ["code"])
    assert asked["redirect_uri"] == ["http://testserver/accounts/oidc/login/callback/"]


def test_without_a_provider_nothing_is_offered(db: None) -> None:
    assert "Sign in by" not in Client().get(reverse("login")).content.decode()
    assert Client().get(reverse("openid_connect_login", args=["oidc"])).status_code == 404


def test_whoever_is_new_gets_no_account_unless_the_site_says_so(
    db: None, provider: Provider, settings: Settings
) -> None:
    client = Client()
    assert come_in(client) != reverse("home")
    assert (is_signed_in(client), User.objects.count()) == (False, 0)
    settings.OIDC_SIGN_UP = True
    assert come_in(client) == reverse("home")
    assert is_signed_in(client)
    assert [user.username for user in User.objects.all()] == ["erin"]


def test_who_connected_an_account_comes_in_with_it(alice: User, provider: Provider) -> None:
    client = Client()
    password = "alice's own secret"
    client.post(reverse("login"), {"login": "alice", "password": password})
    client.post(reverse("account_reauthenticate"), {"password": password})  # it is really her
    come_in(client, "connect")
    assert [(one.user, one.uid) for one in SocialAccount.objects.all()] == [(alice, "41")]
    again = Client()
    assert come_in(again) == reverse("home")
    assert again.get(reverse("account")).context["user"] == alice


def test_a_mail_address_that_the_provider_claims_opens_no_account(alice: User, provider: Provider) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.org")
    provider.person |= {"email": "alice@example.org", "email_verified": True}
    client = Client()
    come_in(client)
    assert not is_signed_in(client)


def test_a_provider_that_does_not_answer_is_a_sentence(db: None, provider: Provider, settings: Settings) -> None:
    silent = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    silent["settings"]["server_url"] = "http://127.0.0.1:1"  # where nothing listens
    response = Client().get(reverse("openid_connect_login", args=["oidc"]))
    assert response.status_code == 503
    assert "The university does not answer now" in response.content.decode()
