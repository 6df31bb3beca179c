"""Tables of what `manage.py benchmark` measured."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table


def print_indexing(measured: dict[str, Any]) -> None:
    limits = f"{_range(measured['derivatives_per_s'])} derivatives/s, {_range(measured['encodings_per_s'])} encoded/s"
    table = Table("what", "images/s", "note")
    table.add_row("sequential loop, float32, one by one", f"{measured['sequential_images_per_s']:.1f}", "")
    table.add_row("limit of this machine", f"{measured['limit_images_per_s']:.1f}", limits)
    ratios = f"{measured['ratio_to_limit']:.2f} of the limit, {measured['ratio_to_sequential']:.1f} times the loop"
    table.add_row("pipeline", f"{measured['pipeline_images_per_s']:.1f}", ratios)
    for run in measured["runs"]:
        memory = ", ".join(f"{name} {size:.0f} MB" for name, size in run["worker_mb"].items())
        speed = f"{run['images'] / run['seconds']:.1f}"
        table.add_row(f"  {run['images']:,} images in {run['seconds']:.1f} s", speed, memory)
    growth = f"time an image, 4n against n: {measured['growth_n_to_4n']:.3f}; peak {measured['peak_rss_mb']:.0f} MB"
    console = Console()
    console.print(table)
    console.print(growth, highlight=False)
    console.print(f"{measured['encoder']} on {measured['machine']['device']}", highlight=False)


def _range(values: list[float]) -> str:
    return " and ".join(f"{value:.0f}" for value in values)


def print_search(measured: dict[str, Any]) -> None:
    console = Console()
    sizes = Table("vectors", "kind", "p50 ms", "p95 ms", "flat p50", "recall@10", "build s", "files MB", "memory MB")
    for size in measured["sizes"]:
        sizes.add_row(
            f"{size['n']:,}",
            size["kind"],
            f"{size['p50_ms']:.2f}",
            f"{size['p95_ms']:.2f}",
            f"{size['flat_p50_ms']:.2f}",
            f"{size['recall_at_10']:.4f}",
            f"{size['build_s']:.1f}",
            f"{size['file_mb']:.0f}",
            f"{size['rss_mb']:.0f}",
        )
        for filtered in size["filtered"]:
            part = f"  {filtered['selectivity']:.1%} of them"
            recall = f"{filtered['recall_at_10']:.4f}"
            sizes.add_row(part, "", f"{filtered['p50_ms']:.2f}", f"{filtered['p95_ms']:.2f}", "", recall, "", "", "")
        for graph in size.get("graphs", []):
            if "missing" not in graph:
                numbers = (f"{graph['p50_ms']:.2f}", f"{graph['p95_ms']:.2f}", "", f"{graph['recall_at_10']:.4f}")
                sizes.add_row(f"  {graph['name']}", "graph", *numbers, f"{graph['build_s']:.1f}", "", "")
    console.print(sizes)
    http = Table("clients over HTTP", "p50 ms", "p95 ms", "errors")
    rows = [(str(row["clients"]), row) for row in measured["http"]]
    rows += [("1, text asked before", measured["http_cached"]), ("1, filter of 0.1%", measured["http_filtered"])]
    for name, row in rows:
        http.add_row(name, f"{row['p50_ms']:.1f}", f"{row['p95_ms']:.1f}", str(row["errors"]))
    console.print(http)
    parts = ", ".join(f"{part} {milliseconds:.2f} ms" for part, milliseconds in measured["query_parts_ms"].items())
    console.print(f"In one process: {parts}.", highlight=False)
    swap = measured["swap"]
    console.print(
        f"{swap['publishes']} versions published under load: {swap['failed']} of {swap['requests']} requests failed, "
        f"p99 {swap['p99_ratio']:.2f} times that of a quiet index, memory {swap['rss_growth']:.2f} times.",
        highlight=False,
    )
    endurance = measured["endurance"]
    console.print(
        f"{endurance['queries']:,} more queries: {endurance['failed']} failed, memory {endurance['rss_growth']:.3f} "
        f"times, open files {endurance['open_files_before']} and {endurance['open_files_after']}.",
        highlight=False,
    )
    console.print(f"{measured['encoder']} on {measured['machine']['device']}", highlight=False)


def print_explorer(measured: dict[str, Any]) -> None:
    table = Table("what", "measured")
    for name, words in (
        ("first_points_ms", "first points, from navigation"),
        ("first_draw_ms", "all that is drawn while moving"),
        ("all_loaded_ms", "all points"),
        ("frame_ms", "a frame while moving"),
        ("wheel_frame_ms", "between frames, turning the wheel"),
        ("hover_ms", "pointing to thumbnail"),
    ):
        table.add_row(words, f"{measured[name]:.0f} ms")
    table.add_row("memory of the page and its graphics", f"{measured['memory_mb']:.0f} MB")
    table.add_row("lit pixels", f"{measured['lit_pixels']:,}")
    console = Console()
    console.print(table)
    moving = f"{measured['frame_points']:,} of them while moving"
    console.print(f"{measured['points']:,} points, {moving}, by {measured['renderer']}", highlight=False)


def print_projection(measured: dict[str, Any]) -> None:
    table = Table("map", "seconds", "trustworthiness", "peak MB")
    for name, prefix in (("ours: neighbours and layout", ""), ("plain UMAP", "plain_")):
        if f"{prefix}seconds" in measured:
            figures = (measured[f"{prefix}{figure}"] for figure in ("seconds", "trustworthiness", "peak_mb"))
            seconds, trusted, peak = figures
            table.add_row(name, f"{seconds:.1f}", f"{trusted:.4f}", f"{peak:.0f}")
    for step, seconds in measured["timings"].items():
        table.add_row(f"  {step}", f"{seconds:.1f}", "", "")
    console = Console()
    console.print(table)
    if "ratio_to_plain_umap" in measured:
        console.print(f"{measured['ratio_to_plain_umap']:.2f} times as fast as the plain one.", highlight=False)
    coarse, fine = measured["clusters"]
    size = f"{measured['n']:,} x {measured['dimension']}, {measured['vectors']}"
    console.print(f"{size}; UMAP saw {measured['fitted']:,}; {coarse} clusters of {fine}.", highlight=False)
    console.print(f"On {measured['machine']['processor']}", highlight=False)
