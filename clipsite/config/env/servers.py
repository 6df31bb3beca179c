"""Addresses of servers that the site uses: database, Valkey, Milvus, bucket, mail, single sign-on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from clipsite.config.env.values import PREFIX, read_text
from search.bucket.address import Bucket

_DATABASES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes mail, and how to reach it."""

    host: str
    port: int
    user: str
    password: str
    uses_ssl: bool
    uses_starttls: bool


def read_database(name: str, default: str) -> dj_database_url.DBConfig:
    """Read a database address such as `postgres://user:password@host/name` into Django's own dictionary."""
    try:
        parsed = dj_database_url.parse(read_text(name, default))
        if parsed["ENGINE"] not in _DATABASES:
            raise ValueError
        return parsed
    except ValueError as error:
        # The address itself stays out of the message: it holds a password.
        raise ImproperlyConfigured(
            f"{PREFIX}{name} is no database address; write postgres://user:password@host/name or sqlite:///path."
        ) from error


def read_redis_url(name: str) -> str:
    """Read the address of a Valkey or Redis, or "" when it is unset."""
    value = read_text(name, "")
    try:
        parts = urlsplit(value)
        wrong = bool(value) and (parts.scheme not in {"redis", "rediss", "unix"} or parts.port == 0)
    except ValueError:  # a port that is no number
        wrong = True
    if wrong:
        raise ImproperlyConfigured(f"{PREFIX}{name} is no Valkey address; write redis://:password@host:6379/0.")
    return value


def read_vectors(name: str, default: str) -> str:
    """Read where index versions are: `faiss` or the address of a Milvus."""
    value = read_text(name, default)
    try:
        parts = urlsplit(value)
        server = parts.scheme in {"milvus", "milvus+https"} and bool(parts.hostname) and parts.port != 0
        file = parts.scheme == "milvus-lite" and not parts.netloc and parts.path.endswith(".db")
    except ValueError:  # a port that is no number
        server = file = False
    if value != "faiss" and not server and not file:
        # The address itself stays out of the message: it may hold a password.
        raise ImproperlyConfigured(
            f"{PREFIX}{name} is neither faiss nor the address of a Milvus; write milvus://host:19530, "
            "milvus+https://user:password@host:19530/database or milvus-lite:///folder/file.db."
        )
    return value


def read_bucket(name: str) -> Bucket | None:
    """Read the bucket `s3://name/prefix` with its `_ENDPOINT`, `_REGION`, `_KEY` and `_SECRET`; None when unset."""
    address = read_text(name, "")
    endpoint = read_text(f"{name}_ENDPOINT", "").rstrip("/").lower()
    region = read_text(f"{name}_REGION", "us-east-1")
    key, secret = read_text(f"{name}_KEY", ""), read_text(f"{name}_SECRET", "")
    if not address:
        return None
    parts = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[\w-][\w.-]*)*)/?", address, re.ASCII)
    if parts is None:
        raise ImproperlyConfigured(f"{PREFIX}{name} is {address!r}; write s3://bucket or s3://bucket/prefix.")
    # Of plain characters, since it becomes part of a header; and as browsers write it, since they send what is signed.
    if endpoint and not re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?", endpoint):
        raise ImproperlyConfigured(
            f"{PREFIX}{name}_ENDPOINT is {endpoint!r}; write scheme and host alone (https://s3.example.org)."
        )
    endpoint = re.sub(r"^(http://.*):80$|^(https://.*):443$", r"\1\2", endpoint)
    if not re.fullmatch(r"[\w-]+", region, re.ASCII):
        raise ImproperlyConfigured(f"{PREFIX}{name}_REGION is {region!r}; write its short name (eu-central-1).")
    if not key or not secret:
        raise ImproperlyConfigured(f"{PREFIX}{name} needs {PREFIX}{name}_KEY and {PREFIX}{name}_SECRET.")
    prefix = parts[2].strip("/")
    return Bucket(parts[1], f"{prefix}/" if prefix else "", endpoint, region, key, secret)


def read_mail(name: str) -> MailServer | None:
    """Read the server that takes mail: `smtp://user:password@host:587` (STARTTLS where it has a user), or `smtps://`."""
    value = read_text(name, "")
    if not value:
        return None
    try:
        parts = urlsplit(value)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.port == 0:
            raise ValueError
        uses_ssl = parts.scheme == "smtps"
        port = parts.port or (465 if uses_ssl else 587 if parts.username else 25)
    except ValueError as error:
        # The address itself stays out of the message: it holds a password.
        raise ImproperlyConfigured(
            f"{PREFIX}{name} is no address of a mail server; write smtp://user:password@host:587 or smtps://host:465."
        ) from error
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.hostname, port, user, password, uses_ssl, uses_starttls=bool(user) and not uses_ssl)


def read_provider(name: str) -> str:
    """Read the address of a provider of single sign-on, or "": encrypted, unless it is on this machine."""
    value = read_text(name, "").rstrip("/")
    try:
        parts = urlsplit(value)
        is_near = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
        is_right = not value or (bool(parts.hostname) and (parts.scheme == "https" or is_near))
    except ValueError:
        is_right = False
    if not is_right:
        raise ImproperlyConfigured(
            f"{PREFIX}{name} is {value!r}; write its address with https://, as the provider says."
        )
    return value
