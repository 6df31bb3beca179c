"""A decode that never ends: its process ends itself, the file is set aside, and the run goes on without it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

from search.models import Dataset, Image
from tests.workers.conftest import do, start, work_off
from workers.models import Batch, ImageFailure, Run
from workers.registry import DERIVE

ROOT = Path(__file__).resolve().parents[3]


def run_in_process(code: str) -> subprocess.CompletedProcess[str]:
    """Python code in a process of its own, with this test's database and folders."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = (
            f"postgres://{database['USER']}:{database['PASSWORD']}@"
            f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
        )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "clipsite.config.settings", "CLIPSITE_DATABASE_URL": url}
    folders = f"settings.DERIVATIVES_DIR = {str(settings.DERIVATIVES_DIR)!r}"
    prepared = f"import django; django.setup()\nfrom django.conf import settings\n{folders}\n{code}"
    return subprocess.run(
        [sys.executable, "-c", prepared], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


def test_a_file_whose_decoding_hangs_is_set_aside_and_the_others_go_on(pictures: Dataset) -> None:
    run = start(pictures)
    do(run.batches.get())
    batch = run.batches.get(stage=DERIVE)
    # Whoever opens a pipe waits until somebody writes, which nobody does: as with a file on a dead network disk.
    hanging = Path(pictures.source_path) / "green.png"
    hanging.unlink()
    os.mkfifo(hanging)
    ended = run_in_process(
        "from search.images import decoder_limits as limits\nlimits.FILE_SECONDS = 1.0\n"
        "from workers.pipeline.stages.derive import resize\nfrom workers.pipeline.execute import execute\n"
        f"execute({batch.pk}, resize)\nprint('went on')"
    )
    assert (ended.returncode, ended.stdout) == (1, ""), ended.stderr
    batch.refresh_from_db()
    assert batch.state == Batch.State.DONE
    entry = ImageFailure.objects.get(dataset=pictures)
    assert (entry.name, entry.state) == ("green.png", ImageFailure.State.QUARANTINED)
    assert entry.reason == "took more than 1 seconds to read"
    assert pictures.images.get(name="green.png").state == Image.State.FAILED
    rest = run.batches.get(stage=DERIVE, state=Batch.State.QUEUED)
    assert set(rest.image_ids) == set(batch.image_ids) - {entry.image_id}
    assert work_off(run).state == Run.State.DONE
    progress = run.stages.get(stage=DERIVE)
    assert (progress.total, progress.done, progress.failed) == (5, 3, 2)


def test_time_in_which_the_whole_process_was_stopped_is_not_the_files(pictures: Dataset) -> None:
    run = start(pictures)
    do(run.batches.get())
    batch = run.batches.get(stage=DERIVE)
    ended = run_in_process(
        "import os, signal, subprocess\nfrom clipsite.server.supervisor import wait_for\n"
        "from search.images import decoder_limits as limits\nfrom workers.pipeline import watchdog\n"
        "limits.FILE_SECONDS, watchdog.ALARM_SECONDS = 3.0, 60.0\n"
        "from workers.models import Batch\n"
        f"batch = Batch.objects.select_related('run').get(pk={batch.pk})\n"
        "with watchdog.Watchdog(batch) as dog, dog.watch(batch.run.dataset.images.first()):\n"
        "    subprocess.Popen(['sh', '-c', f'sleep 4; kill -CONT {os.getpid()}'])\n"
        "    until = dog._work.until\n"
        "    os.kill(os.getpid(), signal.SIGSTOP)\n"
        "    assert wait_for(lambda: dog._work.until > until, 20), 'the file got no more time'\n"
        "print('went on')"
    )
    assert (ended.returncode, ended.stdout) == (0, "went on\n"), ended.stderr
    assert not pictures.failures.exists()


def test_a_decoder_that_stops_even_the_watching_thread_is_ended_by_the_kernel(pictures: Dataset) -> None:
    run = start(pictures)
    do(run.batches.get())
    batch = run.batches.get(stage=DERIVE)
    # PyDLL keeps the interpreter's lock, as a decoder written in C may do.
    ended = run_in_process(
        "import ctypes\nfrom search.images import decoder_limits as limits\nfrom workers.pipeline import watchdog\n"
        "limits.FILE_SECONDS, watchdog.ALARM_SECONDS = 0.2, 0.3\n"
        "from workers.models import Batch\n"
        f"batch = Batch.objects.select_related('run').get(pk={batch.pk})\n"
        "with watchdog.Watchdog(batch) as dog, dog.watch(batch.run.dataset.images.first()):\n"
        "    ctypes.PyDLL(None).sleep(60)\n"
    )
    assert ended.returncode == -signal.SIGALRM, ended.stderr
