"""umap's loops are compiled once for a machine, not once for each map."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import numpy as np
from search.projection.compiled import keep_compiled
keep_compiled()
from umap.umap_ import smooth_knn_dist
smooth_knn_dist(np.sort(np.random.default_rng(1).random((20, 5), np.float32), axis=1), 5.0)
print(sum(smooth_knn_dist.stats.cache_hits.values()), sum(smooth_knn_dist.stats.cache_misses.values()))
"""


def test_a_second_process_finds_what_the_first_has_compiled(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM]
    told = [subprocess.run(command, env=environment, capture_output=True, text=True, check=True) for _ in range(2)]
    assert [one.stdout.split() for one in told] == [["0", "1"], ["1", "0"]]
