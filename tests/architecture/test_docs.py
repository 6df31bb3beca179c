"""Documentation is a contract: every setting and every command stands in its table of docs/administration.md."""

from __future__ import annotations

import re
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path

from django.core.management import get_commands, load_command_class

from clipsite.config import env

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ADMINISTRATION = (DOCS / "administration.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    *(DOCS / f"{name}.md" for name in ("administration", "user-guide", "security", "accounts")),
]
ROWS = re.findall(r"^\| `(CLIPSITE_[A-Z_]+)` \| (.+?) \| .+ \|$", ADMINISTRATION, re.MULTILINE)
COMMANDS = {name: app for name, app in get_commands().items() if app == "clipsite"}
COMMAND_ROWS = re.findall(r"^\| `manage\.py (\w+)(.*?)` \|", ADMINISTRATION, re.MULTILINE)
_USED = re.compile(r"manage\.py (\w+)((?:[^\n`\\]|\\\n)*)")
_OPTION = re.compile(r"(?<!\S)--?[a-z][a-z-]*")


def options_of(parser: ArgumentParser) -> Iterator[str]:
    """Those of a command and of its subjects."""
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, _SubParsersAction):
            for subject in action.choices.values():
                yield from options_of(subject)


def test_every_setting_has_one_row_and_stands_in_the_example() -> None:
    rows, example = [name for name, _ in ROWS], (ROOT / ".env.example").read_text(encoding="utf-8")
    assert [name for name in sorted(env.DEFAULTS) if rows.count(name) != 1] == []
    assert [name for name in sorted(env.DEFAULTS) if name not in example] == []


def test_the_table_of_commands_has_every_command() -> None:
    assert {"ingest", "up"} <= COMMANDS.keys(), "the commands are no longer found"
    assert COMMANDS.keys() - {name for name, _ in COMMAND_ROWS} == set()


def test_the_table_of_commands_has_no_command_and_no_option_that_is_gone() -> None:
    assert {name for name, _ in COMMAND_ROWS} <= COMMANDS.keys()
    for name, rest in COMMAND_ROWS:
        parser = load_command_class(COMMANDS[name], name).create_parser("manage.py", name)
        named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", rest))
        assert named <= set(options_of(parser)), name


def test_commands_on_pages_can_be_given() -> None:
    """With the options that stand behind them up to the end of the line or of the code."""
    wrong = []
    for page in PAGES:
        for name, rest in _USED.findall(page.read_text(encoding="utf-8")):
            if name in COMMANDS:
                parser = load_command_class(COMMANDS[name], name).create_parser("manage.py", name)
                if not set(_OPTION.findall(rest.partition("#")[0])) <= set(options_of(parser)):
                    wrong.append(f"{page.name}: manage.py {name}{rest}")
    assert wrong == []


def test_it_names_the_default_of_a_setting() -> None:
    """Where it is a plain value; a path or a secret is described in words."""
    for name, told in ROWS:
        declared = env.DEFAULTS[name]
        if re.fullmatch(r"[\w.,:\[\]-]+", declared):
            assert told == f"`{declared}`", name


def test_it_documents_no_setting_that_is_gone() -> None:
    documented = {
        word
        for page in PAGES
        for word in page.read_text(encoding="utf-8").replace("`", " ").split()
        if word.startswith("CLIPSITE_")
    }
    names = {word.split("=")[0].rstrip(".,;:)") for word in documented}
    known = set(env.DEFAULTS) | {f"{name}_FILE" for name in env.DEFAULTS} | {"CLIPSITE_"}
    assert {name for name in names if name not in known and not name.endswith("..._FILE")} == set()
    assert {name for name, _ in ROWS} <= known
