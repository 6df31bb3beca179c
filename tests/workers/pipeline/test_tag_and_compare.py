"""Runs assign tags and look for copies once the index is live, and both can be asked for alone."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path

import pytest
from PIL import Image as Pillow

from search.duplicates import lookup
from search.duplicates.lookup import Kind
from search.errors import EncoderUnavailable, NotSearchable
from search.models import Dataset, DuplicateScan, ImageTag, Tagging
from search.tags.vocabulary import set_vocabulary
from tests.conftest import MakeDataset
from tests.workers.conftest import start, work_off
from workers.models import Run, RunEvent
from workers.registry import BUILD


@pytest.fixture
def indexed(pictures: Dataset) -> Dataset:
    folder = Path(pictures.source_path)
    (folder / "broken.jpg").unlink()
    shutil.copyfile(folder / "red.png", folder / "red again.png")
    for number, grey in enumerate(product((126, 128, 130), repeat=3)):
        Pillow.new("RGB", (32, 24), grey).save(folder / f"grey-{number}.png")
    set_vocabulary(pictures, "red\nblue", 0.5)
    assert work_off(start(pictures)).state == Run.State.DONE
    assert carriers("red") == {"red.png", "red again.png"}
    return pictures


def carriers(name: str) -> set[str]:
    return set(ImageTag.objects.filter(tag__name=name).values_list("image__name", flat=True))


def test_an_index_run_tags_and_compares_before_it_draws(indexed: Dataset) -> None:
    run = indexed.runs.get()
    stages = list(run.stages.values_list("stage", flat=True))
    assert stages[-4:] == [BUILD, "tag", "compare", "project"]
    assert not run.stages.filter(finished_at=None).exists()
    assert Tagging.objects.get().dataset == indexed
    assert lookup.counts(indexed, Kind.EXACT) == (1, 2)


def test_a_run_in_which_nothing_changed_does_neither(indexed: Dataset) -> None:
    before = Tagging.objects.values().get(), DuplicateScan.objects.values().get()
    assert work_off(start(indexed)).state == Run.State.DONE
    assert (Tagging.objects.values().get(), DuplicateScan.objects.values().get()) == before


@pytest.mark.parametrize(
    ("kind", "stage", "said"),
    [
        (Run.Kind.TAG, "tag", "The tags are assigned."),
        (Run.Kind.COMPARE, "compare", "The duplicates are found."),
    ],
)
def test_both_can_be_asked_for_alone(indexed: Dataset, kind: Run.Kind, stage: str, said: str) -> None:
    run = work_off(start(indexed, kind))
    assert (run.state, run.message) == (Run.State.DONE, said)
    assert list(run.stages.values_list("stage", flat=True)) == [stage]


@pytest.mark.parametrize("kind", [Run.Kind.TAG, Run.Kind.COMPARE])
def test_neither_starts_without_an_index(
    transactional_db: None, make_dataset: MakeDataset, tmp_path: Path, kind: Run.Kind
) -> None:
    with pytest.raises(NotSearchable, match="Index it first"):
        start(make_dataset(tmp_path, name="Empty"), kind)


def test_a_missing_text_tower_leaves_the_index_live_and_says_so(
    indexed: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(name: str) -> None:
        raise EncoderUnavailable("There are no weights here.")

    Path(indexed.source_path, "red again.png").unlink()
    monkeypatch.setattr("search.encoders.registry.text_tower", unavailable)
    set_vocabulary(indexed, "red\nblue\nlime", 0.3)
    run = work_off(start(indexed))
    assert run.state == Run.State.DONE
    assert run.events.filter(level=RunEvent.Level.WARNING, text__contains="No tags are assigned").exists()
    alone = work_off(start(indexed, Run.Kind.TAG))
    assert (alone.state, alone.message) == (Run.State.FAILED, "There are no weights here.")


def test_new_images_get_tags_when_their_version_goes_live(indexed: Dataset) -> None:
    before = set(ImageTag.objects.values_list("pk", flat=True))
    folder = Path(indexed.source_path)
    Pillow.new("RGB", (64, 64), "blue").save(folder / "blue again.png")
    run = work_off(start(indexed))
    assert run.state == Run.State.DONE
    assert before <= set(ImageTag.objects.values_list("pk", flat=True))
    assert run.events.filter(text__startswith="Images looked at: 1,").exists()
    assert "blue again.png" in carriers("blue")
