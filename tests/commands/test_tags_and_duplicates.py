"""`manage.py tags` and `manage.py duplicates`: tables, one line of JSON, and runs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from search.models import Dataset
from search.tags.vocabulary import set_vocabulary
from tests.conftest import MakeDataset
from tests.ingest.copies import compare, index, put_photographs
from tests.library import assigned
from workers.models import Run

pytestmark = pytest.mark.usefixtures("drawn_here")


@pytest.fixture
def dataset(transactional_db: None, make_dataset: MakeDataset, tmp_path: Path) -> Dataset:
    put_photographs(tmp_path / "photos")
    return index(make_dataset(tmp_path / "photos"))


def answer(command: str, *arguments: str) -> dict[str, Any]:
    written = io.StringIO()
    call_command(command, "Pictures", "--json", *arguments, stdout=written)
    found: dict[str, Any] = json.loads(written.getvalue().splitlines()[-1])
    return found


def test_duplicates_are_listed_for_programs_and_people(dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    compare(dataset)
    groups = answer("duplicates")["groups"]
    assert sorted((group["kind"], len(group["images"])) for group in groups) == [
        ("exact", 2),
        ("exact", 2),
        ("near", 5),
    ]
    assert all(Path(image["path"]).is_file() for group in groups for image in group["images"])
    assert {group["kind"] for group in answer("duplicates", "--kind", "near")["groups"]} == {"near"}
    call_command("duplicates", "Pictures")
    assert "Near copies: 1 group, 5 images" in capsys.readouterr().out


def test_a_dataset_that_was_not_compared_says_how(dataset: Dataset) -> None:
    with pytest.raises(CommandError, match="--find"):
        answer("duplicates")
    call_command("duplicates", "Pictures", "--find")
    assert Run.objects.get().kind == Run.Kind.COMPARE


def test_tags_are_listed_with_their_numbers(dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("tags")["tags"] == []
    set_vocabulary(dataset, "[Colours]\nmaroon\nblack\nwhite", 0.5)
    assigned(dataset, "Maroon", list(dataset.images.values_list("pk", flat=True)[:2]))
    assigned(dataset, "mine", list(dataset.images.values_list("pk", flat=True)[:3]))
    found = answer("tags")
    assert found["words"] == 3
    assert found["tags"] == [
        {"name": "mine", "group": "", "images": 3},
        {"name": "Maroon", "group": "Colours", "images": 2},
    ]
    call_command("tags", "Pictures")
    assert "Maroon" in capsys.readouterr().out
    call_command("tags", "Pictures", "--assign")
    assert Run.objects.get().kind == Run.Kind.TAG
