"""A run over a folder in which nothing changed, and runs that only look."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from search.errors import RunRefused
from search.files.paths import derivative_path, index_folder
from search.models import Dataset, Embedding, Image, IndexVersion, Projection
from tests.conftest import FAKE_ENCODER, OpenedFiles
from tests.workers.conftest import start, work_off
from workers.models import Batch, Run
from workers.pipeline.lifecycle import LeaseLostError, claim
from workers.pipeline.stages.ingest import find_images
from workers.registry import DERIVE, INGEST, closing_stages

RECORDS: tuple[type[Model], ...] = (Dataset, Image, Embedding, IndexVersion, Projection)


def records() -> list[list[dict[str, Any]]]:
    return [list(model._default_manager.order_by("pk").values()) for model in RECORDS]


def files() -> dict[Path, int]:
    """Every derived file and folder, with the time of its last change."""
    folders = (settings.DERIVATIVES_DIR, settings.INDEXES_DIR, settings.PROJECTIONS_DIR)
    return {path: path.lstat().st_mtime_ns for folder in folders for path in Path(folder).rglob("*")}


def version(dataset: Dataset) -> IndexVersion:
    live = Dataset.objects.select_related("live_version").get(pk=dataset.pk).live_version
    assert live is not None
    return live


@pytest.fixture
def indexed(pictures: Dataset) -> Dataset:
    """Four pictures in version 1, drawn; the one that is none is gone."""
    (Path(pictures.source_path) / "broken.jpg").unlink()
    assert work_off(start(pictures)).state == Run.State.DONE
    return pictures


def test_it_touches_no_record_and_no_file(indexed: Dataset, opened_files: OpenedFiles) -> None:
    before = records(), files()
    with (
        opened_files(Path(indexed.source_path)) as opened,
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        run = work_off(start(indexed))
    assert opened == []
    assert (records(), files()) == before
    written = {
        query["sql"].split()[2 if query["sql"].startswith(("INSERT", "DELETE")) else 1].strip('"')
        for query in queries
        if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    }
    assert written
    assert all(table.startswith("workers_") for table in written), written
    assert run.message == "Nothing changed: 4 images stay searchable in version 1."
    assert "Nothing changed: version 1 stays live." in run.events.values_list("text", flat=True)
    assert not run.stages.filter(finished_at=None).exists()
    assert set(run.batches.values_list("stage", flat=True)) == {INGEST, *(stage.name for stage in closing_stages())}


def test_it_says_what_could_not_be_used_though_nothing_changed(pictures: Dataset) -> None:
    work_off(start(pictures))
    run = work_off(start(pictures))
    assert run.message.startswith("Nothing changed: 4 images stay searchable in version 1. 1 could not be used")


def test_a_rebuild_always_builds(indexed: Dataset) -> None:
    before = version(indexed)
    run = work_off(start(indexed, Run.Kind.REBUILD))
    after = version(indexed)
    assert (after.number, after.fingerprint) == (2, before.fingerprint)
    assert after.fingerprint
    assert run.message == "4 images are searchable in version 2."
    assert after.projections.count() == 1


def test_it_builds_for_another_encoder(indexed: Dataset) -> None:
    work_off(start(indexed, encoder="fake/colours/other"))
    assert version(indexed).encoder.name == "fake/colours/other"


@pytest.mark.parametrize("gone", ["file", "record"])
def test_it_builds_when_an_image_is_gone(indexed: Dataset, gone: str) -> None:
    image = indexed.images.get(name="red.png")
    Path(indexed.source_path, image.name).unlink()
    if gone == "record":
        image.delete()
    work_off(start(indexed))
    assert (version(indexed).number, version(indexed).count) == (2, 3)


def test_it_builds_when_the_content_of_an_image_changed(indexed: Dataset) -> None:
    shutil.copyfile(Path(indexed.source_path, "red.png"), Path(indexed.source_path, "blue.png"))
    run = work_off(start(indexed))
    assert version(indexed).number == 2
    assert run.message == "4 images are searchable in version 2."


def test_it_builds_when_the_files_of_the_live_version_are_damaged(indexed: Dataset) -> None:
    damaged = index_folder(version(indexed).path) / "image_ids.npy"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    work_off(start(indexed))
    assert version(indexed).number == 2


def test_a_renamed_image_needs_no_new_version(indexed: Dataset) -> None:
    Path(indexed.source_path, "red.png").rename(Path(indexed.source_path, "crimson.png"))
    work_off(start(indexed))
    assert version(indexed).number == 1
    assert indexed.images.filter(name="crimson.png", state=Image.State.READY).exists()


def test_it_draws_the_map_that_is_not_there_yet(indexed: Dataset) -> None:
    Projection.objects.all().delete()
    work_off(start(indexed))
    assert Projection.objects.get().version == version(indexed)
    assert version(indexed).number == 1


def test_it_makes_a_derivative_anew_that_was_deleted(indexed: Dataset) -> None:
    deleted = derivative_path(indexed.pk, indexed.images.get(name="red.png").checksum)
    deleted.unlink()
    run = work_off(start(indexed))
    assert deleted.is_file()
    assert run.stages.get(stage=DERIVE).done == 1
    assert "1 resized images are gone" in " ".join(run.events.values_list("text", flat=True))
    assert version(indexed).number == 1


def test_a_run_that_looks_for_changes_stores_its_plan_and_changes_nothing(indexed: Dataset) -> None:
    shutil.copyfile(Path(indexed.source_path, "red.png"), Path(indexed.source_path, "copy.png"))
    Path(indexed.source_path, "blue.png").unlink()
    before = records(), files()
    run = work_off(start(indexed, Run.Kind.PLAN))
    assert run.state == Run.State.DONE
    assert run.plan is not None
    assert (run.plan["new"]["examples"], run.plan["gone"]["examples"]) == (["copy.png"], ["blue.png"])
    assert run.message == "Found 1 new, 1 gone, 3 unchanged. Nothing was indexed."
    assert (records(), files()) == before
    assert [stage.stage for stage in run.stages.all()] == [INGEST]


def test_a_run_that_looks_for_changes_fails_in_plain_words(indexed: Dataset) -> None:
    Path(indexed.source_path).rename(Path(indexed.source_path).parent / "elsewhere")
    run = work_off(start(indexed, Run.Kind.PLAN))
    assert run.state == Run.State.FAILED
    assert "is not there" in run.message


def test_nobody_looks_for_changes_while_a_run_is_active(indexed: Dataset) -> None:
    start(indexed)
    with pytest.raises(RunRefused, match="is being worked on already"):
        start(indexed, Run.Kind.PLAN)


def test_an_attempt_that_lost_its_batch_stores_no_plan(indexed: Dataset) -> None:
    run = start(indexed, Run.Kind.PLAN)
    stale = claim(run.batches.get().pk, "slow")
    assert stale is not None
    Batch.objects.filter(pk=stale.pk).update(state=Batch.State.QUEUED)
    with pytest.raises(LeaseLostError):
        find_images(stale, lambda done, total: None)
    run.refresh_from_db()
    assert run.plan is None


def test_ingest_tells_how_many_bytes_of_originals_it_read(pictures: Dataset) -> None:
    batch = claim(start(pictures).batches.get().pk, "worker")
    assert batch is not None
    outcome = find_images(batch, lambda done, total: None)
    assert outcome.bytes_read == sum(path.stat().st_size for path in Path(pictures.source_path).iterdir())
    assert batch.run.encoder == FAKE_ENCODER
