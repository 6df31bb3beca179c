"""Names lead to families, and a process holds one instance of a tower."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from search.encoders import registry
from search.encoders.base import Precision
from search.encoders.image_tower import ImageTower
from search.errors import EncoderUnavailable, UnknownEncoder
from tests.fake_encoder import FakeFamily, FakeImageTower

SLOW = "slow/colours/32"


class SlowFamily(FakeFamily):
    """Counts its loads; each one waits until the test lets it go on, and the first may be told to fail."""

    prefix = "slow"

    def __init__(self) -> None:
        self.loads = 0
        self.fails_once = False
        self.loading = threading.Event()
        self.may_finish = threading.Event()

    def suggestions(self) -> list[str]:
        return [SLOW]

    def load_image_tower(self, name: str, precision: Precision) -> FakeImageTower:
        self.loads += 1
        self.loading.set()
        assert self.may_finish.wait(10)
        if self.fails_once and self.loads == 1:
            raise EncoderUnavailable("Its weights are being copied.")
        return FakeImageTower()


@pytest.fixture
def slow_family() -> Iterator[SlowFamily]:
    family = SlowFamily()
    registry.register_family(family)
    registry.reset_towers()
    yield family
    registry.reset_towers()


def test_a_tower_is_loaded_once_however_many_threads_ask_for_it(slow_family: SlowFamily) -> None:
    with ThreadPoolExecutor(4) as threads:
        futures = [threads.submit(registry.image_tower, SLOW) for _ in range(4)]
        assert slow_family.loading.wait(10)
        slow_family.may_finish.set()
        towers: list[ImageTower] = [future.result(10) for future in futures]
    assert slow_family.loads == 1
    assert all(tower is towers[0] for tower in towers)


def test_loading_one_tower_keeps_nobody_from_another(slow_family: SlowFamily) -> None:
    with ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(registry.image_tower, SLOW)
        assert slow_family.loading.wait(10)
        assert threads.submit(registry.image_tower, "fake/colours/32").result(10)
        assert not waiting.done()
        slow_family.may_finish.set()
        assert waiting.result(10)


def test_a_load_that_failed_is_tried_again(slow_family: SlowFamily) -> None:
    slow_family.fails_once = True
    slow_family.may_finish.set()
    with pytest.raises(EncoderUnavailable):
        registry.image_tower(SLOW)
    assert registry.image_tower(SLOW)
    assert slow_family.loads == 2


@pytest.mark.parametrize("name", ["", "clip", "clip/ViT-B-32/openai", "fake/colours/64"])
def test_an_unknown_name_is_refused_by_every_question(name: str) -> None:
    for question in (registry.describe, registry.image_tower, registry.text_tower):
        with pytest.raises(UnknownEncoder):
            question(name)


def test_the_refusal_of_an_unknown_family_names_the_known_ones_and_the_command() -> None:
    with pytest.raises(UnknownEncoder, match=r"open_clip/\.\.\., .*starter/\.\.\..*`manage\.py encoders`"):
        registry.describe("clip/ViT-B-32/openai")


def test_every_listed_encoder_can_be_described() -> None:
    for name in registry.known_encoders():
        description = registry.describe(name)
        assert description.name == name
        assert description.dimension > 0
        assert description.input_size > 0
        assert description.title


def test_describing_and_choosing_load_no_heavy_library() -> None:
    program = """
import django, sys
django.setup()
from search.encoders import default, registry
for name in registry.known_encoders():
    registry.describe(name)
default.choose_encoder("auto")
heavy = {"torch", "torchvision", "open_clip", "timm", "transformers", "sentence_transformers"} & set(sys.modules)
sys.exit(f"loaded: {sorted(heavy)}" if heavy else 0)
"""
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stderr
