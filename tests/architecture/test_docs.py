"""Documentation is a contract: every setting and command stands in the README."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import get_commands

from clipsite import env

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("variable", sorted(env.DECLARED))
def test_it_documents_the_setting(variable: str) -> None:
    assert f"`{variable}`" in README
    assert variable in (ROOT / ".env.example").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command", sorted(name for name, app in get_commands().items() if app in {"search", "workers"})
)
def test_it_documents_the_command(command: str) -> None:
    assert f"manage.py {command}" in README


def test_it_documents_no_setting_that_is_gone() -> None:
    documented = {word for word in README.replace("`", " ").split() if word.startswith("CLIPSITE_")}
    names = {word.split("=")[0].rstrip(".,;:)") for word in documented}
    known = set(env.DECLARED) | {f"{name}_FILE" for name in env.DECLARED} | {"CLIPSITE_"}
    assert {name for name in names if name not in known and not name.endswith("..._FILE")} == set()
