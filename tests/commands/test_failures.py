"""`manage.py failures`: the ledger on the console, for people and for programs."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command

from search.models import Dataset
from tests.conftest import MakeDataset, MakeImages
from tests.indexed import index
from workers.models import ImageFailure, Run
from workers.registry import DERIVE, INGEST

pytestmark = pytest.mark.usefixtures("drawn_here")

State = ImageFailure.State


@pytest.fixture
def listed(transactional_db: None, make_images: MakeImages, make_dataset: MakeDataset) -> Dataset:
    dataset = index(make_dataset(make_images(red="red")))
    for name, stage, reason in (
        ("a.jpg", DERIVE, "is damaged or incomplete"),
        ("[b].jpg", DERIVE, "has more than 150 megapixels"),
        ("=c.jpg", INGEST, "cannot be read: Permission denied"),
    ):
        ImageFailure.objects.create(dataset=dataset, name=name, stage=stage, reason=reason)
    return dataset


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("failures", "Pictures", *arguments)
    return capsys.readouterr().out


def test_it_lists_files_and_reasons(listed: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys)
    for part in ("a.jpg", "[b].jpg", "=c.jpg", "damaged", "open"):
        assert part in out
    assert "No entry" in said(capsys, "--state", "quarantined")


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (["--stage", "ingest"], {"=c.jpg"}),
        (["--reason", "MEGAPIXELS"], {"[b].jpg"}),
        (["--state", "open"], {"a.jpg", "[b].jpg", "=c.jpg"}),
    ],
)
def test_it_narrows_the_list(
    listed: Dataset, capsys: pytest.CaptureFixture[str], asked: list[str], names: set[str]
) -> None:
    answer = json.loads(said(capsys, "--json", *asked).strip().splitlines()[-1])
    assert {row["name"] for row in answer["failures"]} == names


def test_it_writes_csv(listed: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    found = list(csv.DictReader(io.StringIO(said(capsys, "--csv"), newline="")))
    assert [row["name"] for row in found] == ["a.jpg", "[b].jpg", "'=c.jpg"]


def test_it_ignores_and_then_retries_only_when_asked_for_ignored_files(
    listed: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "--ignore", "--stage", "derive").startswith("2 ignored")
    assert "Started run" in said(capsys, "--retry")
    assert listed.runs.get().kind == Run.Kind.RETRY
    assert set(listed.failures.filter(state=State.RETRYING).values_list("name", flat=True)) == {"=c.jpg"}


def test_it_says_why_it_cannot_retry(listed: Dataset) -> None:
    Run.objects.create(dataset=listed, kind=Run.Kind.INDEX, encoder="e")
    with pytest.raises(CommandError, match="is being worked on already"):
        call_command("failures", "Pictures", "--retry")
    assert not listed.failures.filter(state=State.RETRYING).exists()
    with pytest.raises(CommandError, match="There is no dataset 'none' here"):
        call_command("failures", "none")
