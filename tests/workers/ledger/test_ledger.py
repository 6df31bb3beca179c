"""The life of an entry of the error ledger: made, counted, ignored, retried, ended by success or a vanished file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image as Pillow
from pytest_django import Settings

from search.errors import RunRefused, ServiceUnavailable
from search.files.paths import derivative_path
from search.models import Dataset, Image
from search.retrieval.search import search_text
from search.values import FailedImage
from tests.environment import free_port
from tests.workers.conftest import do, start, work_off
from workers.ledger import entries as ledger_entries
from workers.models import Batch, ImageFailure, Run
from workers.pipeline.lifecycle import claim, fail
from workers.registry import DERIVE, EMBED, INGEST
from workers.runs import retry as run_retry
from workers.runs.control import cancel_run
from workers.runs.repair import repair_runs

State = ImageFailure.State


@pytest.fixture
def broken(pictures: Dataset) -> Path:
    """The one file that is no picture, after a first run."""
    work_off(start(pictures))
    return Path(pictures.source_path, "broken.jpg")


def entry(dataset: Dataset) -> ImageFailure:
    return dataset.failures.get()


def repair_file(path: Path, colour: str = "yellow") -> None:
    Pillow.new("RGB", (64, 48), colour).save(path, "JPEG")


def retry(dataset: Dataset) -> Run:
    return run_retry.retry(Dataset.objects.get(pk=dataset.pk), dataset.failures.all())


def total(run: Run, stage: str) -> int:
    return run.stages.get(stage=stage).total


def counted(run: Run) -> int:
    return sum(run.stages.values_list("failed", flat=True))


def test_a_file_has_one_entry_that_counts_the_runs_which_tried_it(pictures: Dataset, broken: Path) -> None:
    first = entry(pictures)
    run = work_off(start(pictures))
    again = entry(pictures)
    assert (again.pk, again.first_at) == (first.pk, first.first_at)
    assert (again.attempts, again.run, again.state) == (2, run, State.OPEN)
    assert again.last_at > first.last_at


def test_a_batch_that_is_done_twice_is_one_attempt(pictures: Dataset) -> None:
    run = start(pictures)
    do(run.batches.get())
    batch = run.batches.get(stage=DERIVE)
    do(batch)
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.QUEUED)
    do(batch)
    assert entry(pictures).attempts == 1


def test_an_entry_ends_when_an_index_run_can_use_the_file(pictures: Dataset, broken: Path) -> None:
    repair_file(broken)
    work_off(start(pictures))
    assert not pictures.failures.exists()


def test_an_entry_ends_when_a_walk_finds_the_file_gone(pictures: Dataset, broken: Path) -> None:
    broken.unlink()
    work_off(start(pictures))
    assert not pictures.failures.exists()


def test_an_entry_without_image_ends_when_its_file_is_renamed_or_gone(pictures: Dataset) -> None:
    folder = Path(pictures.source_path)
    (folder / "broken.jpg").unlink()
    renamed, gone = (folder / os.fsdecode(name) for name in (b"caf\xe9.png", b"na\xefve.png"))
    shutil.copy(folder / "red.png", renamed)
    shutil.copy(folder / "red.png", gone)
    run = work_off(start(pictures))
    assert [failure.image for failure in pictures.failures.all()] == [None, None]
    assert counted(run) == 2
    renamed.rename(folder / "café.png")
    gone.unlink()
    work_off(start(pictures))
    assert not pictures.failures.exists()
    assert pictures.images.filter(name="café.png", state=Image.State.READY).exists()


def test_a_walk_ends_no_entry_below_a_folder_that_it_could_not_read(pictures: Dataset, broken: Path) -> None:
    old = pictures.runs.get()
    for name in ("locked/a.jpg", "open/a.jpg"):
        ImageFailure.objects.create(dataset=pictures, run=old, name=name, stage=INGEST, reason="cannot be read")
    ledger_entries.close_after_walk(start(pictures), [FailedImage(None, "locked", "is a folder that cannot be read")])
    assert set(pictures.failures.values_list("name", flat=True)) == {"broken.jpg", "locked/a.jpg"}


@pytest.mark.parametrize("state", [State.IGNORED, State.QUARANTINED])
def test_a_file_set_aside_is_left_alone_by_later_runs(pictures: Dataset, broken: Path, state: str) -> None:
    pictures.failures.update(state=state)
    run = work_off(start(pictures))
    assert (entry(pictures).attempts, entry(pictures).state) == (1, state)
    assert total(run, DERIVE) == counted(run) == 0
    assert "could not be used" not in run.message


def test_an_ignored_file_without_image_is_no_failure_of_a_run(pictures: Dataset) -> None:
    folder = Path(pictures.source_path)
    (folder / "broken.jpg").unlink()
    shutil.copy(folder / "red.png", folder / os.fsdecode(b"caf\xe9.png"))
    work_off(start(pictures))
    assert run_retry.ignore(pictures.failures.all()) == 1
    run = work_off(start(pictures))
    assert counted(run) == 0
    assert "could not be used" not in run.message
    assert entry(pictures).state == State.IGNORED


@pytest.mark.parametrize("state", [State.IGNORED, State.QUARANTINED])
def test_a_changed_file_gets_another_chance(pictures: Dataset, broken: Path, state: str) -> None:
    pictures.failures.update(state=state)
    broken.write_bytes(b"no picture either")
    work_off(start(pictures))
    assert (entry(pictures).attempts, entry(pictures).state) == (2, State.OPEN)
    pictures.failures.update(state=state)
    repair_file(broken)
    work_off(start(pictures))
    assert not pictures.failures.exists()


def test_a_file_with_a_new_time_gets_another_chance_too(pictures: Dataset, broken: Path) -> None:
    run_retry.ignore(pictures.failures.all())
    os.utime(broken, (1, 1))
    work_off(start(pictures))
    assert (entry(pictures).attempts, entry(pictures).state) == (2, State.OPEN)


def test_it_is_tried_again_once_nobody_ignores_it(pictures: Dataset, broken: Path) -> None:
    assert run_retry.ignore(pictures.failures.all()) == 1
    assert run_retry.ignore(pictures.failures.all()) == 0
    assert run_retry.stop_ignoring(pictures.failures.all()) == 1
    work_off(start(pictures))
    assert (entry(pictures).attempts, entry(pictures).state) == (2, State.OPEN)


def test_an_ignored_image_whose_encoding_failed_is_not_planned_again(pictures: Dataset, broken: Path) -> None:
    broken.unlink()
    red = pictures.images.get(name="red.png")
    red.embeddings.all().delete()
    derivative_path(pictures.pk, red.checksum).write_bytes(b"damaged")
    work_off(start(pictures))
    assert entry(pictures).stage == EMBED
    run_retry.ignore(pictures.failures.all())
    run = work_off(start(pictures))
    assert (total(run, DERIVE), total(run, EMBED)) == (0, 0)
    run_retry.stop_ignoring(pictures.failures.all())
    work_off(start(pictures))
    assert not pictures.failures.exists()


def test_a_file_ignored_while_it_is_encoded_is_not_planned_again(pictures: Dataset, broken: Path) -> None:
    broken.unlink()
    red = pictures.images.get(name="red.png")
    derivative_path(pictures.pk, red.checksum).write_bytes(b"damaged")
    red.embeddings.all().delete()
    work_off(start(pictures))
    run = start(pictures)
    while not run.batches.filter(stage=EMBED).exists():
        work_off(run, limit=1)
    derivative_path(pictures.pk, red.checksum).write_bytes(b"damaged again")
    run_retry.ignore(pictures.failures.all())
    work_off(run)
    assert (entry(pictures).state, entry(pictures).attempts) == (State.IGNORED, 2)
    assert total(work_off(start(pictures)), DERIVE) == 0


def test_a_walk_ends_an_entry_that_its_own_run_forgot(pictures: Dataset, broken: Path) -> None:
    red = pictures.images.get(name="red.png")
    ImageFailure.objects.create(dataset=pictures, image=red, name=red.name, stage=DERIVE, reason="was damaged")
    work_off(start(pictures))
    assert entry(pictures).name == "broken.jpg"


def test_a_renamed_file_keeps_its_entry(pictures: Dataset, broken: Path) -> None:
    before = entry(pictures)
    broken.rename(broken.with_name("moved.jpg"))
    work_off(start(pictures))
    work_off(start(pictures))
    after = entry(pictures)
    assert (after.pk, after.name) == (before.pk, "moved.jpg")
    assert after.attempts > before.attempts


def test_each_file_has_its_entry_after_one_took_the_name_of_another(pictures: Dataset, broken: Path) -> None:
    other = broken.with_name("other.jpg")
    other.write_bytes(b"no picture either")
    work_off(start(pictures))
    other.rename(broken.with_name("third.jpg"))
    broken.rename(other)
    os.utime(other, (1, 1))
    work_off(start(pictures))
    entries = list(pictures.failures.values_list("name", "image__name"))
    assert sorted(name for name, _ in entries) == ["other.jpg", "third.jpg"]
    assert all(name == of_image for name, of_image in entries)


def test_an_ignored_file_stays_ignored_under_its_new_name(pictures: Dataset, broken: Path) -> None:
    run_retry.ignore(pictures.failures.all())
    broken.rename(broken.with_name("moved.jpg"))
    run = work_off(start(pictures))
    assert (entry(pictures).name, entry(pictures).state) == ("moved.jpg", State.IGNORED)
    assert total(run, DERIVE) == 0


def test_a_retry_makes_a_repaired_file_searchable_and_takes_no_other(pictures: Dataset, broken: Path) -> None:
    repair_file(broken)
    Pillow.new("RGB", (64, 48), "cyan").save(broken.with_name("new.png"))
    run = work_off(retry(pictures))
    assert (run.state, run.kind) == (Run.State.DONE, Run.Kind.RETRY), run.message
    assert (total(run, DERIVE), counted(run)) == (1, 0)
    assert not pictures.failures.exists()
    pictures.refresh_from_db()
    assert search_text(pictures, "yellow", k=1).hits[0].image.name == "broken.jpg"
    assert not pictures.images.filter(name="new.png").exists()


def test_a_retry_in_vain_counts_one_more_attempt(pictures: Dataset, broken: Path) -> None:
    pictures.failures.update(state=State.QUARANTINED)
    run = retry(pictures)
    assert entry(pictures).state == State.RETRYING
    assert work_off(run).state == Run.State.DONE
    assert counted(run) == 1
    assert (entry(pictures).attempts, entry(pictures).state, entry(pictures).run) == (2, State.OPEN, run)


def test_a_retry_tells_of_a_file_that_is_not_there_and_leaves_the_rest_to_a_walk(
    pictures: Dataset, broken: Path
) -> None:
    broken.unlink()
    run = work_off(retry(pictures))
    assert run.state == Run.State.DONE
    assert (entry(pictures).stage, entry(pictures).state) == (INGEST, State.OPEN)
    assert "cannot be found under this name" in entry(pictures).reason
    work_off(start(pictures))
    assert not pictures.failures.exists()


def test_a_retry_ends_an_entry_of_ingest_once_the_file_can_be_read(pictures: Dataset, broken: Path) -> None:
    pictures.failures.update(stage=INGEST, image=None)
    pictures.images.filter(name="broken.jpg").delete()
    repair_file(broken)
    assert work_off(retry(pictures)).state == Run.State.DONE
    assert not pictures.failures.exists()
    assert pictures.images.filter(name="broken.jpg", state=Image.State.READY).exists()


def test_a_retry_tells_of_a_folder_that_can_be_read_again(pictures: Dataset, broken: Path) -> None:
    broken.unlink()
    broken.mkdir()
    pictures.failures.update(stage=INGEST, image=None)
    work_off(retry(pictures))
    assert "index the dataset to take in what it holds" in entry(pictures).reason


@pytest.mark.parametrize("state", [State.OPEN, State.IGNORED, State.QUARANTINED])
def test_a_retry_that_cannot_start_changes_nothing(pictures: Dataset, broken: Path, state: str) -> None:
    pictures.failures.update(state=state)
    active = start(pictures)
    with pytest.raises(RunRefused, match=f"run {active.pk}"):
        retry(pictures)
    assert entry(pictures).state == state
    assert pictures.runs.count() == 2


def test_a_retry_without_valkey_changes_nothing(pictures: Dataset, broken: Path, settings: Settings) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": f"redis://127.0.0.1:{free_port()}/0"}}
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        retry(pictures)
    assert entry(pictures).state == State.OPEN


def test_a_retry_of_nothing_is_refused(pictures: Dataset, broken: Path) -> None:
    with pytest.raises(RunRefused, match="nothing to try again"):
        run_retry.retry(pictures, pictures.failures.filter(name="none"))
    assert pictures.runs.count() == 1


def test_nothing_waits_for_a_retry_that_was_cancelled(pictures: Dataset, broken: Path) -> None:
    cancel_run(retry(pictures))
    assert entry(pictures).state == State.OPEN


def test_nothing_waits_for_a_retry_that_failed(pictures: Dataset, broken: Path) -> None:
    Path(pictures.source_path).rename(Path(pictures.source_path).with_name("elsewhere"))
    run = work_off(retry(pictures))
    assert run.state == Run.State.FAILED
    assert "is not there" in run.message
    assert entry(pictures).state == State.OPEN


def test_a_batch_of_a_cancelled_retry_that_fails_late_leaves_the_next_retry_alone(
    pictures: Dataset, broken: Path
) -> None:
    first = retry(pictures)
    late = claim(first.batches.get().pk, "slow")
    assert late is not None
    cancel_run(first)
    retry(pictures)
    fail(late, "too late")
    assert entry(pictures).state == State.RETRYING


def test_repair_frees_what_waits_for_no_active_retry_only(pictures: Dataset, broken: Path) -> None:
    run = retry(pictures)
    repair_runs()
    assert entry(pictures).state == State.RETRYING
    Run.objects.filter(pk=run.pk).update(state=Run.State.FAILED)
    repair_runs()
    assert entry(pictures).state == State.OPEN


def test_a_retry_whose_first_batch_is_done_twice_counts_and_plans_once(pictures: Dataset, broken: Path) -> None:
    shutil.copy(broken, broken.with_name("gone.jpg"))
    work_off(start(pictures))
    before = pictures.failures.get(name="gone.jpg").attempts
    broken.with_name("gone.jpg").unlink()
    run = retry(pictures)
    batch = run.batches.get()
    do(batch)
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.QUEUED)
    assert work_off(run).state == Run.State.DONE
    assert run.batches.filter(stage=DERIVE).count() == 1
    assert pictures.failures.get(name="gone.jpg").attempts == before + 1
    assert not pictures.failures.filter(state=State.RETRYING).exists()


def test_what_people_ignore_is_not_meant_by_all(pictures: Dataset, broken: Path) -> None:
    run_retry.ignore(pictures.failures.all())
    everything, ignored = run_retry.FailureFilter(), run_retry.FailureFilter(state=State.IGNORED)
    assert run_retry.without_ignored(everything.of(pictures), everything).count() == 0
    assert run_retry.without_ignored(ignored.of(pictures), ignored).count() == 1
