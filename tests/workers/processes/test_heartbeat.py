"""Workers tell that they are there, what they compute on and which processes they have, and then that they go."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from search.models import Dataset
from search.polling import wait_for
from tests.workers.pipeline.processes import worker
from workers.models import WorkerProcess
from workers.processes import heartbeat, identity
from workers.processes.device import read_device
from workers.processes.heartbeat import FORGET_AFTER, Heartbeat

SECONDS = 60.0


def driver_tool(folder: Path, line: str, code: int = 0) -> None:
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho '{line}'\nexit {code}\n")
    tool.chmod(0o755)


def test_a_real_worker_tells_of_itself_and_leaves_when_it_stops(pictures: Dataset) -> None:
    with worker("cpu,repair") as process:
        assert wait_for(WorkerProcess.objects.exists, SECONDS)
        told = WorkerProcess.objects.get()
        assert (told.title.partition("@")[0], told.queues, told.slots) == ("test", ["cpu", "repair"], 1)
        assert told.names == [identity.name_of(process.pid)]
        assert told.device["memory_total"] > told.device["own_memory"] > 0
    assert not WorkerProcess.objects.exists()


def test_a_worker_that_died_without_a_word_is_dropped_and_one_elsewhere_after_a_while(db: None) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    silent = timezone.now() - FORGET_AFTER + timedelta(minutes=1)
    for name, seen_at in (
        (identity.name_of(ended.pid), timezone.now()),
        (identity.own_name(), timezone.now()),
        ("elsewhere:1", silent),
        ("elsewhere:2", silent - timedelta(minutes=2)),
    ):
        WorkerProcess.objects.create(name=name, title="cpu@vm", seen_at=seen_at)
    heartbeat.delete_dead()
    assert set(WorkerProcess.objects.values_list("name", flat=True)) == {identity.own_name(), "elsewhere:1"}


def test_another_beat_changes_the_row_and_adds_none(db: None) -> None:
    heart = Heartbeat("cpu@vm", ["repair", "cpu"], 2, lambda: [1, 2])
    heart.beat()
    first = WorkerProcess.objects.get()
    heart.beat()
    second = WorkerProcess.objects.get()
    assert second.pk == first.pk
    assert second.seen_at > first.seen_at
    assert second.started_at == first.started_at
    assert second.queues == ["cpu", "repair"]


def test_the_gpu_is_what_the_drivers_tool_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver_tool(tmp_path, "NVIDIA H100 PCIe, 37, 2048, 81559")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    device = read_device(uses_gpu=True)
    assert (device["kind"], device["name"], device["busy"]) == ("gpu", "NVIDIA H100 PCIe", 0.37)
    assert (device["memory_used"], device["memory_total"]) == (2048 << 20, 81559 << 20)
    assert read_device(uses_gpu=False)["kind"] == "cpu"


def test_what_a_gpu_does_not_tell_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver_tool(tmp_path, "NVIDIA GB10, [N/A], [N/A], [N/A]")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    device = read_device(uses_gpu=True)
    assert (device["name"], device["busy"], device["memory_total"]) == ("NVIDIA GB10", None, None)


@pytest.mark.parametrize(("line", "code", "chosen"), [("no devices", 6, ""), ("odd", 0, ""), ("A, 1, 2, 3", 0, "-1")])
def test_without_a_gpu_to_use_it_is_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, code: int, chosen: str
) -> None:
    driver_tool(tmp_path, line, code)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    device = read_device(uses_gpu=True)
    assert device["kind"] == "cpu"
    assert "cores" in device["name"]
