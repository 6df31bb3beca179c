"""Makes search/encoders/starter/imagenet_tree.tsv: what WordNet says stands above the 1,000 classes of ImageNet.

Run it with the path of WordNet 3.0's `data.noun`, which Debian's package `wordnet-base` holds. The format is described
in WordNet's manual page wndb(5WN).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

from timm.data.imagenet_info import ImageNetInfo

CLASSES = 1000
MOST = 400
"""Classes below a concept; one with more, such as "whole" or "object", tells nothing of a picture."""

TARGET = Path(__file__).resolve().parents[1] / "search" / "encoders" / "starter" / "imagenet_tree.tsv"


class Synset(NamedTuple):
    names: list[str]
    meaning: str
    broader: list[str]


def synsets(data: Path) -> dict[str, Synset]:
    """Every noun of WordNet by its offset."""
    found = {}
    for line in data.read_text(encoding="latin-1").splitlines():
        if line.startswith("  "):
            continue  # the licence
        head, _, gloss = line.partition("|")
        fields = head.split()
        words = int(fields[3], 16)
        names = [fields[4 + 2 * index].replace("_", " ") for index in range(words)]
        pointers = fields[5 + 2 * words :]
        broader = [pointers[at + 1] for at in range(0, len(pointers) - 1, 4) if pointers[at] in {"@", "@i"}]
        found[fields[0]] = Synset(names, re.split(r';\s*"', gloss.strip())[0], broader)
    return found


def above(offset: str, nouns: dict[str, Synset]) -> set[str]:
    """Everything broader than a noun, on whichever way."""
    found: set[str] = set()
    waiting = [offset]
    while waiting:
        new = set(nouns[waiting.pop()].broader) - found
        found |= new
        waiting += new
    return found


def main() -> None:
    nouns = synsets(Path(sys.argv[1]))
    info = ImageNetInfo("imagenet-1k")
    below: dict[str, list[int]] = {}
    for index in range(CLASSES):
        for offset in above(info.index_to_label_name(index)[1:], nouns):
            below.setdefault(offset, []).append(index)
    with TARGET.open("w", encoding="utf-8") as file:
        file.write("# From WordNet 3.0, Copyright 2006 by Princeton University; see imagenet_tree.LICENSE.\n")
        file.write("# names, meaning, numbers of the classes below; made by scripts/imagenet_tree.py\n")
        for offset in sorted(offset for offset, classes in below.items() if len(classes) < MOST):
            synset = nouns[offset]
            classes = " ".join(map(str, below[offset]))
            file.write(f"{', '.join(synset.names)}\t{synset.meaning}\t{classes}\n")


if __name__ == "__main__":
    main()
