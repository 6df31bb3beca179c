"""Deals test files to test processes: what takes longest first, and files that share the running site to one process.

It also marks as `long` what takes minutes, which `make test` leaves out and `make test-all` does not.

Loaded by pytest as a plugin. Groups of marks, which pytest-xdist offers for this, are lost on pytest 9.2.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_SITE = (
    *("tests/e2e/", "tests/ops/", "tests/load/"),
    *("tests/commands/test_benchmark_project.py", "tests/versions/test_publishing_killed.py"),
)
_LONG = (
    *_SITE,
    # generated requests
    "tests/api/test_schema.py",
    # a process of its own for each test
    *(
        "tests/operations/test_process_checks.py",
        "tests/workers/pipeline/test_priority.py",
        "tests/workers/processes/test_heartbeat.py",
    ),
    *(
        "tests/workers/pipeline/test_watchdog.py",
        "tests/images/test_decoder_limits.py",
        "tests/projection/test_compiled.py",
    ),
    "tests/architecture/test_light_imports.py",
    # whole encoders, measured or made anew for each test
    *("tests/encoders/open_clip/test_half_weights.py", "tests/encoders/open_clip/test_short_texts.py"),
    *("tests/encoders/open_clip/test_family.py", "tests/encoders/test_tuning.py"),
    *("tests/images/test_derivative_quality.py", "tests/tags/test_tag_confidence.py"),
)
_LONGEST = (*_SITE, "tests/permissions/")
_OF_THEIR_OWN = tuple(
    f"tests/e2e/test_{name}" for name in ("backup", "benchmark_", "fault_drill", "full_disk", "objects", "proxy")
)
"""Of the tests of a whole site, those that start one for themselves, or none."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, and of these the ones that share a site."""
    for item in items:
        if item.nodeid.startswith(_LONG) or "[milvus" in item.nodeid:
            item.add_marker("long")
    items.sort(key=lambda item: (not item.nodeid.startswith(_LONGEST), unit(item.nodeid) != "site"))


def unit(nodeid: str) -> str:
    """What goes to one process as a whole."""
    shares_the_site = nodeid.startswith("tests/e2e/") and not nodeid.startswith(_OF_THEIR_OWN)
    return "site" if shares_the_site else nodeid.split("::", 1)[0]


class ByUnit(LoadScopeScheduling):
    """One unit after the other, to whichever process is free."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByUnit:
    config.option.loadscopereorder = False
    return ByUnit(config, log)
