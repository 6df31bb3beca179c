"""What an index run would do: told without changing anything, and told as the run then does it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from search.errors import InvalidSource
from search.ingest.compare import SeenImages
from search.ingest.plan import EXAMPLES, LABELS, Plan, describe, plan_changes
from search.ingest.records import ingest_files, mark_missing
from search.models import Dataset, Image
from tests.conftest import MakeDataset, MakeImages, OpenedFiles, files_of

State = Image.State


def counts(plan: Plan) -> dict[str, int]:
    """Only what there is."""
    return {name: tally["count"] for name, tally in plan.as_json().items() if tally["count"]}


def walk(dataset: Dataset) -> int:
    """What a run does with the folder; returns how many images are gone."""
    seen = SeenImages.none_of(dataset)
    for chunk in ingest_files(dataset, iter(files_of(dataset))):
        seen.add(chunk.image_ids)
    return mark_missing(dataset, seen)


@pytest.fixture
def changed_folder(make_images: MakeImages, make_dataset: MakeDataset) -> Dataset:
    """One file of each kind, two gone ones; what was broken is broken still."""
    names = ("stays", "changes", "moves", "goes", "leaves", "returns", "broken", "quarantined", "moved_long_ago")
    folder = make_images(**dict(zip(names, COLOURS, strict=True)))
    dataset = make_dataset(folder)
    walk(dataset)
    dataset.images.update(state=State.READY, width=640, height=480)
    dataset.images.filter(name__in=["broken.png", "quarantined.png"]).update(state=State.FAILED)
    away = folder.parent / "away"
    away.mkdir()
    for name in ("returns", "moved_long_ago"):
        shutil.move(folder / f"{name}.png", away)
    assert walk(dataset) == 2
    dataset.images.filter(name__in=["broken.png", "quarantined.png"]).update(state=State.FAILED)
    shutil.move(away / "returns.png", folder)
    make_images(new="tan", changes="orange")
    shutil.move(folder / "moves.png", folder / "moved.png")
    shutil.move(away / "moved_long_ago.png", folder / "late.png")
    (folder / "goes.png").unlink()
    (folder / "leaves.png").unlink()
    shutil.copy(folder / "stays.png", os.fsdecode(os.fsencode(folder) + b"/caf\xe9.png"))
    return dataset


COLOURS = ("red", "blue", "lime", "white", "black", "navy", "olive", "teal", "gold")


def quarantined(dataset: Dataset) -> set[int]:
    return {dataset.images.get(name="quarantined.png").pk}


def test_it_tells_every_kind_of_change_apart(changed_folder: Dataset) -> None:
    plan = plan_changes(changed_folder, quarantined(changed_folder))
    assert {name: tally["examples"] for name, tally in plan.as_json().items()} == {
        "new": ["new.png"],
        "changed": ["changes.png"],
        "renamed": ["late.png", "moved.png"],
        "gone": ["goes.png", "leaves.png"],
        "returned": ["returns.png"],
        "tried_again": ["broken.png"],
        "unchanged": ["stays.png"],
        "set_aside": ["quarantined.png"],
        "unreadable": ["caf\\udce9.png"],
    }
    assert plan.new.bytes == Path(changed_folder.source_path, "new.png").stat().st_size
    assert plan.renamed.bytes == sum(
        Path(changed_folder.source_path, name).stat().st_size for name in ("late.png", "moved.png")
    )
    assert describe(plan.as_json()) == (
        "Found 1 new, 1 changed, 2 renamed, 2 gone, 1 back, 1 to be tried again, 1 unchanged. Nothing was indexed."
    )


def test_it_changes_nothing(changed_folder: Dataset) -> None:
    before = list(changed_folder.images.order_by("pk").values())
    plan_changes(changed_folder)
    assert list(changed_folder.images.order_by("pk").values()) == before


def test_the_run_does_what_the_plan_says(changed_folder: Dataset) -> None:
    set_aside = quarantined(changed_folder)
    before = {image.pk: image for image in changed_folder.images.all()}
    plan = counts(plan_changes(changed_folder, set_aside))
    seen = SeenImages.none_of(changed_folder)
    refused = 0
    for chunk in ingest_files(changed_folder, iter(files_of(changed_folder)), set_aside):
        seen.add(chunk.image_ids)
        refused += len(chunk.failures)
    gone = mark_missing(changed_folder, seen)
    after = {image.pk: image for image in changed_folder.images.all()}
    old = [(before[pk], after[pk]) for pk in before]
    assert plan == {
        "new": len(after) - len(before),
        "changed": sum(a.checksum != b.checksum for a, b in old),
        "renamed": sum(a.name != b.name for a, b in old),
        "gone": gone,
        "returned": sum(a.name == b.name and (a.state, b.state) == (State.MISSING, State.READY) for a, b in old),
        "tried_again": sum((a.state, b.state) == (State.FAILED, State.PENDING) for a, b in old),
        "unchanged": sum(a.state == b.state == State.READY and b.name == "stays.png" for a, b in old),
        "set_aside": sum(a.state == b.state == State.FAILED for a, b in old),
        "unreadable": refused,
    }
    assert counts(plan_changes(changed_folder, set_aside)) == {"unchanged": 7, "set_aside": 1, "unreadable": 1}


def test_it_plans_a_dataset_that_does_not_exist_yet(make_images: MakeImages, db: None) -> None:
    folder = make_images(red="red", sub__blue="blue")
    plan = plan_changes(Dataset(name="New", source_path=str(folder)))
    assert counts(plan) == {"new": 2}
    assert not Dataset.objects.exists()


def test_two_files_of_one_gone_content_are_one_renamed_and_one_new(
    make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    folder = make_images(red="red", blue="blue")
    dataset = make_dataset(folder)
    walk(dataset)
    shutil.copy(folder / "red.png", folder / "first.png")
    shutil.move(folder / "red.png", folder / "second.png")
    assert counts(plan_changes(dataset)) == {"new": 1, "renamed": 1, "unchanged": 1}


def test_it_reads_only_files_as_large_as_one_that_is_gone(
    make_images: MakeImages, make_dataset: MakeDataset, opened_files: OpenedFiles
) -> None:
    folder = make_images(red="red", blue="blue")
    dataset = make_dataset(folder)
    walk(dataset)
    (folder / "other-size.png").write_bytes((folder / "blue.png").read_bytes() + b"more")
    with opened_files(folder) as opened:
        plan_changes(dataset)
    assert opened == []
    shutil.move(folder / "red.png", folder / "moved.png")
    with opened_files(folder) as opened:
        plan_changes(dataset)
    assert opened == ["moved.png"]


def test_it_keeps_a_few_names_of_many(make_images: MakeImages, make_dataset: MakeDataset) -> None:
    folder = make_images(red="red")
    for number in range(EXAMPLES + 5):
        shutil.copy(folder / "red.png", folder / f"copy-{number:02}.png")
    plan = plan_changes(make_dataset(folder))
    assert plan.new.count == EXAMPLES + 6
    assert plan.new.examples == [f"copy-{number:02}.png" for number in range(EXAMPLES)]


def test_it_says_when_the_folder_is_not_there(tmp_path: Path, make_dataset: MakeDataset) -> None:
    with pytest.raises(InvalidSource, match="is not there"):
        plan_changes(make_dataset(tmp_path / "nowhere"))


def test_every_field_of_a_plan_has_a_label() -> None:
    assert list(LABELS) == list(Plan().as_json())
