"""umap's loops, compiled once for a machine: umap itself has most of them compiled again in each process."""

from __future__ import annotations

from contextlib import suppress


def keep_compiled() -> None:
    """Has numba keep what it compiles of umap's loops, beside umap's files or in the user's cache, for the next map.

    numba compiles again where the source file is another one (numba, "Caching", in its reference of `jit`). It takes
    the loop for one core and that for all for the same, as they are one function; so only the latter is kept, which
    draws all maps without a seed.
    """
    from umap import layouts, umap_

    for loop in (
        layouts._nb_optimize_layout_euclidean_single_epoch_parallel,
        umap_.compute_membership_strengths,
        umap_.smooth_knn_dist,
    ):
        with suppress(RuntimeError):  # where no such folder can be written, each process compiles for itself
            loop.enable_caching()
