"""What a worker writes while it is at a batch names the run and the batch."""

from __future__ import annotations

import logging

import pytest

from clipsite.config import logs
from search.models import Dataset
from search.values import Report, StageOutcome
from tests.workers.conftest import start
from workers.models import Batch
from workers.pipeline.execute import execute


def test_the_lines_of_a_batch_name_it_and_its_run(pictures: Dataset, caplog: pytest.LogCaptureFixture) -> None:
    run = start(pictures)
    batch = run.batches.get()
    caplog.handler.setFormatter(logs.LineFormatter("{message}", style="{"))

    def breaking(_batch: Batch, _report: Report) -> StageOutcome:
        raise RuntimeError("on purpose")

    execute(batch.pk, breaking)
    logging.getLogger("workers.test").warning("afterwards")
    first, *_, last = caplog.text.splitlines()
    assert first.endswith(f"failed [run={run.pk} batch={batch.pk}]")
    assert last == "afterwards"
