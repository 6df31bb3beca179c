"""Long sequences in batches, so that neither a query nor the memory holds all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_Item = TypeVar("_Item")


def batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Yield lists of `size` items, the last one shorter, in the order of the items; reads no further than it must."""
    # itertools has the same from Python 3.12 on; 3.11 is supported.
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
