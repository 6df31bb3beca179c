"""The script that fills in the files of the proxy without Docker; tests/e2e/test_proxy.py runs an nginx on them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

FILL = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "fill"


def fill(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run([str(FILL), *arguments], env=environment, capture_output=True, text=True)


def test_it_fills_in_its_own_variables_and_leaves_those_of_nginx(tmp_path: Path) -> None:
    done = fill(
        str(tmp_path / "conf"), DATA_DIR="/srv/clipsite", PHOTOS_DIR="/srv/photos", WEB="127.0.0.1:1 127.0.0.1:2"
    )
    assert done.returncode == 0, done.stderr
    text = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "conf").iterdir())
    assert "${" not in text
    assert "proxy_set_header Host $http_host;" in text
    assert "server 127.0.0.1:2 max_fails=1" in text
    assert "listen 80;" in text


@pytest.mark.parametrize(
    ("arguments", "variables", "sentence"),
    [
        ((), {}, "name the folder to write into, by its whole path"),
        (("conf.d",), {}, "name the folder to write into, by its whole path"),
        (("{folder}",), {"DATA_DIR": "/srv/clipsite"}, "set PHOTOS_DIR to the whole path of a folder"),
        (("{folder}", "ftp"), {}, "ftp is neither http nor https"),
        (("{folder}", "https"), {"DATA_DIR": "/a", "PHOTOS_DIR": "/b"}, "set TLS_DIR to the whole path of a folder"),
    ],
)
def test_what_is_missing_is_one_sentence_and_nothing_is_written(
    arguments: tuple[str, ...], variables: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    folder = tmp_path / "conf"
    done = fill(*(argument.format(folder=folder) for argument in arguments), **variables)
    assert done.returncode == 1
    assert done.stderr == f"Error: {sentence}.\n"
    assert not folder.exists()
