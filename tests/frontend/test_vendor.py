"""The browser libraries of others are the very files that scripts/vendor.sh wrote, with their licences."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
VENDOR = STATIC / "vendor"


def _record() -> dict[str, Any]:
    record: dict[str, Any] = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))
    return record


def test_it_finds_every_vendored_file_with_the_recorded_checksum() -> None:
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "vendor.json"
    }
    assert found == _record()["files"], "run scripts/vendor.sh; vendored files are never edited by hand"


def test_it_names_version_licence_and_integrity_of_every_bundled_package() -> None:
    packages = _record()["packages"]
    assert "regl-scatterplot" in {package["name"] for package in packages}
    for package in packages:
        assert package["version"]
        assert package["licence"] in {"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"}
        assert package["integrity"].startswith("sha512-")


def test_it_ships_the_licence_text_of_every_bundled_package() -> None:
    (licence_file,) = VENDOR.glob("*/LICENSE")
    text = licence_file.read_text(encoding="utf-8")
    for package in _record()["packages"]:
        assert f"{package['name']} {package['version']} ({package['licence']})" in text


def test_it_imports_the_vendored_version_that_exists() -> None:
    (bundle,) = VENDOR.glob("*/*.js")
    address = bundle.relative_to(STATIC).as_posix()
    assert f"../../{address}" in (STATIC / "js/map/plot.js").read_text(encoding="utf-8")
    assert address in (Path(settings.BASE_DIR) / "templates/search/explorer.html").read_text(encoding="utf-8")
