"""The house of docs/architecture.md: every import goes down the list, none up."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# From the bottom up. The longest prefix that fits decides; a module may import its own layer and those before it.
LAYERS: list[tuple[str, ...]] = [
    (
        "search.values",
        "search.errors",
        "clipsite.config.env",
        "clipsite.config.logs",
        "clipsite.config.installation",
        "clipsite.config.settings",
        "clipsite.config.accounts",
        "clipsite.config.celery_schedule",
        "workers.celery",
        "clipsite.config.staticfiles",
    ),
    ("search.models",),
    ("search.encoders", "search.index", "search.projection", "search.files.atomic", "search.objects"),
    ("search.services",),
    (
        "workers.models",
        "workers.progress.eta",
        "workers.progress.sparkline",
        "workers.progress.forecast",
        "workers.progress.words",
        "workers.progress.state",
        "workers.progress.events",
        "clipsite.web.sockets.snapshots",
        "clipsite.web.sockets.missed",
        "clipsite.web.sockets.audience",
        "workers.processes.device",
        "workers.processes.heartbeat",
        "workers.status.state",
        "workers.runs.schedules",
        "workers.runs.maintenance",
        "workers.pipeline.queue",
        "workers.processes.liveness",
        "workers.pipeline.tile_requests",
        "workers.ledger",
        "workers.pipeline.completeness",
        "workers.pipeline.lifecycle",
        "workers.pipeline.advance",
        "workers.processes",
        "workers.pipeline.lost_workers",
        "workers.progress",
        "workers.pipeline.watchdog",
        "workers.pipeline.execute",
        "workers.pipeline.exclusive",
        "workers.pipeline.stages",
        "workers.runs.repair",
        "workers.runs.reconcile",
        "workers.runs.start",
        "workers.runs.stalled",
        "workers.runs.control",
        "workers.pipeline.disk_space",
        "workers.runs.go_live",
        "workers.runs.retry",
        "workers.ledger.rows",
    ),
    ("clipsite.web", "clipsite.api", "search.admin", "clipsite.management", "workers", "clipsite"),
]
OTHERS_WAYS = {f"clipsite.benchmarks.{name}" for name in ("sequential", "rivals", "plain_umap")}
"""They do by hand what other tools do, to compare with; so they need what those need."""

NEUTRAL = {"search", "workers", "clipsite", "search.apps", "workers.apps"}


def modules() -> dict[str, Path]:
    paths = [path for package in ("clipsite", "search", "workers") for path in (ROOT / package).rglob("*.py")]
    found = {}
    for path in paths:
        if "migrations" not in path.parts:
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def layer_of(module: str) -> int:
    fits = [
        (len(prefix), number)
        for number, layer in enumerate(LAYERS)
        for prefix in layer
        if module == prefix or module.startswith(prefix + ".")
    ]
    return max(fits)[1]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            inner = submodules & set(MODULES)
            found |= inner or {node.module}
    return {name for name in found if name in MODULES and name not in NEUTRAL}


@pytest.mark.parametrize("module", sorted(set(MODULES) - NEUTRAL))
def test_it_imports_only_downwards(module: str) -> None:
    upwards = {name for name in imports(MODULES[module]) if layer_of(name) > layer_of(module)}
    assert not upwards, f"{module} imports {sorted(upwards)}, which stand above it"


def test_services_know_nothing_of_requests_tasks_or_sockets() -> None:
    forbidden = ("celery", "channels", "kombu", "workers", "django.http", "django.shortcuts")
    for module, path in MODULES.items():
        if module in {"workers.celery", *NEUTRAL} or layer_of(module) > 3:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        named |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not [name for name in named if name.startswith(forbidden)], module


def test_each_heavy_library_has_few_owners() -> None:
    owners = {
        "faiss": "search.index",
        "pymilvus": "search.index",
        "obstore": "search.objects",
        "grpc": "search.index",
        "umap": "search.projection",
        "open_clip": "search.encoders",
        "timm": "search.encoders",
        "torchcodec": "search.encoders",
        "sentence_transformers": "search.encoders",
        "transformers": "search.encoders",
        "pyarrow": "search.explorer.export",
    }
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                owner = owners.get(name.partition(".")[0])
                is_allowed = owner is None or module.startswith(owner) or module in OTHERS_WAYS
                assert is_allowed, f"{module} imports {name}"
