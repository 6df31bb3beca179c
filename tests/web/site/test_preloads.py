"""The tag `scripts`: what a page fetches ahead, read from the imports of its scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from pytest_django import Settings

from clipsite.web.site.preloads import imported_modules


@pytest.fixture
def modules(tmp_path: Path, settings: Settings) -> Path:
    folder = tmp_path / "js"
    (folder / "deep").mkdir(parents=True)
    (folder / "page.js").write_text(
        'import { a } from "./deep/a.js";\nimport "./side.js";\n/* import "./remark.js"; */\n'
        'const later = () => import("./later.js");\n'
    )
    (folder / "deep/a.js").write_text('import {\n  b,\n  c,\n} from "../b.js";\nexport { side } from "../side.js";\n')
    (folder / "b.js").write_text('import { page } from "./page.js";\n')
    (folder / "other.js").write_text('import { b } from "./b.js";\n')
    for name in ("side.js", "later.js", "remark.js"):
        (folder / name).write_text("")
    settings.STATICFILES_DIRS = [tmp_path]
    imported_modules.cache_clear()
    return folder


@pytest.fixture(autouse=True)
def fresh() -> None:
    imported_modules.cache_clear()


def rendered(source: str) -> list[tuple[str, str]]:
    """The kind and path of each element that a template writes."""
    markup = Template("{% load preloads %}" + source).render(Context())
    return re.findall(r'<(script|link)[^>]*?(?:src|href)="/static/([^"]+)"', markup)


@pytest.mark.usefixtures("modules")
def test_it_fetches_ahead_what_is_imported_however_deep_but_not_on_demand() -> None:
    assert rendered('{% scripts "js/page.js" %}') == [
        ("script", "js/page.js"),
        ("link", "js/deep/a.js"),
        ("link", "js/side.js"),
        ("link", "js/b.js"),
    ]


@pytest.mark.usefixtures("modules")
def test_it_names_nothing_twice_on_a_page() -> None:
    found = rendered('{% scripts "js/page.js" %}{% scripts "js/other.js" %}')
    assert ("script", "js/other.js") in found
    assert [path for kind, path in found if path == "js/b.js"] == ["js/b.js"]


@pytest.mark.usefixtures("modules")
def test_a_script_that_was_fetched_ahead_still_runs() -> None:
    assert ("script", "js/b.js") in rendered('{% scripts "js/other.js" %}{% scripts "js/b.js" %}')


@pytest.mark.usefixtures("modules")
def test_each_page_names_its_own() -> None:
    assert rendered('{% scripts "js/other.js" %}') == rendered('{% scripts "js/other.js" %}')


def test_a_script_that_does_not_exist_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"js/none\.js"):
        imported_modules("js/none.js")
