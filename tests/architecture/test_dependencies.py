"""Libraries that read what strangers send are never older than the versions that were made safe."""

from __future__ import annotations

import re
from importlib.metadata import packages_distributions, requires, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = {
    "pillow": (13,),  # decoders
    "kombu": (5, 7),  # what workers read from the broker
    "torch": (2, 10),  # loading of checkpoints
    "django": (5, 2, 19),
}
PINS = dict(re.findall(r"^([\w.-]+)==([\d.]+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE))


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.split("+")[0]))


def test_what_is_installed_and_what_is_pinned_are_not_older() -> None:
    for name, floor in FLOORS.items():
        assert numbers(version(name)) >= floor, name
        assert numbers(PINS[name]) >= floor, name


def test_what_we_ask_for_ourselves_names_the_floor() -> None:
    asked = {re.split(r"[\[<>=;!~ ]", line)[0].lower(): line for line in requires("clipsite") or ()}
    for name in FLOORS.keys() & asked.keys():
        floor = re.search(r">=([\d.]+)", asked[name])
        assert floor is not None, name
        assert numbers(floor.group(1)) >= FLOORS[name], asked[name]


def test_exactly_one_package_brings_faiss() -> None:
    """Two own the same module, and whichever was installed last has overwritten the other."""
    assert len(set(packages_distributions()["faiss"])) == 1
