"""Divide the faces into train, validation and test; no person and no picture is in two splits."""

import logging
from pathlib import Path
from typing import Any

import pyarrow as pa

from stages.core import label_schema
from stages.core.labels.known import labels_of
from stages.core.program import InputError
from stages.core.schema import SPLITS
from stages.core.stage import run
from stages.core.tables import read_table, write_batches, write_json
from stages.pictures.copies import codes, join, picture_groups
from stages.split import figures
from stages.split.assignment import assign
from stages.split.groups import describe
from stages.split.params import Params

log = logging.getLogger("split")


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
    people = codes(rows["identity"].to_pylist())  # -1 for nobody known, whom nothing joins
    members = join(pictures, people) if params.by == "identity" else pictures
    groups = describe(rows, members, params)
    splits = assign(list(groups.values()), params.validation, params.test, params.seed)
    chosen = [splits[groups[member].key] for member in members.tolist()]
    counts = {"rows": rows.num_rows, "groups": len(groups), "flat_pictures": flat}
    counts |= {"near_duplicates": figures.near_duplicates(rows, pictures)}
    if params.keep_official_split:
        counts |= {"official": figures.kept_official(rows, chosen)}
    return chosen, counts | {name: figures.summary(rows, chosen, name) for name in SPLITS}


def main(valid: Path, examples: Path, results: Path, params: Params) -> None:
    """Read `LABELED`, write `EXAMPLES` and the figures."""
    rows = read_table(valid)
    chosen, counts = split(rows, params)
    columns = label_schema.examples(labels_of(rows.column_names))
    table = rows.append_column("split", pa.array(chosen, pa.string()))
    write_batches(examples, columns, table.select(columns.names).cast(columns).to_batches())
    write_json(results, counts)
    log.info("faces: %s", ", ".join(f"{name} {counts[name]['rows']}" for name in SPLITS))


if __name__ == "__main__":
    run(main)
