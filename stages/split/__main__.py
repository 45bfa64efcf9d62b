"""Give every face to train, validation or test, so that nobody and no picture is on two sides."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, assert_never

import pyarrow as pa

from stages.core.labels import schemas
from stages.core.labels.kinds import Binary, Category, Number
from stages.core.labels.known import LABELS, labels_of
from stages.core.program import InputError, run
from stages.core.schema import SPLITS
from stages.core.tables import read_table, write_batches, write_json
from stages.pictures.copies import Codes, codes, join, picture_groups
from stages.split.assignment import Group, assign
from stages.split.params import Params

log = logging.getLogger(__name__)


def split(rows: pa.Table, params: Params) -> tuple[list[str], dict[str, Any]]:
    """The split of each row of `LABELED`, in its order, and the figures to report.

    `InputError` names a label to stratify by that the rows do not have.
    """
    names = [label.name for label in labels_of(rows.column_names)]
    for name in params.stratify:
        if name not in names:
            raise InputError(f"params.yaml: split.stratify: {name!r} must be one of {names}")
    pictures, flat = picture_groups(
        rows["image_id"].to_pylist(), rows["phash"].to_pylist(), params.near_duplicate_bits
    )
    # Without an identity a picture stands for itself.
    people = codes(rows["identity"].to_pylist())
    members = join(pictures, people) if params.by == "identity" else pictures
    groups = describe(rows, members, params)
    sides = assign(list(groups.values()), params.validation, params.test, params.seed)
    chosen = [sides[groups[member].key] for member in members.tolist()]
    figures = {"rows": rows.num_rows, "groups": len(groups), "flat_pictures": flat}
    figures |= {"near_duplicates": near_duplicates(rows, pictures)}
    figures |= {"given": kept_sides(rows, chosen)} if params.keep_official_split else {}
    return chosen, figures | {side: summary(rows, chosen, side) for side in SPLITS}


def describe(rows: pa.Table, members: Codes, params: Params) -> dict[int, Group]:
    """The groups by number, each with a key that outlives the arrival of others.

    The key is the group's first identity, or the first picture where there is none. Of several
    given sides a group's is the last of `SPLITS`: a copy of a test picture does not train.
    """
    sides = (
        rows["official_split"].to_pylist() if params.keep_official_split else [None] * rows.num_rows
    )
    people, images = rows["identity"].to_pylist(), rows["image_id"].to_pylist()
    traits = [traits_of(rows, name) for name in params.stratify]
    indices: dict[int, list[int]] = defaultdict(list)
    for index, member in enumerate(members.tolist()):
        indices[member].append(index)
    groups = {}
    for member, own in indices.items():
        named = [people[i] for i in own if people[i] is not None and params.by == "identity"]
        key = f"identity {min(named)}" if named else f"picture {min(images[i] for i in own)}"
        stratum = tuple(majority([trait[i] for i in own]) for trait in traits)
        held = [SPLITS.index(sides[i]) for i in own if sides[i]]
        groups[member] = Group(key, len(own), stratum, SPLITS[max(held)] if held else None)
    return groups


def traits_of(rows: pa.Table, name: str) -> list[str]:
    """A label's values as text: numbers by decade, `true` and `false`, and `null`."""
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
    """The most frequent value that is not null; of equals the first in the alphabet."""
    counts = Counter(value for value in values if value != "null")
    return min(counts, key=lambda value: (-counts[value], value)) if counts else "null"


def kept_sides(rows: pa.Table, chosen: list[str]) -> dict[str, int]:
    """Rows with a given side, and those of them that another's, of their group, has moved."""
    pairs = [
        (side, now) for side, now in zip(rows["official_split"].to_pylist(), chosen, strict=True)
        if side
    ]  # fmt: skip
    return {"rows": len(pairs), "moved": sum(side != now for side, now in pairs)}


def near_duplicates(rows: pa.Table, pictures: Codes) -> dict[str, int]:
    """Groups of different files that show one picture: how many, of how many files.

    `identities` counts the people whom such a picture joins to another.
    """
    images: dict[int, set[str]] = defaultdict(set)
    people: dict[int, set[str]] = defaultdict(set)
    for group, image, person in _walk(rows, pictures):
        images[group].add(image)
        people[group] |= {person} if person else set()
    several = [files for files in images.values() if len(files) > 1]
    joined = [names for names in people.values() if len(names) > 1]
    for names in sorted(map(sorted, joined))[:10]:
        log.warning("%d people share one picture: %s", len(names), ", ".join(islice(names, 5)))
    return {
        "groups": len(several),
        "pictures": sum(map(len, several)),
        "identities": len(set().union(*joined)),
    }


def _walk(rows: pa.Table, pictures: Codes) -> Iterator[tuple[int, str, str | None]]:
    columns = (rows[name].to_pylist() for name in ("image_id", "identity"))
    return zip(pictures.tolist(), *columns, strict=True)


def summary(rows: pa.Table, chosen: list[str], side: str) -> dict[str, Any]:
    """Rows, identities and the distribution of every label on one side."""
    own = rows.filter(pa.array([split == side for split in chosen], pa.bool_()))
    labels = {
        label.name: Counter(traits_of(own, label.name)) for label in labels_of(rows.column_names)
    }
    return {
        "rows": own.num_rows,
        "identities": len(set(own["identity"].drop_null().to_pylist())),
        "labels": {name: dict(sorted(counts.items())) for name, counts in labels.items()},
    }


def main(valid: Path, examples: Path, results: Path, params: Params) -> None:
    """Read `LABELED`, write `EXAMPLES` and the figures."""
    rows = read_table(valid)
    chosen, figures = split(rows, params)
    columns = schemas.examples(labels_of(rows.column_names))
    table = rows.append_column("split", pa.array(chosen, pa.string()))
    write_batches(examples, columns, table.select(columns.names).cast(columns).to_batches())
    write_json(results, figures)
    log.info(", ".join(f"{side} {figures[side]['rows']}" for side in SPLITS))


if __name__ == "__main__":
    run(main)
