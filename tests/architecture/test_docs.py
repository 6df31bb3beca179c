"""Documentation is a contract: every setting stands in the table of docs/administration.md, commands in the README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from clipsite import env

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADMINISTRATION = (ROOT / "docs" / "administration.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(CLIPSITE_[A-Z_]+)` \| (.+?) \| .+ \|$", ADMINISTRATION, re.MULTILINE)


@pytest.mark.parametrize("variable", sorted(env.DECLARED))
def test_it_documents_the_setting(variable: str) -> None:
    assert [name for name, _ in ROWS].count(variable) == 1
    assert variable in (ROOT / ".env.example").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command", sorted(name for name, app in get_commands().items() if app in {"search", "workers"})
)
def test_it_documents_the_command(command: str) -> None:
    assert f"manage.py {command}" in README + ADMINISTRATION


def test_it_names_the_default_of_a_setting() -> None:
    """Where it is a plain value; a path or a secret is described in words."""
    for name, told in ROWS:
        declared = env.DECLARED[name]
        if re.fullmatch(r"[\w.,:\[\]-]+", declared):
            assert told == f"`{declared}`", name


def test_it_documents_no_setting_that_is_gone() -> None:
    documented = {word for word in (README + ADMINISTRATION).replace("`", " ").split() if word.startswith("CLIPSITE_")}
    names = {word.split("=")[0].rstrip(".,;:)") for word in documented}
    known = set(env.DECLARED) | {f"{name}_FILE" for name in env.DECLARED} | {"CLIPSITE_"}
    assert {name for name in names if name not in known and not name.endswith("..._FILE")} == set()
    assert {name for name, _ in ROWS} <= known
