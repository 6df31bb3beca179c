"""All scripts of the search page together stay small, whatever imports what."""

from __future__ import annotations

import re
from pathlib import Path

import brotli
from django.conf import settings
from django.test import Client
from django.urls import reverse

from search.models import Dataset

STATIC = Path(settings.BASE_DIR) / "static"
BUDGET = 60_000
"""Bytes, compressed as the site sends them."""


def scripts_of(content: str) -> set[Path]:
    """Every script that a page loads: named by the page, or imported by one that is."""
    named = re.findall(r'<script[^>]*\ssrc="/static/([^"]+)"', content)
    waiting = [STATIC / name for name in named]
    found: set[Path] = set()
    while waiting:
        path = waiting.pop().resolve()
        if path not in found:
            found.add(path)
            source = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            imported = re.findall(r"(?:from|import)\s*\(?\s*[\"'](\.[^\"']+)[\"']", source)
            waiting += [path.parent / name for name in imported]
    return found


def test_the_search_page_loads_little_script(public: Dataset, client: Client) -> None:
    content = client.get(reverse("search"), {"dataset": "pictures", "q": "red"}).content.decode()
    scripts = scripts_of(content)
    assert {"results.js", "lightbox.js", "zoom.js", "site.js", "theme-early.js"} <= {path.name for path in scripts}
    sizes = {path.name: len(brotli.compress(path.read_bytes())) for path in scripts}
    assert sum(sizes.values()) < BUDGET, sizes


def test_it_loads_ahead_what_it_imports_and_nothing_else(public: Dataset, client: Client) -> None:
    content = client.get(reverse("search"), {"dataset": "pictures", "q": "red"}).content.decode()
    ahead = re.findall(r'rel="modulepreload" href="/static/([^"]+)"', content)
    named = set(re.findall(r'<script[^>]*\ssrc="/static/([^"]+)"', content))
    loaded = {path.relative_to(STATIC).as_posix() for path in scripts_of(content)}
    assert len(ahead) == len(set(ahead))
    assert set(ahead) == loaded - named
