"""Lines of the log: which request, run and batch they belong to, and that no secret is among them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import uuid

import pytest
from django.conf import settings as site_settings
from django.test import Client
from django.urls import reverse

from clipsite.config import logs
from search.log_context import log_fields

LINE = logs.LineFormatter("{levelname} {name}: {message}", style="{")
JSON = logs.JsonLineFormatter(
    "{asctime}{levelname}{name}{message}", style="{", rename_fields={"levelname": "level", "name": "logger"}
)
TOKEN = "clip_" + "0123456789abcdef" * 4
SAID = (
    ("postgres://clipsite:hunter22@db/clipsite", "hunter22"),
    ("redis://:hunter22@127.0.0.1:6390/0", "hunter22"),
    (f"the token {TOKEN} came", "0123456789abcdef"),
    ("Authorization: Bearer abcdefghijkl.mnop", "abcdefghijkl"),
    ("Internal Server Error: /shared/dGhlIHNlY3JldCBsaW5r/", "dGhlIHNlY3JldCBsaW5r"),
    ("Cookie: sessionid=abcdef0123456789; csrftoken=9876543210", "abcdef0123456789"),
)


def record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("search.test", logging.WARNING, __file__, 1, message, arguments, None)


def test_a_line_names_what_it_belongs_to() -> None:
    with log_fields(run=7, batch=9):
        assert LINE.format(record("lost")) == "WARNING search.test: lost [run=7 batch=9]"
        told = json.loads(JSON.format(record("lost")))
    assert (told["run"], told["batch"], told["level"], told["logger"]) == (7, 9, "WARNING", "search.test")
    assert LINE.format(record("lost")) == "WARNING search.test: lost"


def test_the_facts_stand_before_a_traceback() -> None:
    try:
        raise ValueError("postgres://clipsite:hunter22@db/clipsite")
    except ValueError:
        broken = record("failed")
        broken.exc_info = sys.exc_info()
    with log_fields(request_id="abc"):
        line = LINE.format(broken)
    assert line.startswith("WARNING search.test: failed [request_id=abc]\nTraceback")
    assert "hunter22" not in line


@pytest.mark.parametrize(("said", "secret"), SAID)
@pytest.mark.parametrize("formatter", [LINE, JSON], ids=["line", "json"])
def test_no_secret_is_written(formatter: logging.Formatter, said: str, secret: str) -> None:
    assert secret not in formatter.format(record("it was %s", said))


def test_the_secrets_of_the_settings_are_not_written_wherever_they_come_from() -> None:
    secrets = [site_settings.SECRET_KEY, site_settings.VALKEY_PASSWORD]
    assert all(secrets)
    line = LINE.format(record("it was %s", " ".join(secrets)))
    assert not [secret for secret in secrets if secret in line]


def test_an_answer_carries_the_id_of_its_request(client: Client, db: None) -> None:
    given = "proxy-4711.a:b"
    assert client.get(reverse("healthz"), headers={"X-Request-ID": given})["X-Request-ID"] == given
    for wrong in ("", "short", "a b c d e f g", "x" * 129, "<script>alert</script>"):
        made = client.get(reverse("healthz"), headers={"X-Request-ID": wrong})["X-Request-ID"]
        assert uuid.UUID(made).hex == made


def test_a_request_is_told_without_its_path_and_query(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "clipsite.web.site.requests"):
        client.get("/shared/a-secret-link/?q=what+somebody+seeks")
    (told,) = caplog.records
    assert told.getMessage() == "GET /shared/<str:link>/: 404"
    assert "secret" not in JSON.format(told)
    assert "seeks" not in JSON.format(told)


def test_a_failure_says_which_request_it_was_and_not_what_it_asked(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr("clipsite.web.collections.detail._scope_or_404", failing)
    caplog.handler.setFormatter(JSON)
    client.raise_request_exception = False
    link = "dGhlIHNlY3JldCBsaW5r"
    answer = client.get(f"/shared/{link}/", headers={"X-Request-ID": "request-4711"})
    assert answer.status_code == 500
    (line,) = [json.loads(line) for line in caplog.text.splitlines()]
    assert (line["request_id"], line["status_code"]) == ("request-4711", 500)
    assert "on purpose" in line["exc_info"]
    assert link not in str(line)


def test_programs_get_one_object_a_line() -> None:
    """In a process of its own, as the setting is read: Django's, our own and uvicorn's lines alike."""
    program = (
        "import logging, uvicorn\n"
        "uvicorn.Config('clipsite.server.asgi:application', log_level='warning')\n"
        "import django; django.setup()\n"
        "from search.log_context import log_fields\n"
        "with log_fields(request_id='abc'):\n"
        "    logging.getLogger('clipsite.web.site.requests').info('done')\n"
        "    logging.getLogger('uvicorn.error').error('broken')\n"
        "    logging.getLogger('django.request').error('failed')\n"
    )
    environment = os.environ | {"CLIPSITE_LOG_FORMAT": "json", "DJANGO_SETTINGS_MODULE": "clipsite.config.settings"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["message"], line["level"], line["request_id"]) for line in lines] == [
        ("done", "INFO", "abc"),
        ("broken", "ERROR", "abc"),
        ("failed", "ERROR", "abc"),
    ]
    assert all(line["at"] for line in lines)
