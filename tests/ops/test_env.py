"""Settings from the environment: types, files, and refusals that name the variable."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from clipsite.config import env

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def declared_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests read is no setting of the site."""
    monkeypatch.setattr(env.values, "DEFAULTS", dict(env.DEFAULTS))


def test_a_value_is_read_from_the_file_that_a_variable_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    monkeypatch.setenv("CLIPSITE_THING_FILE", str(tmp_path / "secret"))
    assert env.read_text("THING", "default") == "from a file"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPSITE_THING", "")
    assert env.read_number("THING", 7, low=1, high=9) == 7


def test_a_variable_and_its_file_together_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLIPSITE_THING", "a")
    monkeypatch.setenv("CLIPSITE_THING_FILE", str(tmp_path))
    with pytest.raises(ImproperlyConfigured, match="CLIPSITE_THING and CLIPSITE_THING_FILE are both set"):
        env.read_text("THING", "")


def test_a_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLIPSITE_THING_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(ImproperlyConfigured, match=r"CLIPSITE_THING_FILE names .*nowhere, which cannot be read"):
        env.read_text("THING", "")


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False), ("off", False)]
)
def test_a_flag_is_read_in_the_usual_spellings(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("CLIPSITE_THING", value)
    assert env.read_flag("THING", not expected) is expected


def test_a_list_drops_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPSITE_THING", " a, ,b,")
    assert env.read_list("THING", "") == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("maybe", lambda: env.read_flag("THING", False)),
        ("80000", lambda: env.read_number("THING", 1, low=1, high=65535)),
        ("eighty", lambda: env.read_number("THING", 1, low=1, high=65535)),
        ("LOUD", lambda: env.read_choice("THING", "INFO", ("INFO", "DEBUG"))),
        ("/no/such/folder", lambda: env.read_folders("THING")),
        ("carrier-pigeon://home", lambda: env.read_database("THING", "sqlite://:memory:")),
        ("http://localhost:6379", lambda: env.read_redis_url("THING")),
        ("redis://127.0.0.1:notaport/0", lambda: env.read_redis_url("THING")),
        ("milvus:///path", lambda: env.read_vectors("THING", "faiss")),
        ("milvus://host:notaport", lambda: env.read_vectors("THING", "faiss")),
        ("milvus-lite:///folder/file", lambda: env.read_vectors("THING", "faiss")),
        ("milvus-lite://file.db", lambda: env.read_vectors("THING", "faiss")),
        ("mysql://a/b", lambda: env.read_database("THING", "sqlite://:memory:")),
        ("https://photos.example.org", lambda: env.read_hosts("THING", "")),
        ("photos.example.org", lambda: env.read_origins("THING")),
        ("short", lambda: env.read_secret("THING", Path("unused"))),
        ("Europe/Atlantis", lambda: env.read_time_zone("THING", "UTC")),
    ],
)
def test_a_wrong_value_is_refused_with_the_name(
    monkeypatch: pytest.MonkeyPatch, value: str, read: Callable[[], object]
) -> None:
    monkeypatch.setenv("CLIPSITE_THING", value)
    with pytest.raises(ImproperlyConfigured, match="CLIPSITE_THING"):
        read()


def test_a_refused_database_address_does_not_show_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPSITE_THING", "pigeon://user:topsecret@host/name")
    with pytest.raises(ImproperlyConfigured) as raised:
        env.read_database("THING", "sqlite://:memory:")
    assert "topsecret" not in str(raised.value)


OPENED = {"CLIPSITE_THING_KEY": "key", "CLIPSITE_THING_SECRET": "topsecret"}


def bucket_of(monkeypatch: pytest.MonkeyPatch, **variables: str) -> env.Bucket | None:
    for name, value in (OPENED | variables).items():
        monkeypatch.setenv(name, value)
    return env.read_bucket("THING")


@pytest.mark.parametrize(
    ("address", "endpoint", "told", "origin", "root"),
    [
        ("s3://photos", "", "s3://photos", "https://photos.s3.eu-central-1.amazonaws.com", "/"),
        (
            "s3://photos/a/b/",
            "https://S3.example.org:443/",
            "s3://photos/a/b",
            "https://s3.example.org",
            "/photos/a/b/",
        ),
        ("s3://photos/", "http://127.0.0.1:9000", "s3://photos", "http://127.0.0.1:9000", "/photos/"),
    ],
)
def test_a_bucket_is_read_with_what_opens_it(
    monkeypatch: pytest.MonkeyPatch, address: str, endpoint: str, told: str, origin: str, root: str
) -> None:
    variables = {
        "CLIPSITE_THING": address,
        "CLIPSITE_THING_ENDPOINT": endpoint,
        "CLIPSITE_THING_REGION": "eu-central-1",
    }
    bucket = bucket_of(monkeypatch, **variables)
    assert bucket is not None
    assert (bucket.address, bucket.origin, bucket.root) == (told, origin, root)
    assert "topsecret" not in repr(bucket)


@pytest.mark.parametrize(
    "variables",
    [
        {"CLIPSITE_THING": "photos"},
        {"CLIPSITE_THING": "s3://"},
        {"CLIPSITE_THING": "s3://photos/../others"},
        {"CLIPSITE_THING": "s3://photos", "CLIPSITE_THING_ENDPOINT": "s3.example.org"},
        {"CLIPSITE_THING": "s3://photos", "CLIPSITE_THING_ENDPOINT": "https://s3.example.org/photos"},
        {"CLIPSITE_THING": "s3://photos", "CLIPSITE_THING_ENDPOINT": "https://s3.example.org; script-src *"},
        {"CLIPSITE_THING": "s3://photos", "CLIPSITE_THING_REGION": "eu central"},
        {"CLIPSITE_THING": "s3://photos", "CLIPSITE_THING_SECRET": ""},
    ],
)
def test_a_bucket_that_cannot_be_opened_is_refused(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="CLIPSITE_THING") as raised:
        bucket_of(monkeypatch, **variables)
    assert "topsecret" not in str(raised.value)


def test_without_a_bucket_what_would_open_it_is_nobodys_business(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bucket_of(monkeypatch, CLIPSITE_THING_ENDPOINT="nowhere") is None


def test_a_generated_secret_is_kept_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret_key"
    first = env.read_secret("THING", path)
    assert env.read_secret("THING", path) == first
    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret_key"]


def test_an_emptied_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    with pytest.raises(ImproperlyConfigured, match=r"secret_key is empty"):
        env.read_secret("THING", tmp_path / "secret_key")


def test_the_command_line_says_a_wrong_setting_in_one_sentence(tmp_path: Path) -> None:
    environment = {**os.environ, "CLIPSITE_PORT": "eighty", "CLIPSITE_DATA_DIR": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-m", "clipsite.cli", "up"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert result.stderr == "Error: CLIPSITE_PORT is 'eighty'; it must be a whole number from 1 to 65535.\n"


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("smtp://mail.example.org", env.MailServer("mail.example.org", 25, "", "", False, False)),
        ("smtp://me:a%40b@mail.example.org", env.MailServer("mail.example.org", 587, "me", "a@b", False, True)),
        ("smtps://me:pw@mail.example.org:2465", env.MailServer("mail.example.org", 2465, "me", "pw", True, False)),
    ],
)
def test_the_mail_server_is_read_from_its_address(
    monkeypatch: pytest.MonkeyPatch, address: str, server: env.MailServer
) -> None:
    monkeypatch.setenv("CLIPSITE_X", address)
    assert env.read_mail("X") == server


@pytest.mark.parametrize("address", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://me:secret@h:no"])
def test_what_is_no_mail_server_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("CLIPSITE_X", address)
    with pytest.raises(ImproperlyConfigured, match="CLIPSITE_X is no address of a mail server") as refused:
        env.read_mail("X")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("address", ["https://id.example.org/realms/photos/", "http://127.0.0.1:8080"])
def test_a_provider_of_sign_on_is_encrypted_or_near(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("CLIPSITE_X", address)
    assert env.read_provider("X") == address.rstrip("/")


@pytest.mark.parametrize("address", ["id.example.org", "http://id.example.org", "ftp://127.0.0.1", "https://"])
def test_another_address_of_a_provider_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("CLIPSITE_X", address)
    with pytest.raises(ImproperlyConfigured, match="CLIPSITE_X is"):
        env.read_provider("X")
