"""What staff see of the site: workers with their batches, queues, what is served, room on the disk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from search.models import Dataset, DatasetUsage, EncoderRecord, IndexVersion, ServingProcess
from tests.workers.conftest import start
from workers.models import Batch, WorkerProcess
from workers.processes.heartbeat import SILENT_AFTER
from workers.registry import EMBED, INGEST
from workers.status import state as states
from workers.status.state import site_stamp, site_state


def make_live(dataset: Dataset, number: int) -> IndexVersion:
    encoder, _ = EncoderRecord.objects.get_or_create(name="fake/colours/32", dimension=32)
    ready = IndexVersion.State.READY
    version = IndexVersion.objects.create(dataset=dataset, encoder=encoder, number=number, state=ready, count=4)
    Dataset.objects.filter(pk=dataset.pk).update(live_version=version)
    return version


def test_a_batch_stands_with_the_worker_whose_process_has_it(pictures: Dataset) -> None:
    run = start(pictures)
    WorkerProcess.objects.create(name="vm:1", title="cpu@vm", queues=["cpu"], names=["vm:2", "vm:3"])
    Batch.objects.filter(run=run).update(state=Batch.State.RUNNING, worker="vm:3")
    Batch.objects.create(run=run, stage=EMBED, state=Batch.State.RUNNING, worker="lost:9")
    known, unknown = site_state().workers
    assert (known.kind, known.machine, known.is_silent) == ("cpu", "vm", False)
    assert [batch.stage for batch in known.batches] == [INGEST]
    assert (unknown.title, unknown.is_silent, unknown.batches[0].stage) == ("lost:9", True, EMBED)


def test_a_worker_that_says_nothing_is_shown_as_silent_and_counts_for_no_queue(db: None) -> None:
    long_ago = timezone.now() - SILENT_AFTER - timedelta(seconds=1)
    WorkerProcess.objects.create(name="a:1", title="gpu@a", queues=["gpu", "repair"], seen_at=long_ago)
    WorkerProcess.objects.create(name="b:1", title="gpu@b", queues=["gpu", "repair"])
    state = site_state()
    assert [worker.is_silent for worker in state.workers] == [True, False]
    assert {queue.name: queue.workers for queue in state.queues} == {"cpu": 0, "gpu": 1, "repair": 1}


def test_queues_count_batches_in_sql_and_messages_at_the_broker(pictures: Dataset) -> None:
    before = {queue.name: queue for queue in site_state().queues}
    run = start(pictures)
    Batch.objects.create(run=run, stage=EMBED)  # its message is lost
    after = {queue.name: queue for queue in site_state().queues}
    assert (after["cpu"].batches, after["gpu"].batches) == (before["cpu"].batches + 1, before["gpu"].batches + 1)
    assert (after["cpu"].messages or 0) == (before["cpu"].messages or 0) + 1
    assert after["gpu"].messages == before["gpu"].messages


def test_queues_say_when_the_broker_does_not_answer(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "valkey_answers", lambda: False)
    assert {queue.messages for queue in site_state().queues} == {None}


def test_a_dataset_that_some_process_does_not_serve_yet_stands_first(pictures: Dataset) -> None:
    other = Dataset.objects.create(name="Another", slug="another", source_path="/nowhere")
    served, behind = make_live(other, 1), make_live(pictures, 2)
    ServingProcess.objects.create(name="web", versions={str(other.pk): served.pk, str(pictures.pk): behind.pk - 1})
    state = site_state()
    assert [one.dataset.name for one in state.served] == ["Pictures", "Another"]
    assert (state.behind, state.indexed) == (1, 2)
    assert state.served[1].numbers == (1,)


def test_the_largest_datasets_come_first(pictures: Dataset) -> None:
    other = Dataset.objects.create(name="Another", slug="another", source_path="/nowhere")
    DatasetUsage.objects.create(dataset=pictures, originals=10, measured_at=timezone.now())
    DatasetUsage.objects.create(dataset=other, indexes=20, measured_at=timezone.now())
    assert [one.dataset.name for one in site_state().usage] == ["Another", "Pictures"]


def test_the_stamp_changes_with_whatever_staff_would_see(pictures: Dataset) -> None:
    stamps = [site_stamp(), site_stamp()]
    assert stamps[0] == stamps[1]
    worker = WorkerProcess.objects.create(name="vm:1", title="cpu@vm")
    stamps.append(site_stamp())
    run = start(pictures)
    stamps.append(site_stamp())
    Batch.objects.filter(run=run).update(state=Batch.State.RUNNING, worker="vm:1")
    stamps.append(site_stamp())
    make_live(pictures, 1)
    stamps.append(site_stamp())
    worker.delete()
    stamps.append(site_stamp())
    assert len(set(stamps)) == 6
