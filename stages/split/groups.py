"""The groups of rows that may not be torn apart, and what they show."""

from collections import Counter, defaultdict
from typing import assert_never

import pyarrow as pa

from stages.core.labels.kinds import Binary, Category, Number
from stages.core.labels.known import LABELS
from stages.core.schema import SPLITS
from stages.pictures.copies import Codes
from stages.split.assignment import Group
from stages.split.params import Params


def describe(rows: pa.Table, members: Codes, params: Params) -> dict[int, Group]:
    """The groups by number, each with a key that stays the same when other groups arrive.

    members: the number of each row's group, (N,). The key is the group's first identity, or its
    first picture where it has none. Of several official splits a group takes the last of
    `SPLITS`: a copy of a test picture does not train.
    """
    official = rows["official_split"].to_pylist()
    if not params.keep_official_split:
        official = [None] * rows.num_rows
    people, images = rows["identity"].to_pylist(), rows["image_id"].to_pylist()
    traits = [traits_of(rows, name) for name in params.stratify]
    groups = {}
    for member, indices in _indices(members).items():
        named = [people[i] for i in indices if people[i] is not None and params.by == "identity"]
        key = f"identity {min(named)}" if named else f"picture {min(images[i] for i in indices)}"
        stratum = tuple(majority([trait[i] for i in indices]) for trait in traits)
        fixed = [SPLITS.index(official[i]) for i in indices if official[i]]
        groups[member] = Group(key, len(indices), stratum, SPLITS[max(fixed)] if fixed else None)
    return groups


def _indices(members: Codes) -> dict[int, list[int]]:
    indices: dict[int, list[int]] = defaultdict(list)
    for index, member in enumerate(members.tolist()):
        indices[member].append(index)
    return indices


def traits_of(rows: pa.Table, name: str) -> list[str]:
    """A label's values as text: numbers by tens, `true` and `false`, and `null`."""
    label, values = LABELS[name], rows[name].to_pylist()
    match label:
        case Number():
            tens = [None if value is None else int(value // 10) * 10 for value in values]
            return ["null" if ten is None else f"{ten}-{ten + 9}" for ten in tens]
        case Category() | Binary():
            return ["null" if value is None else str(value).lower() for value in values]
        case _:
            assert_never(label)


def majority(values: list[str]) -> str:
    """The most frequent value that is not null; the first in the alphabet of equally frequent."""
    counts = Counter(value for value in values if value != "null")
    return min(counts, key=lambda value: (-counts[value], value)) if counts else "null"
