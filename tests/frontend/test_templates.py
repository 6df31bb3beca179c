"""Templates compile, name only static files that exist, and hold nothing that the content security policy forbids."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template

TEMPLATES = Path(settings.BASE_DIR) / "templates"
SCRIPTS = Path(settings.BASE_DIR) / "static/js"
SHEETS = Path(settings.BASE_DIR) / "static/css"
LONGEST_LINE = 200
DJADE = Path(sys.executable).with_name("djade")
NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
OURS = [name for name in NAMES if not name.startswith("admin/")]

INLINE = {
    "a script without src": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "a style element": re.compile(r"<style", re.IGNORECASE),
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "an address of another host": re.compile(r"(?:src|href|action)=[\"'](?:https?:)?//", re.IGNORECASE),
}


@pytest.mark.parametrize("name", NAMES)
def test_it_compiles(name: str) -> None:
    if name.startswith("jinja2/"):
        assert get_template(name.removeprefix("jinja2/"), using="jinja2")
    else:
        assert get_template(name)


@pytest.mark.parametrize("name", OURS)
def test_it_holds_nothing_inline(name: str) -> None:
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    assert [what for what, pattern in INLINE.items() if pattern.search(source)] == []


@pytest.mark.parametrize("name", NAMES)
def test_it_names_static_files_that_exist(name: str) -> None:
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    named = re.findall(r"{%\s*static\s+['\"]([^'\"]+)['\"]", source)
    for tag in re.findall(r"{%\s*scripts\s(.*?)%}", source):
        named += re.findall(r"\"([^\"]+\.js)\"", tag)
    assert [path for path in named if finders.find(path) is None] == []


@pytest.mark.parametrize("path", sorted(SCRIPTS.rglob("*.js")), ids=lambda path: path.name)
def test_it_imports_modules_that_exist(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    imported = re.findall(r"(?:from\s+|import\s*\(\s*)[\"']([^\"']+)[\"']", source)
    assert [name for name in imported if not (path.parent / name).is_file()] == []


def test_no_line_is_longer_than_200_characters() -> None:
    files = [TEMPLATES / name for name in NAMES] + [path for path in SHEETS.glob("*.css") if path.name != "shapes.css"]
    lines = [(path, *line) for path in files for line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)]
    assert [f"{path.name}:{number}: {len(line)}" for path, number, line in lines if len(line) > LONGEST_LINE] == []


def test_the_templates_are_formatted() -> None:
    files = [str(TEMPLATES / name) for name in NAMES if not name.startswith("jinja2/")]
    done = subprocess.run([DJADE, "--check", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"Run make format\n{done.stderr}{done.stdout}"


def test_it_renders_the_empty_card_and_row_that_the_live_page_copies() -> None:
    markup = get_template("partials/_live_templates.html").render()
    assert markup.count("<template") == 1
    markup += get_template("partials/_run_card.html").render({"is_managed": True})
    assert 'data-field="percent"' in markup
    assert 'data-do="pause"' in markup
    assert "<progress" in markup


def test_it_renders_the_page_of_a_server_error_without_a_context() -> None:
    page = get_template("500.html").render()
    assert "Something broke on our side" in page
    assert "<script src=" in page
