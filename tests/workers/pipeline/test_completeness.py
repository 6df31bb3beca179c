"""Before an index is built: an image that got lost on the way is noticed, made up for once, then told."""

from __future__ import annotations

from pathlib import Path

from PIL import Image as Pillow

from search.models import Dataset, Embedding
from tests.workers.conftest import do, start, work_off
from workers.models import Batch, ImageFailure, Run, RunEvent
from workers.pipeline.advance import _advance, advance
from workers.registry import BUILD, DERIVE, EMBED
from workers.runs import retry
from workers.runs.control import cancel_run
from workers.runs.repair import repair_runs

IMAGES = 4


def close_without_work(run: Run, stage: str) -> None:
    """As a batch that was closed by mistake: nothing of it was done."""
    assert run.batches.filter(stage=stage, state=Batch.State.QUEUED).update(state=Batch.State.DONE)


def errors(run: Run) -> list[str]:
    return list(run.events.filter(level=RunEvent.Level.ERROR).values_list("text", flat=True))


def test_images_that_nobody_embedded_are_planned_again(pictures: Dataset) -> None:
    run = start(pictures)
    do(run.batches.get())
    do(run.batches.get(stage=DERIVE))
    close_without_work(run, EMBED)
    repair_runs()
    (error,) = errors(run)
    assert error.startswith(f"{IMAGES} images have no embedding though no batch is waiting for them.")
    assert not run.batches.filter(stage=BUILD).exists()
    assert not run.stages.get(stage=EMBED).finished_at
    assert work_off(run).state == Run.State.DONE
    assert Embedding.objects.count() == IMAGES
    assert not run.stages.filter(finished_at=None).exists()


def test_images_that_nobody_resized_are_planned_again(pictures: Dataset) -> None:
    run = start(pictures)
    do(run.batches.get())
    close_without_work(run, DERIVE)
    repair_runs()
    assert len(errors(run)) == 1
    assert work_off(run).state == Run.State.DONE
    pictures.refresh_from_db()
    assert pictures.live_version is not None
    assert pictures.live_version.count == IMAGES


def test_images_that_get_lost_twice_fail_the_run_with_the_sentence(pictures: Dataset) -> None:
    run = start(pictures)
    do(run.batches.get())
    do(run.batches.get(stage=DERIVE))
    for _ in range(2):
        close_without_work(run, EMBED)
        repair_runs()
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert run.message.startswith(f"{IMAGES} images have no embedding though no batch is waiting for them.")


def test_what_the_ledger_explains_is_no_loss(pictures: Dataset) -> None:
    (Path(pictures.source_path) / "broken.jpg").unlink()
    run = work_off(start(pictures))
    assert run.state == Run.State.DONE
    # An image that waits for its derivative and that people ignore is not this run's business either.
    red = pictures.images.get(name="red.png")
    Embedding.objects.filter(image=red).delete()
    ImageFailure.objects.create(
        dataset=pictures, image=red, name=red.name, stage=EMBED, reason="-", state=ImageFailure.State.IGNORED
    )
    run = start(pictures)
    do(run.batches.get())
    run.batches.filter(state=Batch.State.QUEUED, stage__in=[DERIVE, EMBED]).update(state=Batch.State.DONE)
    repair_runs()
    assert errors(run) == []
    assert run.batches.filter(stage=BUILD).exists()


def test_it_is_asked_again_when_the_last_batch_was_closed_after_the_question(pictures: Dataset) -> None:
    run = start(pictures)
    do(run.batches.get())
    do(run.batches.get(stage=DERIVE))
    close_without_work(run, EMBED)
    asked_too_early = None
    assert _advance(run.pk, asked_too_early) is None
    assert advance(run.pk)
    assert len(errors(run)) == 1
    assert not run.batches.filter(stage=BUILD).exists()


def test_a_retry_takes_along_what_a_cancelled_run_left(pictures: Dataset) -> None:
    work_off(start(pictures))
    for colour in ("cyan", "magenta"):
        Pillow.new("RGB", (64, 48), colour).save(Path(pictures.source_path, f"{colour}.png"))
    stopped = start(pictures)
    do(stopped.batches.get())
    for batch in stopped.batches.filter(stage=DERIVE):
        do(batch)
    cancel_run(stopped)
    run = work_off(retry.retry(Dataset.objects.get(pk=pictures.pk), pictures.failures.all()))
    assert run.state == Run.State.DONE
    told = run.events.values_list("text", flat=True)
    assert "2 images that earlier runs left unfinished are taken along." in told
    assert errors(run) == []
    pictures.refresh_from_db()
    assert pictures.live_version is not None
    assert pictures.live_version.count == IMAGES + 2
