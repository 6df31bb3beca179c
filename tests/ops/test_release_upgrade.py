"""An installation of release 1.0.0 with data starts on this code, and nothing of it is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.site import supervised
from tests.ops.archives import built
from tests.ops.conftest import ROOT, manage
from tests.ops.release_installation import Installation, Row, lost, unpacked
from tests.ops.visitor import Visitor

ARCHIVE = ROOT / "tests" / "data" / "release-1.0.0.tar.xz"
GROWING = {"django_migrations", "django_content_type", "auth_permission"}
"""Tables to which migrations add rows; those of all others stay as many as they were."""

MODULES = ("cli", "health", "stack")
"""Modules of `clipsite` that the units, the compose file and the documentation of 1.0.0 name."""

RENAMED = {"comparing": ("duplicatescan", "duplicate scan"), "upkeep": ("datasetusage", "dataset usage")}
"""Models with another name since 1.0.0, and what their permissions call them."""

READY_SECONDS = 300
"""The starter computes for half a minute on idle cores what the archive leaves out."""

SCORES = 2e-3
"""How far scores may lie apart: processors round the encoders' sums differently."""

SENTENCES = {"words", "message", "eta_note", "reason"}
"""Texts for people, which a release may put better."""

REGISTERED = """
import json
from celery.app.utils import find_app
app = find_app("clipsite")
app.loader.import_default_modules()
print(json.dumps(sorted(app.tasks)))
"""
STALE = """
import json
from django.contrib.contenttypes.models import ContentType
print(json.dumps([str(one) for one in ContentType.objects.all() if one.model_class() is None]))
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, dict[str, list[Row]], dict[str, str]]:
    """The installation as the release left it, its rows and its files."""
    installation = unpacked(ARCHIVE, tmp_path_factory.mktemp("installation"))
    return installation, installation.tables(), installation.files()


@pytest.fixture(scope="module")
def installation(before: tuple[Installation, dict[str, list[Row]], dict[str, str]]) -> Installation:
    """The installation after the one step of an update that is not installing it."""
    manage(before[0].environment, "prepare")
    return before[0]


@pytest.fixture(scope="module")
def after(installation: Installation) -> tuple[dict[str, list[Row]], dict[str, str]]:
    """Its rows and files before anything else was done with it: a site that runs changes them."""
    return installation.tables(), installation.files()


@pytest.fixture(scope="module")
def address(installation: Installation, after: object) -> Iterator[str]:
    """The running site."""
    with supervised(installation.environment, installation.folder / "up.log"):
        address = f"http://127.0.0.1:{installation.environment['CLIPSITE_PORT']}"
        Visitor(address).wait_until_ready(READY_SECONDS)
        yield address


@pytest.fixture(scope="module")
def program(installation: Installation, address: str) -> Visitor:
    """Whoever has the API token that was made on 1.0.0."""
    return Visitor(address, installation.expected["token"])


def renamed(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The rows with the content types and permissions of renamed models under their new names."""
    types: list[Row] = [
        {**row, "model": RENAMED.get(row["model"], (row["model"],))[0]} for row in tables["django_content_type"]
    ]
    permissions: list[Row] = []
    for row in tables["auth_permission"]:
        action, _, model = row["codename"].partition("_")
        if model in RENAMED:
            name, words = RENAMED[model]
            row = {**row, "codename": f"{action}_{name}", "name": f"Can {action} {words}"}
        permissions.append(row)
    return {**tables, "django_content_type": types, "auth_permission": permissions}


def test_it_keeps_every_row_and_file(before: Any, after: Any) -> None:
    _, rows, files = before
    assert len(rows["search_image"]) == 15
    assert sum(bool(found) for table, found in rows.items() if table.startswith(("search_", "workers_"))) >= 28
    assert lost(renamed(rows), after[0]) == []
    more = {table for table, found in rows.items() if len(after[0][table]) != len(found)}
    assert more <= GROWING
    assert after[1] == files
    assert len(files) > 50


def test_it_has_every_migration_and_no_record_of_models_that_are_gone(installation: Installation, after: Any) -> None:
    applied = {(row["app"], row["name"]) for row in after[0]["django_migrations"]}
    squashed = {
        ("search", "0001_squashed_0016_duplicate_scan_and_dataset_usage"),
        ("workers", "0001_squashed_0009_stage_registry"),
    }
    assert squashed <= applied
    manage(installation.environment, "migrate", "--check")
    manage(installation.environment, "makemigrations", "--check", "--dry-run")
    manage(installation.environment, "check")
    assert json.loads(manage(installation.environment, "shell", "-v", "0", "-c", STALE)) == []


def test_schedules_and_waiting_messages_name_tasks_that_there_are(installation: Installation, after: Any) -> None:
    command = [sys.executable, "-c", REGISTERED]
    done = subprocess.run(command, cwd=ROOT, env=installation.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    registered = set(json.loads(done.stdout))
    scheduled = {row["task"] for row in after[0]["django_celery_beat_periodictask"]}
    assert "workers.tasks.rescan" in scheduled
    assert scheduled <= registered
    assert "workers.tasks.embed" in installation.expected["tasks"]
    assert set(installation.expected["tasks"]) <= registered


def test_its_commands_are_still_there(installation: Installation) -> None:
    assert "reindex" in installation.expected["commands"]
    present = manage(installation.environment, "help", "--commands").split()
    assert set(installation.expected["commands"]) <= set(present)


def test_units_and_compose_files_of_the_release_find_what_they_start(tmp_path: Path) -> None:
    wheel = built("wheel", ROOT, tmp_path / "wheel")
    names = [f"clipsite.{module}" for module in MODULES]
    find = f"from importlib.util import find_spec; print([find_spec(name).origin for name in {names}])"
    # The wheel goes before whatever is installed; Python reads packages out of it as it is.
    environment = {"PYTHONPATH": str(wheel), "PATH": "/usr/bin"}
    command = [sys.executable, "-c", find]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(str(wheel)) == len(MODULES)


@pytest.mark.parametrize("role", ["web", "worker-cpu", "worker-gpu", "beat"])
def test_the_module_of_the_roles_knows_those_of_the_release(installation: Installation, role: str) -> None:
    command = [sys.executable, "-m", "clipsite.stack", "no such role"]
    done = subprocess.run(command, cwd=ROOT, env=installation.environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert role in done.stderr.strip().removeprefix("Error: name one role: ").removesuffix(".").split(", ")


def test_it_answers_every_search_as_before(installation: Installation, program: Visitor) -> None:
    searches = installation.expected["searches"]
    assert len(searches["/search?dataset=shapes&q=a+red+circle&k=20"]) == 11
    for path, hits in searches.items():
        found = [(hit["name"], hit["score"]) for hit in program.api(path)["hits"]]
        assert [name for name, _ in found] == [name for name, _ in hits], path
        assert [score for _, score in found] == pytest.approx([score for _, score in hits], abs=SCORES), path


def test_programs_get_the_answers_that_they_got(installation: Installation, program: Visitor) -> None:
    answers = installation.expected["answers"]
    assert answers["/datasets/shapes/failures"]["count"] == 1
    assert answers["/runs/1"]["state"] == "done"
    for path, answer in answers.items():
        assert differences(answer, program.api(path), path) == []


def differences(old: Any, new: Any, where: str) -> list[str]:
    """What `new` lacks of `old` or has otherwise, a line each; new fields are none."""
    if isinstance(old, dict) and isinstance(new, dict):
        named = [key for key in old if key not in SENTENCES]
        return [line for key in named for line in differences(old[key], new.get(key), f"{where} {key}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            line for i, (a, b) in enumerate(zip(old, new, strict=True)) for line in differences(a, b, f"{where} {i}")
        ]
    same = new == pytest.approx(old) if isinstance(old, float) else new == old
    return [] if same else [f"{where}: {old!r} is {new!r} now"]


def test_people_sign_in_and_find_what_is_theirs(installation: Installation, address: str) -> None:
    anna, ben = Visitor(address), Visitor(address)
    anna.sign_in("anna", installation.expected["password"])
    assert b"a red circle" in anna.get("/history/")[1]
    assert anna.get("/datasets/drafts/")[0] == 200
    ben.sign_in("ben", installation.expected["password"])
    assert ben.get("/datasets/drafts/")[0] == 200
    assert b"Round things" in ben.get("/collections/")[1]
    assert Visitor(address).get("/datasets/drafts/")[0] == 404


def test_everybody_who_has_the_link_sees_the_collection_its_pictures_and_the_map(
    installation: Installation, address: str
) -> None:
    link = installation.expected["answers"]["/collections/1"]["link"]
    visitor = Visitor(address)
    status, page = visitor.get(link)
    assert status == 200
    assert b"Round things" in page
    assert visitor.get(link[:-2] + "/")[0] == 404
    assert visitor.get(f"{link}image/1/original") == (
        200,
        (installation.folder / "photos/black-ellipse.png").read_bytes(),
    )
    assert visitor.get("/image/1/thumbnail")[1][:2] == b"\xff\xd8"
    assert visitor.get("/map/shapes/")[0] == 200
    (map_drawn,) = installation.expected["answers"]["/datasets/shapes/projections"]["projections"][:1]
    assert visitor.get(f"/map/shapes/{map_drawn['id']}/clusters.json")[0] == 200


def test_it_is_well_and_health_checks_of_the_release_say_so(installation: Installation, address: str) -> None:
    manage(installation.environment, "doctor")
    manage(installation.environment, "doctor", "--index")
    checks = (
        ("-m", "clipsite.health"),
        ("-m", "celery", "-A", "clipsite", "inspect", "ping", "--timeout", "20"),
    )
    for check in checks:
        command = [sys.executable, *check]
        done = subprocess.run(command, cwd=ROOT, env=installation.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_run_goes_on_from_what_the_old_ones_did(installation: Installation, address: str) -> None:
    said = manage(installation.environment, "ingest", "drafts", str(installation.folder / "drafts"), "--wait")
    assert "Nothing changed: 2 images stay searchable in version 1." in said
