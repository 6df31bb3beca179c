"""Typed readers of `CLIPSITE_*` environment variables; every wrong value is refused with the variable's name.

Each variable `CLIPSITE_X` may instead be given as `CLIPSITE_X_FILE`, the path of a file that holds the value
(the convention of Docker and Kubernetes secrets). Every variable read is recorded in `DECLARED`, which the
documentation test compares with docs/administration.md.
"""

from __future__ import annotations

import os
import re
import secrets
import zoneinfo
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

PREFIX = "CLIPSITE_"
DECLARED: dict[str, str] = {}

SHORTEST_SECRET = 16
_DATABASES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, and how."""

    host: str
    port: int
    user: str
    password: str
    uses_ssl: bool
    uses_starttls: bool


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of an S3-compatible store, and what opens it."""

    name: str
    prefix: str
    """What every key begins with: "" or with a slash at its end."""

    endpoint: str
    """Where the store is; "" for that of Amazon."""

    region: str
    key: str
    secret: str = field(repr=False)

    @property
    def address(self) -> str:
        return f"s3://{self.name}/{self.prefix}".rstrip("/")

    @property
    def origin(self) -> str:
        """Scheme and host of all objects, as browsers write them."""
        return self.endpoint or f"https://{self.name}.s3.{self.region}.amazonaws.com"

    @property
    def root(self) -> str:
        """The path of all objects at that host."""
        return f"/{self.name}/{self.prefix}" if self.endpoint else f"/{self.prefix}"


def _raw(name: str) -> str | None:
    variable = PREFIX + name
    # An empty value counts as unset: `CLIPSITE_X=` is how a line of an environment file is switched off.
    value = os.environ.get(variable) or None
    file = os.environ.get(f"{variable}_FILE") or None
    if value is not None and file is not None:
        raise ImproperlyConfigured(f"{variable} and {variable}_FILE are both set; keep one of them.")
    if file is None:
        return value
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{variable}_FILE names {file}, which cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{variable}_FILE names {file}, which is not a text file.") from error


def read_text(name: str, default: str) -> str:
    """The value of `CLIPSITE_<name>`, or `default` when it is unset."""
    DECLARED[PREFIX + name] = default
    value = _raw(name)
    return default if value is None else value


def read_flag(name: str, default: bool) -> bool:
    """A switch: 1/true/yes/on or 0/false/no/off."""
    DECLARED[PREFIX + name] = "1" if default else "0"
    value = _raw(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}; it must be 1 or 0 (also true/false, yes/no, on/off).")


def read_number(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number within `low`..`high`, both included."""
    DECLARED[PREFIX + name] = str(default)
    value = _raw(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}; it must be a whole number from {low} to {high}.")
    return number


def read_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of `choices`."""
    value = read_text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return value


def read_list(name: str, default: str) -> list[str]:
    """Values separated by commas; blanks are dropped."""
    return [item.strip() for item in read_text(name, default).split(",") if item.strip()]


def read_path(name: str, default: Path) -> Path:
    """An absolute path; `~` and relative paths are resolved against the home and the working folder."""
    return Path(read_text(name, str(default))).expanduser().resolve()


def read_folders(name: str) -> list[Path]:
    """Existing folders separated by commas."""
    folders = [Path(item).expanduser().resolve() for item in read_list(name, "")]
    for folder in folders:
        if not folder.is_dir():
            raise ImproperlyConfigured(f"{PREFIX}{name} names {folder}, which is not a folder.")
    return folders


def read_database(name: str, default: str) -> dj_database_url.DBConfig:
    """A database address such as `postgres://user:password@host/name`, as Django's own dictionary."""
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
    """The address of a Valkey or Redis, or "" when it is unset."""
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
    """Where index versions are: `faiss` or the address of a Milvus."""
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
    """The bucket `s3://name/prefix` with its `_ENDPOINT`, `_REGION`, `_KEY` and `_SECRET`, or none when it is unset."""
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


def read_hosts(name: str, default: str) -> list[str]:
    """Host names separated by commas, without scheme or path."""
    hosts = read_list(name, default)
    for host in hosts:
        if "/" in host:
            raise ImproperlyConfigured(
                f"{PREFIX}{name} names {host!r}; write the host alone, without https:// (photos.example.org)."
            )
    return hosts


def read_origins(name: str) -> list[str]:
    """Origins separated by commas, each with its scheme."""
    origins = read_list(name, "")
    for origin in origins:
        if not origin.startswith(("https://", "http://")):
            raise ImproperlyConfigured(
                f"{PREFIX}{name} names {origin!r}; write it with its scheme (https://photos.example.org)."
            )
    return origins


def read_networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Networks or single addresses separated by commas, such as 10.1.0.0/16."""
    networks: list[IPv4Network | IPv6Network] = []
    for item in read_list(name, ""):
        try:
            networks.append(ip_network(item))
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{PREFIX}{name} names {item!r}, which is no network; write 10.1.0.0/16 or 10.1.2.3."
            ) from error
    return networks


def read_time_zone(name: str, default: str) -> str:
    """A time zone by its IANA name."""
    value = read_text(name, default)
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}; it must be a time zone (Europe/Berlin).") from error
    return value


def read_mail(name: str) -> MailServer | None:
    """The server that takes mail: `smtp://user:password@host:587` (STARTTLS where it has a user), or `smtps://`."""
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
    """The address of a provider of single sign-on, or "": encrypted, unless it is on this machine."""
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


def read_secret(name: str, generated_in: Path) -> str:
    """The secret `CLIPSITE_<name>`, or one made once and kept, readable by its owner only, in `generated_in`."""
    value = read_text(name, "")
    if 0 < len(value) < SHORTEST_SECRET:
        raise ImproperlyConfigured(
            f"{PREFIX}{name} has {len(value)} characters; a secret needs {SHORTEST_SECRET} or more. "
            "Leave it unset to have one made."
        )
    if value:
        return value
    return _generated_secret(generated_in, PREFIX + name)


def read_optional_secret(name: str) -> str:
    """The secret `CLIPSITE_<name>`, or "" when it is unset; none is made."""
    value = read_text(name, "")
    if 0 < len(value) < SHORTEST_SECRET:
        raise ImproperlyConfigured(
            f"{PREFIX}{name} has {len(value)} characters; a secret needs {SHORTEST_SECRET} or more."
        )
    return value


def _generated_secret(path: Path, variable: str) -> str:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(48))
            # A link appears whole or not at all, and never replaces the secret of a process that was faster.
            with suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{variable} is unset and {path} cannot hold a generated one: {error.strerror}. "
            "Set the variable, or point CLIPSITE_DATA_DIR to a folder that can be written."
        ) from error
    if not value:
        raise ImproperlyConfigured(f"{path} is empty; delete it to have a new secret made.")
    return value
