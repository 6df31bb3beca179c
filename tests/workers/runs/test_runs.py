"""A run from start to end: stages, counters, ledger, versions, and what happens when batches are done twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from search.errors import RunRefused, UnknownEncoder
from search.models import Dataset, Embedding, Projection
from search.retrieval.search import search_text
from tests.workers.conftest import do, start, work_off
from workers.models import Batch, Run
from workers.pipeline.advance import advance
from workers.pipeline.queue import waiting_messages
from workers.progress.state import run_state
from workers.registry import BUILD, DERIVE, EMBED
from workers.runs.control import cancel_run, pause_run, resume_run


@pytest.fixture(autouse=True)
def small_batches(settings: Settings) -> None:
    settings.BATCH_SIZE = 2


def counters(run: Run) -> dict[str, tuple[int, int, int]]:
    return {stage.stage: (stage.total, stage.done, stage.failed) for stage in run.stages.all()}


def test_it_takes_a_folder_to_a_searchable_version_with_a_map(pictures: Dataset) -> None:
    run = work_off(start(pictures))
    assert run.state == Run.State.DONE, run.message
    assert run.message.startswith("4 images are searchable in version 1. 1 could not be used")
    assert counters(run)[DERIVE] == (5, 4, 1)
    assert counters(run)[EMBED] == (4, 4, 0)
    failure = run.failures.get()
    assert (failure.name, failure.stage) == ("broken.jpg", DERIVE)
    pictures.refresh_from_db()
    assert search_text(pictures, "blue", k=1).hits[0].image.name == "blue.png"
    assert Projection.objects.get().count == 4


def test_it_closes_each_stage_when_its_own_work_is_over(pictures: Dataset) -> None:
    run = start(pictures)
    while not run.stages.filter(stage=DERIVE, finished_at__isnull=False).exists():
        assert run.batches.filter(state=Batch.State.QUEUED).exists()
        work_off(run, limit=1)
    assert counters(run)[DERIVE] == (5, 4, 1)
    assert not run.stages.filter(stage=EMBED, finished_at__isnull=False).exists()
    work_off(run)
    assert not run.stages.filter(finished_at=None).exists()


def test_it_does_nothing_again_for_an_unchanged_folder(pictures: Dataset) -> None:
    work_off(start(pictures))
    (Path(pictures.source_path) / "broken.jpg").unlink()
    run = work_off(start(pictures))
    assert run.state == Run.State.DONE
    assert counters(run)[DERIVE] == counters(run)[EMBED] == (0, 0, 0)
    pictures.refresh_from_db()
    assert pictures.live_version is not None
    assert pictures.live_version.number == 1


def test_it_refuses_a_second_run_on_the_same_dataset(pictures: Dataset) -> None:
    first = start(pictures)
    with pytest.raises(RunRefused, match=f"run {first.pk}"):
        start(pictures)


def test_it_counts_a_batch_once_however_often_it_is_delivered(pictures: Dataset) -> None:
    run = start(pictures)
    for _ in range(3):
        for batch in run.batches.order_by("pk"):
            do(batch)
            do(batch)
    work_off(run)
    assert counters(run)[EMBED] == (4, 4, 0)
    assert Embedding.objects.count() == 4
    assert run.batches.filter(stage=BUILD).count() == 1


def test_it_advances_once_even_when_asked_repeatedly(pictures: Dataset) -> None:
    run = start(pictures)
    while run.batches.filter(state=Batch.State.QUEUED).exclude(stage=BUILD).exists():
        work_off(run, limit=1)
    for _ in range(3):
        advance(run.pk)
    assert run.batches.filter(stage=BUILD).count() == 1


def test_it_stops_when_cancelled_and_goes_on_later(pictures: Dataset) -> None:
    run = start(pictures)
    work_off(run, limit=3)
    assert cancel_run(run)
    assert not cancel_run(run)
    assert work_off(run).state == Run.State.CANCELLED
    done = Embedding.objects.count()
    again = work_off(start(pictures))
    assert again.state == Run.State.DONE
    assert counters(again)[EMBED] == (4 - done, 4 - done, 0)


def test_it_starts_no_batch_while_paused_and_loses_none(pictures: Dataset) -> None:
    run = start(pictures)
    work_off(run, limit=2)
    assert pause_run(run)
    assert not pause_run(run)
    assert run_state(Run.objects.get(pk=run.pk))["state_label"] == "paused"
    waiting = list(run.batches.filter(state=Batch.State.QUEUED))
    for batch in waiting:
        do(batch)
    assert run.batches.filter(state=Batch.State.QUEUED).count() == len(waiting) > 0
    sent_before = waiting_messages("cpu") + waiting_messages("gpu")
    assert resume_run(run)
    assert waiting_messages("cpu") + waiting_messages("gpu") == sent_before + len(waiting)
    assert work_off(run).state == Run.State.DONE
    assert not resume_run(run)


def test_it_fails_in_plain_words_for_an_empty_dataset(transactional_db: None, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    dataset = Dataset.objects.create(name="Empty", slug="empty", source_path=str(empty))
    run = work_off(start(dataset))
    assert run.state == Run.State.FAILED
    assert "has no readable image" in run.message
    assert "Traceback" not in run.message


def test_it_keeps_the_live_version_when_the_folder_is_gone(pictures: Dataset, tmp_path: Path) -> None:
    work_off(start(pictures))
    Path(pictures.source_path).rename(tmp_path / "elsewhere")
    run = work_off(start(pictures))
    assert run.state == Run.State.FAILED
    assert "is not there" in run.message
    pictures.refresh_from_db()
    assert search_text(pictures, "red", k=5).hits[0].image.name == "red.png"


def test_it_rebuilds_with_another_encoder_beside_the_live_version(pictures: Dataset) -> None:
    work_off(start(pictures))
    run = work_off(start(pictures, Run.Kind.REBUILD, "fake/colours/other"))
    assert run.state == Run.State.DONE, run.message
    pictures.refresh_from_db()
    assert pictures.live_version is not None
    assert pictures.live_version.encoder.name == "fake/colours/other"
    assert counters(run)[DERIVE] == (0, 0, 0)
    assert Embedding.objects.count() == 8


def test_it_names_an_unknown_encoder_before_anything_starts(pictures: Dataset) -> None:
    with pytest.raises(UnknownEncoder):
        start(pictures, encoder="nonsense/of/mine")
    assert not Run.objects.exists()


def test_it_ends_quietly_when_the_dataset_is_deleted_meanwhile(pictures: Dataset) -> None:
    run = start(pictures)
    batch = run.batches.get()
    pictures.delete()
    do(batch)
    assert not Run.objects.exists()
