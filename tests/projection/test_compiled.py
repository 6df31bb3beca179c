"""umap's loops are compiled once for a machine, not once for each map."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import numpy as np
from search.projection.compiled import keep_compiled
keep_compiled()
from umap.umap_ import smooth_knn_dist
smooth_knn_dist(np.sort(np.random.default_rng(1).random((20, 5), np.float32), axis=1), 5.0)
print(sum(smooth_knn_dist.stats.cache_hits.values()), sum(smooth_knn_dist.stats.cache_misses.values()))
"""


def test_a_second_process_finds_what_the_first_has_compiled() -> None:
    command = [sys.executable, "-c", PROGRAM]
    outputs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(2)]
    assert outputs[1] == ["1", "0"]
