"""The example of a stage: registered, it is done by every index run, like the stages of the project."""

from __future__ import annotations

import pytest
from a_run_stage import DARK, find_dark, find_dark_images

from search.files.paths import derivative_path
from search.models import Dataset, Image
from search.values import Report, StageOutcome
from tests.workers.conftest import start
from workers import registry
from workers.models import Batch, Run
from workers.pipeline.execute import execute
from workers.registry import all_stages, get_stage, register_stage
from workers.runs.control import cancel_run


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_stages", dict(registry._stages))
    register_stage(DARK)


def work_off(run: Run) -> Run:
    """Does every batch of the run, as the Celery task of its stage would."""
    while (batch := run.batches.filter(state=Batch.State.QUEUED).order_by("pk").first()) is not None:
        execute(batch.pk, get_stage(batch.stage).work)
    run.refresh_from_db()
    return run


@pytest.fixture
def run(pictures: Dataset) -> Run:
    """A run of a dataset that is indexed, up to the batch of the new stage, which waits."""
    run = start(pictures)
    while not run.batches.filter(stage="dark").exists():
        batch = run.batches.filter(state=Batch.State.QUEUED).earliest("pk")
        execute(batch.pk, get_stage(batch.stage).work)
    return run


def test_an_index_run_does_the_stage_last_and_says_what_came_of_it(pictures: Dataset) -> None:
    run = work_off(start(pictures))
    assert run.state == Run.State.DONE
    assert [progress.stage for progress in run.stages.all()] == [stage.name for stage in all_stages()]
    assert run.stages.last() == run.stages.get(stage="dark")
    assert run.events.filter(text="Pictures that are nearly black: 1.").exists()


def test_people_read_its_label(run: Run) -> None:
    assert run.stages.get(stage="dark").get_stage_display() == "find dark pictures"


def test_it_reports_its_progress(run: Run) -> None:
    work_off(run)
    progress = run.stages.get(stage="dark")
    assert (progress.done, progress.total, progress.failed) == (4, 4, 0)
    assert progress.samples
    assert progress.finished_at is not None


def test_the_service_reports_each_picture(run: Run) -> None:
    reports: list[tuple[int, int]] = []
    darkness = find_dark(run.dataset, lambda done, total: reports.append((done, total)))
    assert reports == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert list(Image.objects.filter(pk__in=darkness.dark).values_list("name", flat=True)) == ["black.png"]


def test_a_picture_that_cannot_be_read_goes_into_the_error_ledger(run: Run) -> None:
    image = run.dataset.images.get(name="white.png")
    derivative_path(image.dataset_id, image.checksum).write_bytes(b"no picture")
    work_off(run)
    assert run.state == Run.State.DONE
    assert run.stages.get(stage="dark").failed == 1
    failure = run.failures.get()
    assert (failure.name, failure.stage) == ("white.png", "dark")
    assert failure.reason == "its resized copy cannot be read"


def test_it_stops_when_its_run_is_cancelled(run: Run) -> None:
    def cancel_meanwhile(batch: Batch, report: Report) -> StageOutcome:
        cancel_run(batch.run)
        return find_dark_images(batch, report)

    execute(run.batches.get(stage="dark").pk, cancel_meanwhile)
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert not run.events.filter(text__startswith="Pictures that").exists()
