"""`manage.py versions` and `search --index-version` on the console."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from search.models import Dataset
from tests.conftest import MakeDataset
from tests.versions.versioned import COLOURS, OTHER_ENCODER, add_images, build, fresh


@pytest.fixture
def dataset(transactional_db: None, make_dataset: MakeDataset, tmp_path: Path) -> Dataset:
    """Version 1 is live, version 2 of another encoder and with one image more is held."""
    made = make_dataset(tmp_path)
    add_images(made, *COLOURS[:4])
    build(made)
    add_images(made, "navy")
    build(made, OTHER_ENCODER, stage_only=True)
    return fresh(made)


def said(*arguments: str) -> Any:
    """The line of JSON that a command ends with."""
    out = StringIO()
    call_command(*arguments, "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue().splitlines()[-1])


def test_it_lists_and_switches_and_deletes(dataset: Dataset) -> None:
    listed = said("versions", "Pictures")["versions"]
    assert [(one["number"], one["live"], one["count"]) for one in listed] == [(2, False, 5), (1, True, 4)]
    assert listed[0]["encoder"] == OTHER_ENCODER
    listed = said("versions", "Pictures", "--live", "2")["versions"]
    assert [one["number"] for one in listed if one["live"]] == [2]
    assert [one["number"] for one in said("versions", "Pictures", "--delete", "1")["versions"]] == [2]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--live", "9"), "has no version 9"),
        (("--delete", "1"), "is live"),
        (("--compare", " "), "Say what the picture shows"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(dataset: Dataset, arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("versions", "Pictures", *arguments)


def test_it_compares_two_versions(dataset: Dataset) -> None:
    compared = said("versions", "Pictures", "--compare", "navy")
    assert [side["version"] for side in compared["sides"]] == [1, 2]
    assert compared["sides"][1]["hits"][0]["name"] == "navy.png"
    assert compared["shared"] == 4
    again = said("versions", "Pictures", "--compare", "navy", "--between", "2", "2")
    assert again["shared"] == 5


def test_tables_are_printed(dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("versions", "Pictures")
    call_command("versions", "Pictures", "--compare", "navy")
    call_command("search", "Pictures", "navy", "--index-version", "2")
    shown = capsys.readouterr().out
    assert "4 of 5 in both" in shown
    assert "version 2" in shown


def test_a_search_names_its_version(dataset: Dataset) -> None:
    answer = said("search", "Pictures", "navy", "--index-version", "2")
    assert (answer["index_version"], answer["hits"][0]["name"]) == (2, "navy.png")
    assert said("search", "Pictures", "navy")["index_version"] == 1
