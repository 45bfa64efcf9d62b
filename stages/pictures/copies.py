"""Pictures that are the same picture: equal bytes, or perceptual hashes a few bits apart."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from stages.core.program import InputError

Codes = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

HASH_BITS = 64
# A hash sets a bit for each of 64 frequencies above their median: 32 of them in every photograph.
# Ties leave fewer, and only a picture of next to nothing has many (one colour, a ramp, black:
# 8000000000000000 or 0000000000000000). Such pictures are alike without being copies.
FLAT_BELOW = 16


def picture_groups(
    image_ids: Iterable[str], phashes: Iterable[str | None], bits: int
) -> tuple[Codes, int]:
    """A number per row, the same for copies of a picture, and how many pictures are flat.

    Near-duplicates are hashes at most `bits` apart, and what a chain of such pairs connects.
    Flat pictures, and those without a hash, are only equal to themselves.
    `InputError` names a hash that is not 16 hexadecimal digits.
    """
    images = codes(image_ids)
    hashes = np.array([_number(text) for text in phashes], dtype=np.uint64)
    flat = np.bitwise_count(hashes) < FLAT_BELOW
    known, hash_codes = np.unique(hashes, return_inverse=True)
    hash_groups = connected(known.size, near_pairs(known, bits))
    groups = join(images, np.where(flat, -1, hash_groups[hash_codes]))
    return groups, int(np.unique(images[flat]).size)


def near_pairs(hashes: Hashes, bits: int) -> Codes:
    """Every pair of hashes at most `bits` (0 to 63) apart, as (n, 2) indices, in no order.

    Two hashes that differ in d bits agree in at least one of any d + 1 bands, so only those that
    agree in a band are compared (Norouzi, Punjani and Fleet 2012, multi-index hashing): exact,
    and for 4 bits 5 / 8192 of all pairs. A pair may come once per band.
    """
    edges = [HASH_BITS * band // (bits + 1) for band in range(bits + 2)]
    return np.concatenate([_pairs_in_band(hashes, bits, *band) for band in pairwise(edges)])


def _pairs_in_band(hashes: Hashes, bits: int, low: int, high: int) -> Codes:
    mask = np.uint64((1 << (high - low)) - 1)
    bands = hashes >> np.uint64(low) & mask
    order = np.argsort(bands, kind="stable")
    bands, hashes = bands[order], hashes[order]
    pairs = [np.empty((0, 2), dtype=np.int64)]
    first, step = np.arange(len(hashes)), 1
    while True:
        # Equal bands are neighbours: keep those whose band `step` places further on is equal.
        first = first[first + step < len(hashes)]
        first = first[bands[first] == bands[first + step]]
        if not first.size:
            return np.concatenate(pairs)
        near = first[np.bitwise_count(hashes[first] ^ hashes[first + step]) <= bits]
        pairs.append(np.stack([order[near], order[near + step]], axis=1))
        step += 1


def codes(values: Iterable[str | None]) -> Codes:
    """A number from 0 per distinct value, in order of appearance; -1 for None."""
    seen: dict[str, int] = {}
    return np.array(
        [-1 if value is None else seen.setdefault(value, len(seen)) for value in values],
        dtype=np.int64,
    )


def join(groups: Codes, others: Codes) -> Codes:
    """The finest grouping of rows that tears no group of either apart (union-find).

    groups, others: a number per row, (N,); -1 in `others` is no group.
    """
    offset = int(groups.max(initial=-1)) + 1
    linked = others >= 0
    pairs = np.stack([groups[linked], others[linked] + offset], axis=1)
    joined = connected(offset + int(others.max(initial=-1)) + 1, pairs)
    return joined[groups]


def connected(nodes: int, pairs: Codes) -> Codes:
    """The number of the connected component of each node."""
    links = coo_array((np.ones(len(pairs), dtype=bool), pairs.T), shape=(nodes, nodes))
    labels: Codes = connected_components(links, directed=False)[1].astype(np.int64)
    return labels


def _number(text: str | None) -> int:
    if text is None:
        return 0  # flat, so never compared
    try:
        return int(text, 16) if len(text) == HASH_BITS // 4 else _refuse(text)
    except ValueError:
        return _refuse(text)


def _refuse(text: str) -> int:
    raise InputError(f"phash = {text!r}: must be 16 hexadecimal digits")
