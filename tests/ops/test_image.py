"""The image build file: hadolint has nothing to say, and its first layer installs without the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from tests.ops.archives import built

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "Dockerfile"


def hadolint(file: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sysconfig.get_path("scripts")) / "hadolint"
    command = [str(program), "--no-color", "--failure-threshold", "style", str(file)]
    return subprocess.run(command, capture_output=True, text=True)


def test_hadolint_has_nothing_to_say() -> None:
    said = hadolint(DOCKERFILE)
    assert said.returncode == 0, said.stdout + said.stderr


def test_hadolint_would_say_something(tmp_path: Path) -> None:
    careless = tmp_path / "Dockerfile"
    careless.write_text(re.sub(r"(?m)^(# hadolint.*|USER .*)$", "", DOCKERFILE.read_text(encoding="utf-8")))
    said = hadolint(careless)
    assert said.returncode == 1
    assert "DL3008" in said.stdout


def test_the_layer_of_the_dependencies_has_what_the_package_needs_to_be_described(tmp_path: Path) -> None:
    """Nothing here can run a container engine, so the lines before `pip install` are carried out in a folder."""
    context = tmp_path / "app"
    lines = re.sub(r"\\\n", " ", DOCKERFILE.read_text(encoding="utf-8")).splitlines()
    context.mkdir()
    for line in lines[lines.index("WORKDIR /app") + 1 :]:
        instruction, _, rest = line.partition(" ")
        if instruction == "COPY":
            *sources, target = rest.split()
            (context / target).mkdir(parents=True, exist_ok=True)
            for source in sources:
                shutil.copy(ROOT / source, context / target)
        elif instruction == "RUN":
            commands, _, installing = rest.partition("&& pip install")
            assert installing
            subprocess.run(["/bin/sh", "-c", commands], cwd=context, check=True)
            break
    assert built("wheel", context, tmp_path / "wheel").name.startswith("clipsite-")
