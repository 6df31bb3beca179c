"""The team set-up without containers: the roles of docker-compose.yml against a real PostgreSQL and a real Valkey."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from clipsite.server import stack
from search.polling import wait_for
from tests.ops.conftest import ROOT, manage, running

READY_SECONDS = 180
ON_POSTGRESQL_TOO = (
    "tests/workers/pipeline/test_claims.py",
    "tests/workers/pipeline/test_completeness.py",
    "tests/workers/pipeline/test_lost_workers.py",
    "tests/workers/ledger/test_ledger.py",
    "tests/workers/runs/test_repair.py",
    "tests/workers/runs/test_runs.py",
    "tests/workers/runs/test_start.py",
    "tests/datasets/test_datasets.py",
    "tests/duplicates/test_duplicates.py",
    "tests/ingest/test_ingest.py",
    "tests/filters/test_file_names.py",
    "tests/ingest/test_plan.py",
    "tests/tags/test_tagging.py",
)


def test_the_roles_of_the_compose_file_index_and_search(environment: dict[str, str], tmp_path: Path) -> None:
    prepared = manage(environment, "prepare")
    assert "Created the first administrator: admin / " in prepared
    assert "admin" not in manage(environment, "prepare"), "the second preparation makes nobody"

    with ExitStack() as running_roles:
        for role in stack.ROLES:
            command = [sys.executable, "-m", "clipsite.stack", role]
            running_roles.enter_context(running(command, environment))
        health = [sys.executable, "-m", "clipsite.health"]
        assert wait_for(lambda: subprocess.run(health, cwd=ROOT, env=environment).returncode == 0, READY_SECONDS)

        manage(environment, "ingest", "Colours", str(tmp_path / "photos"), "--wait")
        address = f"http://127.0.0.1:{environment['CLIPSITE_PORT']}/api/v1/search?dataset=colours&q=sky&k=3"
        with urllib.request.urlopen(address, timeout=60) as answer:
            hits = json.load(answer)["hits"]
        assert sorted(hit["name"] for hit in hits) == ["blue.png", "green.png", "red.png"]
    assert subprocess.run(health, cwd=ROOT, env=environment).returncode == 1


def test_a_role_that_does_not_exist_is_refused() -> None:
    command = [sys.executable, "-m", "clipsite.stack", "cook"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr == "Error: name one role: web, worker-cpu, worker-gpu, beat.\n"


def test_runs_batches_and_services_behave_on_postgresql_too(database_url: str) -> None:
    """What claims, locks and compares, once more in a process of its own, where races are PostgreSQL's to decide."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *ON_POSTGRESQL_TOO]
    environment = os.environ | {"TESTS_DATABASE_URL": database_url}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1200)
    assert result.returncode == 0, result.stdout[-5000:]
