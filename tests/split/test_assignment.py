"""Shares are met by whole groups, and one group more moves few."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from stages.split.assignment import Group, assign, fill


def groups(sizes: list[int], strata: str = "a") -> list[Group]:
    return [Group(f"g{i}", n, (strata[i % len(strata)],)) for i, n in enumerate(sizes)]


def share(given: list[Group], chosen: dict[str, str], split: str) -> float:
    own = sum(group.rows for group in given if chosen[group.key] == split)
    return own / sum(group.rows for group in given)


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=60),
    st.sampled_from(["a", "ab", "abcdefg"]),
    st.sampled_from([(0.2, 0.2), (0.1, 0.0), (0.0, 0.3), (0.45, 0.45), (0.0, 0.0)]),
    st.integers(0, 5),
)
def test_no_split_that_was_asked_for_is_empty(
    sizes: list[int], strata: str, shares: tuple[float, float], seed: int
) -> None:
    given_groups = groups(sizes, strata)
    chosen = assign(given_groups, *shares, seed)
    used = set(chosen.values())
    asked = {"train"} | {s for s, x in zip(("validation", "test"), shares, strict=True) if x > 0}
    assert chosen.keys() == {group.key for group in given_groups}
    assert "train" in used
    assert used <= asked
    assert len(sizes) < 3 or used == asked


@given(st.lists(st.integers(1, 60), min_size=3, max_size=60), st.randoms())
def test_the_order_of_the_groups_does_not_matter(sizes: list[int], chance: random.Random) -> None:
    given_groups = groups(sizes, "abc")
    shuffled = chance.sample(given_groups, len(given_groups))
    assert assign(given_groups, 0.2, 0.2, 1) == assign(shuffled, 0.2, 0.2, 1)


@given(st.lists(st.integers(1, 9), min_size=100, max_size=120), st.integers(0, 99))
@settings(max_examples=30)
def test_shares_are_met_within_half_a_group(sizes: list[int], seed: int) -> None:
    given_groups = groups(sizes)
    chosen = assign(given_groups, 0.15, 0.2, seed)
    tolerance = 4.5 / sum(sizes) + 1e-9
    assert share(given_groups, chosen, "test") == pytest.approx(0.2, abs=tolerance)
    assert share(given_groups, chosen, "validation") == pytest.approx(0.15, abs=tolerance)


def test_a_group_too_large_for_a_split_leaves_it_to_others() -> None:
    given_groups = [Group("crowd", 100, ("a",)), *groups([1] * 50)]
    for seed in range(10):
        chosen = assign(given_groups, 0.1, 0.1, seed)
        assert chosen["crowd"] == "train"
        assert share(given_groups, chosen, "test") == pytest.approx(0.1)


def test_each_large_stratum_meets_the_shares() -> None:
    given_groups = groups([10] * 80, "ab")
    chosen = assign(given_groups, 0.2, 0.2, 1)
    for stratum in "ab":
        own = [group for group in given_groups if group.stratum == (stratum,)]
        assert share(own, chosen, "test") == share(own, chosen, "validation") == 0.2


def test_small_strata_go_together() -> None:
    given_groups = [Group(f"g{i}", 10, (str(i),)) for i in range(50)]
    chosen = assign(given_groups, 0.2, 0.2, 1)
    assert share(given_groups, chosen, "test") == 0.2


def test_what_no_quota_wants_trains() -> None:
    assert fill([Group("a", 4), Group("b", 2)], {"test": 1.0}) == {"a": "train", "b": "test"}


def moved(sizes: list[int], seed: int) -> int:
    before = assign(groups(sizes[:-1], "ab"), 0.15, 0.2, seed)
    after = assign(groups(sizes, "ab"), 0.15, 0.2, seed)
    return sum(before[key] != after[key] for key in before)


def moved_by_sklearn(sizes: list[int], seed: int) -> int:
    def tested(count: int) -> set[int]:
        people = np.repeat(np.arange(count), sizes[:count])
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        _, test = next(folds.split(people, people % 2, people))
        return set(people[test].tolist())

    return len((tested(100) ^ tested(101)) - {100})


def test_one_identity_more_moves_a_few_of_a_hundred_and_sklearn_many() -> None:
    chance = random.Random(1)
    ours, theirs = [], []
    for seed in range(20):
        sizes = [chance.randint(6, 60) for _ in range(101)]
        ours.append(moved(sizes, seed))
        theirs.append(moved_by_sklearn(sizes, seed))
    assert np.mean(ours) <= 3
    assert max(ours) <= 8
    assert np.mean(theirs) > 3 * np.mean(ours)
