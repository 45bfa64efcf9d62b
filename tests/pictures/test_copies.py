"""Near-duplicates are found exactly, and pictures of nothing are none."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.program import InputError
from stages.pictures.copies import join, near_pairs, picture_groups

HASH = 0x0F0F0F0F_33335555  # 32 bits set, as in every photograph


@given(
    st.lists(st.integers(0, 2**64 - 1), max_size=12, unique=True),
    st.lists(st.tuples(st.integers(0, 11), st.sets(st.integers(0, 63), max_size=20)), max_size=30),
    st.integers(0, 16),
)
def test_banding_finds_exactly_the_pairs_that_brute_force_finds(
    seeds: list[int], flips: list[tuple[int, set[int]]], bits: int
) -> None:
    near = [seeds[i % len(seeds)] ^ sum(1 << b for b in flip) for i, flip in flips if seeds]
    hashes = sorted({*seeds, *near})
    expected = {
        (i, j)
        for (i, a), (j, b) in combinations(enumerate(hashes), 2)
        if (a ^ b).bit_count() <= bits
    }
    pairs = near_pairs(np.array(hashes, dtype=np.uint64), bits)
    assert {(min(pair), max(pair)) for pair in pairs.tolist()} == expected


def test_near_duplicates_chain_into_one_group() -> None:
    hashes = [HASH, HASH ^ 0b1111, HASH ^ 0b11111111, HASH ^ 0xFFFF << 20]
    numbers, flat = picture_groups("abcd", [f"{h:016x}" for h in hashes], 4)
    assert numbers[0] == numbers[1] == numbers[2] != numbers[3]
    assert flat == 0


def test_the_same_file_is_one_group_whatever_its_hash() -> None:
    numbers, _ = picture_groups("aab", [None, None, None], 4)
    assert numbers[0] == numbers[1] != numbers[2]


def test_flat_pictures_do_not_glue_people_together() -> None:
    hashes = ["8000000000000000", "0000000000000000", "8000800080008000"] * 2
    numbers, flat = picture_groups("abcdef", hashes, 16)
    assert len(set(numbers.tolist())) == flat == 6


def test_joining_groupings_tears_neither() -> None:
    joined = join(np.array([0, 0, 1, 2, 3]), np.array([5, -1, 5, -1, -1]))
    assert joined[0] == joined[1] == joined[2]
    assert len({joined[0], joined[3], joined[4]}) == 3


@pytest.mark.parametrize("text", ["f00", "zzzzzzzzzzzzzzzz", ""])
def test_a_hash_that_is_none_is_named(text: str) -> None:
    with pytest.raises(InputError, match=f"phash = '{text}'.*16 hexadecimal"):
        picture_groups(["a"], [text], 4)
