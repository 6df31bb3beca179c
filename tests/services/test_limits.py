"""The limit of memory around foreign files: one that needs too much gets its verdict, what follows has room again."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from PIL import Image as Pillow

from search.errors import UnreadableImage
from search.services import limits
from search.services.derive import read_picture

ON_LINUX = Path("/proc/self/statm").exists()
pytestmark = pytest.mark.skipif(not ON_LINUX, reason="this system does not tell a process its size")


@pytest.fixture
def large_picture(tmp_path: Path) -> Path:
    """A picture of 400 MB once it is decoded."""
    Pillow.new("RGB", (10_000, 10_000)).save(tmp_path / "large.png")
    return tmp_path / "large.png"


def test_a_picture_beyond_the_limit_gets_its_verdict_and_the_next_can_be_read(
    large_picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Pillow.new("RGB", (100, 100), "red").save(large_picture.with_name("small.png"))
    monkeypatch.setattr(limits, "LEAST_ROOM_BYTES", 100 << 20)
    monkeypatch.setattr(limits, "WORKER_BYTES", 0)
    with limits.memory_limited():
        with pytest.raises(UnreadableImage, match="needs more memory than a worker may use"):
            read_picture(large_picture)
        assert read_picture(large_picture.with_name("small.png"))[1:3] == (100, 100)
    assert read_picture(large_picture)[1:3] == (10_000, 10_000)


def test_the_former_limit_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with limits.memory_limited():
        assert resource.getrlimit(resource.RLIMIT_AS)[0] != before[0]
    assert resource.getrlimit(resource.RLIMIT_AS) == before
