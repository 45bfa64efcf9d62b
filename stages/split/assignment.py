"""Which whole groups go to train, validation and test: pure, seeded, stable.

scikit-learn's `StratifiedGroupKFold` balances as well, but shuffles all groups by their position:
one more identity sends most pictures to another split, and no two versions of the data can be
compared. Here a group's place depends on its own key, so one more moves a few at the borders.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from stages.core.schema import SPLITS


@dataclass(frozen=True)
class Group:
    """Rows that stay together. `stratum` is what they show most of; `key` names the group.

    `official` is the split that it must go to, if any.
    """

    key: str
    rows: int
    stratum: tuple[str, ...] = ()
    official: str | None = None


Assignment = dict[str, str]  # a group's key: its split


def assign(groups: list[Group], validation: float, test: float, seed: int) -> Assignment:
    """The split of every group, by key; the order of `groups` does not matter.

    An official split is kept, and the shares are those of the other groups. Within a stratum these,
    ordered by sha256(seed, key), fill test, then validation, up to their shares of the rows (within
    half a group); the others train. Strata of too few groups to give every split one go together,
    and make up for what the large ones left over. Train is never empty; with three groups or more
    no split is whose share is above zero.
    """
    kept = {group.key: group.official for group in groups if group.official}
    groups = [group for group in groups if not group.official]
    shares = {"test": test, "validation": validation}
    strata: dict[tuple[str, ...], list[Group]] = defaultdict(list)
    for group in sorted(groups, key=lambda group: _place(seed, group.key)):
        strata[group.stratum].append(group)
    smallest = min(share for share in (test, validation, 1 - test - validation) if share > 0)
    large = {name: members for name, members in strata.items() if len(members) * smallest >= 1}
    splits: Assignment = {}
    for members in large.values():
        splits |= fill(members, {name: share * _rows(members) for name, share in shares.items()})
    small = [group for group in groups if group.stratum not in large]
    small.sort(key=lambda group: _place(seed, group.key))
    splits |= fill(small, _left_over(groups, small, splits, shares))
    _leave_none_empty(groups, splits, shares)
    return kept | splits


def fill(groups: list[Group], quotas: Mapping[str, float]) -> Assignment:
    """Give each group, in order, to the first split that it brings nearer to its quota of rows.

    A group too large for what is left is passed over, and what no quota wants trains.
    """
    room = dict(quotas)
    splits: Assignment = {}
    for group in groups:
        fits = [name for name in room if group.rows / 2 <= round(room[name], 6)]
        splits[group.key] = fits[0] if fits else "train"
        if fits:
            room[fits[0]] -= group.rows
    return splits


def _left_over(
    groups: list[Group], small: list[Group], splits: Assignment, shares: Mapping[str, float]
) -> dict[str, float]:
    """What the small strata owe each split: what is missing in all, at most twice their share.

    The bound keeps rare people in train.
    """
    quotas = {}
    for name, share in shares.items():
        assigned = sum(group.rows for group in groups if splits.get(group.key) == name)
        missing = share * _rows(groups) - assigned
        quotas[name] = min(max(missing, 0), 2 * share * _rows(small))
    return quotas


def _leave_none_empty(groups: list[Group], splits: Assignment, shares: Mapping[str, float]) -> None:
    wanted = sorted((name for name in shares if shares[name] > 0), key=lambda name: -shares[name])
    for name in ("train", *wanted):
        members: dict[str, list[Group]] = {split: [] for split in SPLITS}
        for group in groups:
            members[splits[group.key]].append(group)
        donor = max(SPLITS, key=lambda split: len(members[split]))
        spare = len(members[donor]) - (0 if name == "train" else 1)
        if not members[name] and spare > 0:
            smallest = min(members[donor], key=lambda group: (group.rows, group.key))
            splits[smallest.key] = name


def _place(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"{seed}\x1f{key}".encode()).digest()


def _rows(groups: list[Group]) -> int:
    return sum(group.rows for group in groups)
