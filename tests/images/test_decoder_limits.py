"""The limit of memory around foreign files: one that needs too much gets its verdict, what follows has room again."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as Pillow

from search.images import decoder_limits

ROOT = Path(__file__).resolve().parents[2]
ON_LINUX = Path("/proc/self/statm").exists()
pytestmark = pytest.mark.skipif(not ON_LINUX, reason="this system does not tell a process its size")

# A process of its own: this one may hold freed memory of earlier tests, for which nobody has to ask the kernel.
READ_WITHIN_A_LIMIT = """
import sys
import django
django.setup()
from pathlib import Path
from search.errors import UnreadableImage
from search.images import decoder_limits
from search.images.derivatives import read_picture
decoder_limits.WORKER_BYTES, decoder_limits.LEAST_ROOM_BYTES = 0, 100 << 20
large, small = map(Path, sys.argv[1:])
with decoder_limits.limit_memory():
    try:
        read_picture(large)
    except UnreadableImage as error:
        print(error)
    print(read_picture(small)[1:3])
print(read_picture(large)[1:3])
"""


def test_a_picture_beyond_the_limit_gets_its_verdict_and_the_next_can_be_read(tmp_path: Path) -> None:
    large, small = tmp_path / "large.png", tmp_path / "small.png"
    Pillow.new("RGB", (10_000, 10_000)).save(large)  # 400 MB once it is decoded
    Pillow.new("RGB", (100, 100), "red").save(small)
    read = subprocess.run(
        [sys.executable, "-c", READ_WITHIN_A_LIMIT, str(large), str(small)],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "clipsite.config.settings"},
        capture_output=True,
        text=True,
    )
    verdict, *sizes = read.stdout.splitlines()
    assert verdict.startswith("needs more memory than a worker may use"), read.stderr
    assert sizes == ["(100, 100)", "(10000, 10000)"]


def test_the_former_limit_comes_back() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with decoder_limits.limit_memory():
        assert resource.getrlimit(resource.RLIMIT_AS)[0] != before[0]
    assert resource.getrlimit(resource.RLIMIT_AS) == before
