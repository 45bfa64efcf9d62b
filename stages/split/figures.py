"""What the stage reports of its splits."""

import logging
from collections import Counter, defaultdict
from itertools import islice
from typing import Any

import pyarrow as pa

from stages.core.labels.known import labels_of
from stages.pictures.copies import Codes
from stages.split.groups import traits_of

log = logging.getLogger("split")


def kept_official(rows: pa.Table, chosen: list[str]) -> dict[str, int]:
    """Rows that have an official split, and how many of them their group took to another."""
    pairs = zip(rows["official_split"].to_pylist(), chosen, strict=True)
    official = [(published, ours) for published, ours in pairs if published]
    return {
        "rows": len(official),
        "moved": sum(published != ours for published, ours in official),
    }


def near_duplicates(rows: pa.Table, pictures: Codes) -> dict[str, int]:
    """Groups of different files that show one picture: how many, of how many files.

    pictures: the number of each row's picture, (N,). `identities` counts the people whom such a
    picture joins to another; the first are warned of by name.
    """
    images: dict[int, set[str]] = defaultdict(set)
    people: dict[int, set[str]] = defaultdict(set)
    columns = (rows[name].to_pylist() for name in ("image_id", "identity"))
    for group, image, person in zip(pictures.tolist(), *columns, strict=True):
        images[group].add(image)
        people[group] |= {person} if person else set()
    several = [files for files in images.values() if len(files) > 1]
    joined = [names for names in people.values() if len(names) > 1]
    for names in sorted(map(sorted, joined))[:10]:
        log.warning("%d people share a picture: %s", len(names), ", ".join(islice(names, 5)))
    return {
        "groups": len(several),
        "pictures": sum(map(len, several)),
        "identities": len(set().union(*joined)),
    }


def summary(rows: pa.Table, chosen: list[str], split: str) -> dict[str, Any]:
    """Rows, identities and the distribution of every label in one split."""
    own = rows.filter(pa.array([each == split for each in chosen], pa.bool_()))
    labels = {
        label.name: Counter(traits_of(own, label.name)) for label in labels_of(rows.column_names)
    }
    return {
        "rows": own.num_rows,
        "identities": len(set(own["identity"].drop_null().to_pylist())),
        "labels": {name: dict(sorted(counts.items())) for name, counts in labels.items()},
    }
