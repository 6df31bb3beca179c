"""The units for systemd start what the compose file starts."""

from __future__ import annotations

from configparser import ConfigParser, SectionProxy
from pathlib import Path

from clipsite.server import stack

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"


def service(name: str) -> SectionProxy:
    unit = ConfigParser(interpolation=None)
    unit.read_string((UNITS / name).read_text(encoding="utf-8"))
    assert unit["Install"]["WantedBy"] == "multi-user.target"
    return unit["Service"]


def test_a_role_is_an_instance_of_one_unit() -> None:
    assert service("clipsite@.service")["ExecStart"].endswith("/python -m clipsite.stack %i")


def test_a_web_process_is_an_instance_by_its_port() -> None:
    web = service("clipsite-web@.service")
    assert web["Environment"] == "CLIPSITE_PORT=%i"
    *_, module, role = web["ExecStart"].split()
    assert module == "clipsite.stack"
    assert role in stack.ROLES


def test_a_worker_has_time_to_finish_its_batch_and_is_asked_alone() -> None:
    worker = service("clipsite@.service")
    assert worker["KillMode"] == "mixed"
    assert worker["TimeoutStopSec"] == "60"
