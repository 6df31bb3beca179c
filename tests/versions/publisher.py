"""Run as a program: builds versions in children that are killed at the first, the second, ... step that leaves a trace.

A step is a call that changes files or the database: rename, remove, make a folder, flush to the disk, open for writing,
commit. The child of round N dies right before its N-th step. After each round another child, which has seen nothing of
this, says what serves. The last round is the one that nobody kills. Prints one JSON line a round.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import django

_EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
_MOST_ROUNDS = 400


class Killer:
    """Ends this process before its n-th step."""

    def __init__(self, deadly: int) -> None:
        self._deadly = deadly
        self._steps = 0

    def step(self) -> None:
        self._steps += 1
        if self._steps == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        from django.db.backends.base.base import BaseDatabaseWrapper

        def listen(event: str, arguments: tuple[Any, ...]) -> None:
            if event in _EVENTS or (event == "open" and _is_for_writing(arguments)):
                self.step()

        sys.addaudithook(listen)
        os.fsync = self._before(os.fsync)
        database: Any = BaseDatabaseWrapper  # its stubs leave out what is not public
        database._commit = self._before(database._commit)

    def _before(self, do: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any) -> Any:
            self.step()
            return do(*arguments)

        return stepped


def _is_for_writing(arguments: tuple[Any, ...]) -> bool:
    name, mode, _ = arguments
    return "/indexes/" in str(name) and isinstance(mode, str) and mode[:1] in {"w", "x", "a"}


def in_child(work: Callable[[], dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    """The signal that ended the child, 0 for none, and what it found."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        os.write(writing, json.dumps(work()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    _, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status), json.loads(said or b"{}")


def prepare() -> dict[str, Any]:
    from django.conf import settings
    from django.core.management import call_command

    from search.models import Dataset
    from tests.versions.versioned import COLOURS, add_images, build

    call_command("migrate", verbosity=0)
    Path(settings.INDEXES_DIR).mkdir(parents=True, exist_ok=True)
    dataset = Dataset.objects.create(name="Pictures", slug="pictures", source_path=str(settings.DATA_DIR))
    add_images(dataset, *COLOURS)
    return {"version": build(dataset).number}


def publish(deadly: int) -> dict[str, Any]:
    from search.models import Dataset
    from tests.versions.versioned import build

    killer = Killer(deadly)
    killer.watch()
    return {"version": build(Dataset.objects.get()).number}


def look() -> dict[str, Any]:
    """What a fresh process serves, and which folders belong to no version."""
    from django.conf import settings

    from search.models import Dataset
    from search.retrieval.search import search_text

    dataset = Dataset.objects.select_related("live_version__encoder").get()
    results = search_text(dataset, "red", k=3)
    numbers = {str(number) for number in dataset.versions.values_list("number", flat=True)}
    home = Path(settings.INDEXES_DIR) / str(dataset.pk)
    return {
        "serves": results.version.number,
        "newest": max(map(int, numbers)),
        "first": results.hits[0].image.name,
        "strays": sorted(folder.name for folder in home.iterdir() if folder.name not in numbers),
        "states": sorted(dataset.versions.values_list("state", flat=True)),
    }


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "clipsite.config.settings"
    django.setup()
    import faiss  # noqa: F401 - loaded once for all children; none of its threads runs yet

    from search.encoders import registry
    from tests.fake_encoder import FakeFamily

    registry.register_family(FakeFamily())
    died, _ = in_child(prepare)
    assert died == 0
    for deadly in range(1, _MOST_ROUNDS):
        died, built = in_child(partial(publish, deadly))
        _, seen = in_child(look)
        print(json.dumps({"died": died, "built": built.get("version"), **seen}), flush=True)  # noqa: T201
        if not died:
            return


if __name__ == "__main__":
    main()
