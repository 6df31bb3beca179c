"""Groups of alike pictures: no chains, nothing that was told apart, and the same whatever the numbers are."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from search.duplicates.clustering import cluster_pairs


def test_pairs_that_hang_together_are_one_group() -> None:
    assert cluster_pairs(6, [(0, 1), (1, 2), (0, 2), (4, 5)]) == [[0, 1, 2], [4, 5]]
    assert cluster_pairs(3, []) == []


def test_a_chain_does_not_grow_into_one_group() -> None:
    chain = [(place, place + 1) for place in range(99)]
    assert max(len(group) for group in cluster_pairs(100, chain)) <= 4


def test_one_missing_pair_does_not_split_a_group() -> None:
    everyone = list(combinations(range(8), 2))
    everyone.remove((2, 5))
    assert cluster_pairs(8, everyone) == [list(range(8))]


def test_two_tight_groups_with_one_bridge_stay_two() -> None:
    left, right = list(combinations(range(5), 2)), list(combinations(range(5, 10), 2))
    assert cluster_pairs(10, [*left, *right, (4, 5)]) == [list(range(5)), list(range(5, 10))]


def test_what_was_told_apart_is_never_in_one_group_also_through_others() -> None:
    everyone = list(combinations(range(6), 2))
    groups = cluster_pairs(6, [pair for pair in everyone if pair != (0, 3)], apart=[(0, 3)])
    assert all(not {0, 3} <= set(group) for group in groups)
    assert sorted(picture for group in groups for picture in group) in ([0, 1, 2, 3, 4, 5], [0, 1, 2, 4, 5])


@pytest.mark.parametrize("seed", range(20))
def test_random_pairs_give_disjoint_groups_of_linked_pictures(seed: int) -> None:
    chance = random.Random(seed)
    pairs = [pair for pair in combinations(range(30), 2) if chance.random() < 0.15]
    chance.shuffle(pairs)
    apart = chance.sample(list(combinations(range(30), 2)), 20)
    groups = cluster_pairs(30, [pair for pair in pairs if pair not in apart], apart)
    members = [picture for group in groups for picture in group]
    assert len(members) == len(set(members))
    for group in groups:
        assert all((first, second) not in apart for first, second in combinations(group, 2))
        linked = sum((first, second) in pairs for first, second in combinations(group, 2))
        assert linked >= len(group) - 1
