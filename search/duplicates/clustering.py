"""Groups of pictures that look alike, from pairs: union-find that neither chains nor joins what a person told apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

Pair = tuple[int, int]
"""Two numbers of pictures, from 0."""

_LEAST_LINKED = 0.5
"""Two groups become one when at least this share of the pairs across them look alike. Where A is like B and B like C,
but A is not like C, the three are one group; a fourth that is like C alone stays outside."""


def cluster_pairs(count: int, pairs: Sequence[Pair], apart: Iterable[Pair] = ()) -> list[list[int]]:
    """Clusters `count` pictures: returns the groups of two and more, each ascending; `pairs` start with the likest.

    No group holds two pictures of a pair in `apart`.
    """
    sets = _DisjointSets(count, pairs, apart)
    for first, second in pairs:
        sets.join(first, second)
    members: dict[int, list[int]] = defaultdict(list)
    for picture in {picture for pair in pairs for picture in pair}:
        members[sets.root(picture)].append(picture)
    return sorted(sorted(group) for group in members.values() if len(group) > 1)


class _DisjointSets:
    """A union-find over pictures, which counts the pairs across groups and the groups that must stay apart."""

    def __init__(self, count: int, pairs: Sequence[Pair], apart: Iterable[Pair]) -> None:
        self._parent = list(range(count))
        self._size = [1] * count
        self._links: dict[int, dict[int, int]] = defaultdict(dict)
        self._apart: dict[int, set[int]] = defaultdict(set)
        for first, second in pairs:
            self._links[first][second] = self._links[second][first] = 1
        for first, second in apart:
            self._apart[first].add(second)
            self._apart[second].add(first)

    def root(self, picture: int) -> int:
        while self._parent[picture] != picture:
            self._parent[picture] = self._parent[self._parent[picture]]
            picture = self._parent[picture]
        return picture

    def join(self, first: int, second: int) -> None:
        """Makes one group of the groups of both, if enough of their pictures look alike and none stand apart."""
        large, small = self.root(first), self.root(second)
        if large == small or small in self._apart[large]:
            return
        if self._links[large][small] < _LEAST_LINKED * self._size[large] * self._size[small]:
            return
        if len(self._links[large]) < len(self._links[small]):
            large, small = small, large
        self._parent[small] = large
        self._size[large] += self._size[small]
        for other, links in self._links.pop(small).items():
            del self._links[other][small]
            if other != large:
                total = self._links[large].get(other, 0) + links
                self._links[large][other] = self._links[other][large] = total
        for other in self._apart.pop(small, ()):
            self._apart[other].discard(small)
            self._apart[other].add(large)
            self._apart[large].add(other)
