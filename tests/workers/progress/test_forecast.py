"""The time left of a whole run: what overlaps, what follows, what earlier runs tell, and what is not known."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from search.models import Dataset
from tests.workers.conftest import start, work_off
from workers.models import Run, StageProgress
from workers.progress.eta import Range
from workers.progress.forecast import forecast
from workers.progress.state import RunState, run_state
from workers.registry import BUILD, DERIVE, EMBED, INGEST
from workers.runs.control import pause_run, resume_run

RESIZED, ENCODED, TOTAL = 4_000, 1_000, 5_000
RESIZED_A_SECOND, ENCODED_A_SECOND = 40, 10


@pytest.fixture
def run(pictures: Dataset) -> Run:
    """A hundred seconds after its folder was read: 25 seconds of resizing and 400 of encoding at the present speed."""
    run = start(pictures)
    began = timezone.now() - timedelta(seconds=100)
    run.stages.filter(stage=INGEST).update(started_at=began, finished_at=began, done=TOTAL, total=TOTAL)
    for stage, done, speed in ((DERIVE, RESIZED, RESIZED_A_SECOND), (EMBED, ENCODED, ENCODED_A_SECOND)):
        samples = [[time.time() - second, done - second * speed] for second in range(99, -1, -1)]
        run.stages.filter(stage=stage).update(started_at=began, total=TOTAL, done=done, samples=samples)
    return Run.objects.get(pk=run.pk)


def record_earlier_run(dataset: Dataset, images: int, build_seconds: int, map_seconds: int) -> None:
    earlier = Run.objects.create(dataset=dataset, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE)
    ended = timezone.now() - timedelta(days=1)
    taken = {BUILD: build_seconds, "tag": 1, "compare": 1, "project": map_seconds}
    for stage, seconds in taken.items():
        StageProgress.objects.create(
            run=earlier,
            stage=stage,
            position=3,
            total=images,
            done=images,
            started_at=ended - timedelta(seconds=seconds),
            finished_at=ended,
        )


def holds(left: Range | None, seconds: float) -> bool:
    return left is not None and left.low <= seconds <= left.high


def test_stages_that_overlap_are_not_added_up(run: Run) -> None:
    coming = forecast(run, time.time())
    assert holds(coming.stages[DERIVE], 25)
    assert holds(coming.stages[EMBED], 400)
    assert coming.run == coming.stages[EMBED]
    assert coming.note == "plus index, tags, duplicates and map"


def test_encoding_may_hurry_once_resizing_leaves_it_the_cores_but_never_ends_first(run: Run) -> None:
    alone = forecast(run, time.time()).run
    assert alone is not None
    run.stages.filter(stage=DERIVE).update(finished_at=timezone.now())
    later = forecast(Run.objects.get(pk=run.pk), time.time()).run
    assert later is not None
    assert alone.low < later.low
    assert alone.high == pytest.approx(later.high, rel=0.01)


def test_earlier_runs_tell_how_long_index_and_map_will_take(run: Run) -> None:
    images_only = forecast(run, time.time()).run
    record_earlier_run(run.dataset, TOTAL, 10, 60)
    coming = forecast(run, time.time())
    assert coming.note == ""
    assert holds(coming.stages[BUILD], 10)
    assert holds(coming.stages["project"], 60)
    assert holds(coming.run, 470)
    assert images_only is not None
    assert coming.run is not None
    assert coming.run.low > images_only.low + 30


@pytest.mark.parametrize(("images", "is_told"), [(TOTAL // 4, True), (TOTAL * 4, True), (10, False), (10**6, False)])
def test_a_dataset_of_another_size_tells_little_and_of_quite_another_nothing(
    run: Run, images: int, is_told: bool
) -> None:
    other = Dataset.objects.create(name="Other", slug="other", source_path="/nowhere")
    record_earlier_run(other, images, 8, 40)
    coming = forecast(run, time.time())
    assert (coming.note == "") is is_told
    if is_told:
        map_left = coming.stages["project"]
        assert holds(map_left, 40)
        assert holds(map_left, 40 * TOTAL / images)


def test_a_map_that_takes_longer_than_ever_is_no_longer_promised(run: Run) -> None:
    record_earlier_run(run.dataset, TOTAL, 10, 60)
    run.stages.filter(stage__in=[DERIVE, EMBED, BUILD, "tag", "compare"]).update(finished_at=timezone.now())
    run.stages.filter(stage="project").update(started_at=timezone.now() - timedelta(seconds=20))
    run = Run.objects.get(pk=run.pk)
    assert holds(forecast(run, time.time()).run, 40)
    late = forecast(run, time.time() + 300)
    assert (late.run, dict(late.stages)) == (None, {})


def test_nothing_is_promised_while_images_are_still_being_found(run: Run) -> None:
    run.stages.filter(stage=INGEST).update(finished_at=None)
    coming = forecast(Run.objects.get(pk=run.pk), time.time())
    assert (coming.run, dict(coming.stages), coming.note) == (None, {}, "still finding images")


def test_a_pause_ends_the_promise_and_does_not_count_as_slowness(run: Run) -> None:
    pause_run(run)
    paused = state_of(run)
    assert paused["eta_seconds"] is None
    assert [stage["rate"] for stage in paused["stages"] if stage["state"] == "active"] == [None, None]
    resume_run(run)
    assert state_of(run)["eta_seconds"] is None
    assert not run.stages.get(stage=EMBED).samples


def state_of(run: Run) -> RunState:
    return run_state(Run.objects.get(pk=run.pk))


def test_numbers_and_words_agree(run: Run) -> None:
    run.stages.filter(stage=DERIVE).update(failed=7, bytes_read=2_500_000_000)
    state = state_of(run)
    assert (state["failures"], state["bytes_read"]) == (7, 2_500_000_000)
    words = state["words"]
    assert (words["failed"], words["read"]) == ("7 failed", "2.5 GB read")
    assert words["eta"].endswith(" min left, plus index, tags, duplicates and map")
    embed = next(stage for stage in state["stages"] if stage["stage"] == EMBED)
    assert (embed["words"]["count"], embed["words"]["rate"]) == ("1,000 of 5,000", "10.0/s")
    assert embed["eta_seconds"] == state["eta_seconds"]


def test_a_run_that_is_over_counts_the_bytes_of_its_originals(pictures: Dataset) -> None:
    state = run_state(work_off(start(pictures)))
    sizes = sum(pictures.images.values_list("byte_size", flat=True))
    derive = next(stage for stage in state["stages"] if stage["stage"] == DERIVE)
    assert derive["bytes_read"] == sizes > 0
    assert (state["eta_seconds"], state["words"]["eta"], state["share"]) == (None, "", 1.0)


@pytest.mark.parametrize(("seconds", "rate"), [(4, 1_000), (1, 4_000), (0.1, None)])
def test_a_stage_that_is_over_has_the_rate_of_its_whole_time_if_that_was_a_second(
    run: Run, seconds: float, rate: float | None
) -> None:
    ended = timezone.now()
    began = ended - timedelta(seconds=seconds)
    run.stages.filter(stage=DERIVE).update(started_at=began, finished_at=ended, done=4_000)
    derive = next(stage for stage in state_of(run)["stages"] if stage["stage"] == DERIVE)
    assert derive["rate"] == rate
