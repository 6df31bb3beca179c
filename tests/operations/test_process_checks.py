"""What the doctor says of workers, scheduler, channel layer and mail."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from clipsite.operations import process_checks
from clipsite.operations.doctor import Finding, diagnose
from tests.environment import free_port
from tests.workers.pipeline.processes import worker
from workers.tasks import repair_runs

SECONDS = 15.0


def test_messages_of_the_channel_layer_arrive() -> None:
    assert process_checks.channel_layer() == Finding("channel layer", True, "Messages arrive.")


def test_a_worker_that_takes_tasks_is_seen_and_one_that_is_missing_is_named(transactional_db: None) -> None:
    with worker("cpu,repair"):
        findings = {one.subject: one for one in process_checks.workers_consume(SECONDS)}
    assert {subject: one.ok for subject, one in findings.items()} == {
        "queue cpu": True,
        "queue repair": True,
        "queue gpu": False,
    }
    assert findings["queue gpu"].sentence.startswith("No worker takes its tasks. Start worker-gpu")


def test_the_scheduler_is_known_by_what_it_starts(transactional_db: None, settings: Settings) -> None:
    repair_runs()
    assert process_checks.beat() == Finding("scheduler", True, "beat starts its tasks.")


def test_without_valkey_only_mail_is_asked_for(settings: Settings) -> None:
    address = f"redis://127.0.0.1:{free_port()}/0"
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": address}}
    assert [finding.subject for finding in process_checks.check_processes()] == ["mail"]


@pytest.fixture
def mail_server() -> Iterator[int]:
    """Greets like a mail server, and no more; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 here\r\n")
                while line := connection.recv(1024):
                    connection.sendall(b"221 bye\r\n" if line.startswith(b"quit") else b"250 yes\r\n")

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield server.getsockname()[1]


def test_a_mail_server_is_asked(settings: Settings, mail_server: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server
    assert process_checks.mail() == Finding("mail", True, f"127.0.0.1:{mail_server} accepts a connection.")
    settings.EMAIL_PORT = free_port()
    assert not process_checks.mail().ok
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert process_checks.mail() == Finding("mail", True, "No mail server is set; letters go to the console.")


@pytest.mark.django_db
def test_the_disk_of_each_folder_is_told_once() -> None:
    (finding,) = [finding for finding in diagnose() if finding.subject == "disk"]
    assert finding.sentence.count("GB are free for the data folder") == 1
