"""`--wait`: what stands on the console during a run, at its end, and after Ctrl-C."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command

from clipsite.management.commands._runs import announce
from search.models import Dataset
from tests.conftest import MakeDataset, MakeImages
from tests.workers.conftest import start, work_off
from tests.workers.pipeline.processes import ROOT, environment
from workers.models import Run, RunEvent
from workers.pipeline.lifecycle import note
from workers.runs.control import cancel_run


@pytest.fixture
def pictures(transactional_db: None, make_images: MakeImages, make_dataset: MakeDataset) -> Dataset:
    """Four pictures and one file that is none."""
    folder = make_images(red="red", blue="blue", green="lime", white="white")
    (folder / "broken.jpg").write_bytes(b"no picture")
    return make_dataset(folder)


def test_the_end_says_what_was_done_how_fast_and_what_failed(
    pictures: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    run = work_off(start(pictures))
    announce(run, wait=True)
    shown = capsys.readouterr()
    assert re.search(
        r"^4 images encoded in \d+ s, [\d,.]+ images/s end to end, [\d.]+ kB read, 1 failed\.$", shown.out, re.MULTILINE
    )
    resize = next(line for line in shown.err.splitlines() if line.startswith("resize"))
    assert "4 of 5" in resize
    assert "1 failed" in resize


def test_warnings_of_the_log_stand_on_the_console(pictures: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    run = start(pictures)
    note(run, "resize is tried again: its worker was lost.", RunEvent.Level.WARNING)
    note(run, "The disk is [full].", RunEvent.Level.ERROR)
    cancel_run(run)
    with pytest.raises(CommandError, match=f"Run {run.pk} cancelled: Cancelled. What was done is kept."):
        announce(run, wait=True)
    shown = capsys.readouterr().err
    assert "Warning: resize is tried again: its worker was lost." in shown
    assert "Error: The disk is [full]." in shown
    assert "Started with" not in shown


def test_a_run_whose_dataset_is_deleted_ends_in_a_sentence(pictures: Dataset) -> None:
    run = start(pictures)
    pictures.delete()
    with pytest.raises(CommandError, match="its dataset was deleted"):
        announce(run, wait=True)


def interrupted(process: subprocess.Popen[str], times: int = 6) -> str:
    """What it said on standard error; Python drops an interrupt that falls into a finalizer, so people press again."""
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=10)[1]
    pytest.fail("it goes on")


def test_ctrl_c_leaves_the_run_running_and_says_so(pictures: Dataset) -> None:
    encoder = "starter/efficientnet-lite2/minilm-l6-tree"
    process = subprocess.Popen(
        [sys.executable, "-u", "manage.py", "reindex", "Pictures", "--encoder", encoder, "--wait"],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert encoder in process.stdout.readline()
    said = interrupted(process)
    run = Run.objects.get()
    assert process.returncode == 130
    assert f"Run {run.pk} goes on without this window. Watch or cancel it at http://" in said
    assert "Traceback" not in said
    assert run.state == Run.State.ACTIVE


@pytest.mark.parametrize("command", ["ingest", "reindex", "project"])
def test_the_priority_is_set_on_the_command_line(pictures: Dataset, command: str) -> None:
    if command == "project":
        work_off(start(pictures))
    arguments = ["Pictures", pictures.source_path] if command == "ingest" else ["Pictures"]
    call_command(command, *arguments, priority="high")
    assert Run.objects.latest("pk").priority == Run.Priority.HIGH


def test_a_priority_that_does_not_exist_is_refused(pictures: Dataset) -> None:
    with pytest.raises(CommandError, match="invalid choice: 'urgent'"):
        call_command("reindex", "Pictures", "--priority", "urgent")
    assert not Run.objects.exists()


def test_a_second_run_is_refused_in_one_sentence(pictures: Dataset) -> None:
    run = start(pictures)
    with pytest.raises(CommandError, match=rf"'Pictures' is being worked on already \(run {run.pk}, started"):
        call_command("reindex", "Pictures", wait=True)
