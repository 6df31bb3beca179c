"""The drill: processes of a site are killed at random while it indexes, and nothing is lost or done twice."""

from __future__ import annotations

import logging
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from search.polling import wait_for
from tests.e2e.conftest import PHOTOGRAPHS
from tests.e2e.drill import BEAT, CHILD, CPU, GPU, VALKEY, Drill
from tests.e2e.site import Site, running_site, supervised

logger = logging.getLogger(__name__)
pytestmark = pytest.mark.e2e

IMAGES = 2000
FEWER_IMAGES = 400
KILLED_EARLY = (CHILD, CHILD, CPU, CPU, VALKEY)
KILLED_LATE = (GPU, GPU, BEAT, BEAT, VALKEY)
SEED = 20261123


@pytest.fixture(scope="module")
def cuttings(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small JPEGs cut from the photographs, no two alike."""
    folder = tmp_path_factory.mktemp("cuttings")
    chance = np.random.default_rng(SEED)
    sources = [Pillow.open(photographs / name).convert("RGB") for name in PHOTOGRAPHS]
    for number in range(IMAGES):
        source = sources[number % len(sources)]
        left, top = (int(chance.integers(0, side // 2)) for side in source.size)
        box = (left, top, left + source.width // 2, top + source.height // 2)
        cutting = source.resize((320, 240), box=box)
        cutting.paste(Pillow.fromarray(chance.integers(0, 255, (16, 16, 3), dtype=np.uint8)))
        cutting.save(folder / f"{number:04}.jpg", quality=85)
    return folder


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of small batches, so that there is always one to lose."""
    with running_site(tmp_path_factory.mktemp("drill"), CLIPSITE_BATCH_SIZE="16") as site:
        yield site


def test_ten_random_kills_lose_nothing_and_double_nothing(drilled: Site, cuttings: Path, small_checkpoint: str) -> None:
    logger.info("seed %d", SEED)
    chance = random.Random(SEED)
    drill = Drill(drilled, "kills", cuttings, small_checkpoint)
    for stage, victims, end in (("derive", KILLED_EARLY, IMAGES // 2), ("embed", KILLED_LATE, IMAGES * 9 // 10)):
        moments = sorted(chance.sample(range(end), len(victims)))
        for moment, victim in zip(moments, chance.sample(victims, len(victims)), strict=True):
            drill.reach(stage, moment)
            drill.kill(victim)
    drill.finish()
    drill.assert_exact()


def test_a_broker_that_forgets_and_a_supervisor_that_dies_lose_nothing(
    drilled: Site, cuttings: Path, small_checkpoint: str, tmp_path: Path
) -> None:
    for original in sorted(cuttings.iterdir())[:FEWER_IMAGES]:
        (tmp_path / "fewer").mkdir(exist_ok=True)
        os.link(original, tmp_path / "fewer" / original.name)
    drill = Drill(drilled, "restart", tmp_path / "fewer", small_checkpoint)
    drill.flush()
    supervisor = drilled.processes("manage.py up")[0]
    os.kill(supervisor, signal.SIGKILL)
    assert wait_for(lambda: not drilled.processes(""), 30), "processes outlived their supervisor"
    with supervised(drilled.environment, tmp_path / "up.log"):
        drill.disturb("the supervisor", lambda: None)
        drill.finish()
        drill.assert_exact()
