"""Budgets that keep modules about one subject: 250 lines a module, 50 a function."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES = 250
FUNCTION_LINES = 50


def modules() -> dict[str, Path]:
    """Names and files of all modules of the three packages but for migrations."""
    paths = [path for package in ("clipsite", "search", "workers") for path in (ROOT / package).rglob("*.py")]
    by_name = {}
    for path in paths:
        if "migrations" not in path.parts:
            parts = path.relative_to(ROOT).with_suffix("").parts
            by_name[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return by_name


MODULES = modules()


def test_no_module_is_longer_than_its_budget() -> None:
    lengths = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in MODULES.items()}
    assert {module: lines for module, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_its_budget() -> None:
    long = []
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES:
                    long.append(f"{module}.{node.name}: {lines}")
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        module for module, path in MODULES.items() if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert [module for module in silent if "management" not in module] == []
