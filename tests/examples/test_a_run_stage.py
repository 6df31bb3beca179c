"""The example of a stage, done as the work of a run's only stage by the code that does every stage."""

from __future__ import annotations

import pytest
from a_run_stage import dark_stage, find_dark

from search.files.paths import derivative_path
from search.models import Dataset, Image
from search.values import Report, StageOutcome
from tests.workers.conftest import start, work_off
from workers.models import Batch, Run
from workers.pipeline.execute import execute
from workers.runs.control import cancel_run


@pytest.fixture
def run(pictures: Dataset) -> Run:
    """Indexed, and now a run of one stage whose batch waits."""
    assert work_off(start(pictures)).state == Run.State.DONE
    return start(pictures, Run.Kind.COMPARE)


def test_the_stage_is_done_within_a_run_and_says_what_it_found(run: Run) -> None:
    execute(run.batches.get().pk, dark_stage)
    run.refresh_from_db()
    assert run.state == Run.State.DONE
    assert run.events.filter(text="Pictures that are nearly black: 1.").exists()


def test_it_tells_how_far_it_is(run: Run) -> None:
    execute(run.batches.get().pk, dark_stage)
    progress = run.stages.get()
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
    execute(run.batches.get().pk, dark_stage)
    run.refresh_from_db()
    assert run.state == Run.State.DONE
    assert run.stages.get().failed == 1
    failure = run.failures.get()
    assert (failure.name, failure.stage) == ("white.png", "compare")
    assert failure.reason == "its resized copy cannot be read"


def test_it_stops_when_its_run_is_cancelled(run: Run) -> None:
    def cancelled_meanwhile(batch: Batch, report: Report) -> StageOutcome:
        cancel_run(batch.run)
        return dark_stage(batch, report)

    execute(run.batches.get().pk, cancelled_meanwhile)
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert not run.events.filter(text__startswith="Pictures that").exists()
