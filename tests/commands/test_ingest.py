"""`manage.py ingest --dry-run`: what it prints, and that it leaves no trace."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from search.models import Dataset
from tests.conftest import MakeDataset, MakeImages
from tests.environment import free_port
from workers.models import ImageFailure, Run


def test_it_plans_a_new_dataset_without_making_one_and_without_valkey(
    db: None, make_images: MakeImages, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    call_command("ingest", "Trip", str(make_images(red="red", sub__blue="blue")), "--dry-run")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:1] + lines[0].split()[-1:] == ["2", "new"]
    assert [line.strip() for line in lines[1:3]] == ["red.png", "sub/blue.png"]
    assert lines[-1] == "Found 2 new, 0 unchanged. Nothing was indexed."
    assert not Dataset.objects.exists()
    assert not Run.objects.exists()


def test_it_prints_one_line_of_json(
    make_images: MakeImages, make_dataset: MakeDataset, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_images(red="red")
    make_dataset(folder, name="Trip")
    call_command("ingest", "trip", str(folder), "--dry-run", "--json")
    (line,) = capsys.readouterr().out.splitlines()
    plan = json.loads(line)
    assert plan["new"] == {"count": 1, "bytes": (folder / "red.png").stat().st_size, "examples": ["red.png"]}
    assert {field: tally["count"] for field, tally in plan.items() if field != "new"} == dict.fromkeys(
        ("changed", "renamed", "gone", "returned", "tried_again", "unchanged", "set_aside", "unreadable"), 0
    )


def test_it_leaves_alone_what_the_ledger_sets_aside(
    make_images: MakeImages, make_dataset: MakeDataset, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_images(red="red")
    dataset = make_dataset(folder, name="Trip")
    status = (folder / "red.png").stat()
    image = dataset.images.create(
        name="red.png", checksum="0", byte_size=status.st_size, modified_ns=status.st_mtime_ns, state="failed"
    )
    ImageFailure.objects.create(
        dataset=dataset, image=image, name="red.png", stage="derive", reason="is damaged", state="quarantined"
    )
    call_command("ingest", "trip", str(folder), "--dry-run", "--json")
    assert json.loads(capsys.readouterr().out)["set_aside"]["count"] == 1


def test_it_refuses_what_ingest_refuses(make_images: MakeImages, make_dataset: MakeDataset) -> None:
    make_dataset(make_images("one", red="red"), name="Trip")
    with pytest.raises(CommandError, match="stands for"):
        call_command("ingest", "Trip", str(make_images("other", red="red")), "--dry-run")
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("ingest", "Trip", "/nowhere/at/all", "--dry-run")


def test_json_goes_with_a_dry_run_only(db: None, make_images: MakeImages) -> None:
    with pytest.raises(CommandError, match="Add --dry-run"):
        call_command("ingest", "Trip", str(make_images(red="red")), "--json")
