"""The options of commands that say what images must be like, as the search page's parameters say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from search.retrieval.filter_request import FILTER_NAMES, FLAGS
from search.values import Orientation

_HELP = {
    "taken_from": "first day on which the picture was taken, as 2026-05-31",
    "taken_until": "last day on which it was taken",
    "added_from": "first day on which it was added to the dataset",
    "added_until": "last day on which it was added",
    "orientation": f"one of {', '.join(Orientation)}",
    "min_side": "pixels that its shorter side has at least",
    "name": "a part of its file name or folder",
    "tag": "a tag that it carries; may be repeated, then it carries each",
    "collection": "the number or name of a collection in which it lies",
    "selection": "the token of a selection on a map, in which it lies",
    "collapse": "of images that are copies of each other, only the best one",
    "without_errors": "leave out images of which a file stands in the error ledger",
}


def add_filters(parser: CommandParser) -> None:
    """Adds one option a filter, which may be repeated."""
    filters = parser.add_argument_group("filters")
    for name in FILTER_NAMES:
        option = f"--{name.replace('_', '-')}"
        dest = f"where_{name}"  # `name` is the dataset's
        kind: dict[str, Any] = {"action": "append", "metavar": "VALUE"}
        if name in FLAGS:
            kind = {"action": "append_const", "const": "yes"}
        filters.add_argument(option, dest=dest, default=[], help=_HELP[name], **kind)


def filter_parameters(options: Mapping[str, Any]) -> dict[str, list[str]]:
    """The parameters that these options stand for."""
    return {name: options[f"where_{name}"] for name in FILTER_NAMES}
