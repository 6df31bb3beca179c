"""The limit of memory around foreign files: one that needs too much gets its verdict, what follows has room again."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as Pillow

from search.services import limits

ON_LINUX = Path("/proc/self/statm").exists()
pytestmark = pytest.mark.skipif(not ON_LINUX, reason="this system does not tell a process its size")


IN_A_FRESH_PROCESS = """
import sys
from pathlib import Path
import django
django.setup()
from PIL import Image
from search.errors import UnreadableImage
from search.services import limits
from search.services.derive import read_picture

large, small = Path(sys.argv[1], "large.png"), Path(sys.argv[1], "small.png")
Image.new("RGB", (100, 100), "red").save(small)
limits.LEAST_ROOM_BYTES, limits.WORKER_BYTES = 100 << 20, 0
with limits.memory_limited():
    try:
        read_picture(large)
    except UnreadableImage as error:
        print(error)
    print(*read_picture(small)[1:3])
print(*read_picture(large)[1:3])
"""


def test_a_picture_beyond_the_limit_gets_its_verdict_and_the_next_can_be_read(tmp_path: Path) -> None:
    Pillow.new("RGB", (10_000, 10_000)).save(tmp_path / "large.png")  # 400 MB once it is decoded
    # The tests' own process may hold as much that is free already, which no limit takes away.
    done = subprocess.run([sys.executable, "-c", IN_A_FRESH_PROCESS, tmp_path], capture_output=True, text=True)
    verdict, *sizes = done.stdout.splitlines()
    assert verdict.startswith("needs more memory than a worker may use"), done.stderr
    assert sizes == ["100 100", "10000 10000"]


def test_the_former_limit_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with limits.memory_limited():
        assert resource.getrlimit(resource.RLIMIT_AS)[0] != before[0]
    assert resource.getrlimit(resource.RLIMIT_AS) == before
