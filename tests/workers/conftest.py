"""Working a run off batch by batch in the test's own process, through the same tasks that Celery calls."""

from __future__ import annotations

import pytest

import workers.tasks  # noqa: F401  (registers the tasks)
from search.models import Dataset
from tests.conftest import FAKE_ENCODER, MakeDataset, MakeImages
from workers.celery import app
from workers.models import Batch, Run
from workers.registry import DERIVE, get_stage
from workers.runs.start import start_run


def work_off(run: Run, limit: int = 1000) -> Run:
    """Does queued batches, oldest first, until none is left or `limit` are done."""
    for _ in range(limit):
        batch = run.batches.filter(state=Batch.State.QUEUED).order_by("pk").first()
        if batch is None:
            break
        do(batch)
    run.refresh_from_db()
    return run


def do(batch: Batch) -> None:
    """Does one batch as a worker would."""
    app.tasks[get_stage(batch.stage).task](batch.pk)


@pytest.fixture
def pictures(transactional_db: None, make_images: MakeImages, make_dataset: MakeDataset, drawn_here: None) -> Dataset:
    """Four pictures, too few for UMAP to be needed, and one file that is none."""
    folder = make_images(red="red", blue="blue", green="lime", white="white")
    (folder / "broken.jpg").write_bytes(b"no picture")
    return make_dataset(folder)


def start(dataset: Dataset, kind: Run.Kind = Run.Kind.INDEX, encoder: str = FAKE_ENCODER) -> Run:
    return start_run(Dataset.objects.get(pk=dataset.pk), kind, encoder=encoder)


def until_derive(run: Run) -> Batch:
    """The run with its ingest batch done; its one derive batch."""
    do(run.batches.get())
    return run.batches.get(stage=DERIVE)
