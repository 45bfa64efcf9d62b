"""Check every labelled face with Great Expectations: good rows go on, bad ones leave with why."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stages.core import schema, tables
from stages.core.labels.known import labels_of
from stages.core.program import InputError, run
from stages.core.scratch import atomic_folder
from stages.validate import expectations
from stages.validate.conflicts import CONFLICT, conflicts
from stages.validate.expectations import RuleResult
from stages.validate.params import Params

ROWS = 8192  # no pixels: about 5 MB in flight
_READ = ["face_id", "image_id", "identity", "phash", "width", "height", "box", "keypoints"]
_READ += ["confidence"]


def flatten(batch: pa.RecordBatch) -> pa.RecordBatch:
    """`LABELED` columns as a suite can name them: a box's sides, the number of keypoints.

    Real numbers become doubles that read as they were written: a confidence of 0.9, stored as
    the nearest 32-bit number, must pass a bound of 0.9 and show as 0.9.
    """
    columns: dict[str, pa.Array] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name == "box":
            for side in ("width", "height"):
                columns[f"box_{side}"] = _as_written(pc.struct_field(column, side))
        elif name == "keypoints":
            columns["keypoints_length"] = pc.list_value_length(column)
        elif pa.types.is_float32(column.type):
            columns[name] = _as_written(column)
        else:
            columns[name] = column
    return pa.RecordBatch.from_pydict(columns)


def _as_written(column: pa.Array) -> pa.Array:
    return column.cast(pa.string()).cast(pa.float64())


def read_flat(path: Path, columns: list[str], written: pa.Schema) -> pa.Table:
    """The named columns of a `LABELED` file with schema `written`, flat, in memory."""
    nothing = [pa.array([], written.field(name).type) for name in columns]
    batches = [flatten(batch) for batch in tables.read_batches([path], columns, ROWS)]
    return pa.Table.from_batches(batches or [flatten(pa.RecordBatch.from_arrays(nothing, columns))])


def reasons_of(outcomes: Iterable[RuleResult]) -> dict[int, str]:
    """The first reason of every failing row, by the row's number."""
    reasons: dict[int, str] = {}
    for outcome in outcomes:
        for row in outcome.rows:
            reasons.setdefault(row, outcome.reason)
    return reasons


def class_sizes(identities: list[str | None], left: Iterable[int]) -> pa.Table:
    """A row per identity in alphabetical order: how many of its faces have not left.

    Faces without an identity form no class.
    """
    gone = set(left)
    sizes = Counter({identity: 0 for identity in identities if identity is not None})
    sizes.update(
        identity
        for row, identity in enumerate(identities)
        if identity is not None and row not in gone
    )
    names = sorted(sizes)
    return pa.table(
        {
            "identity": pa.array(names, pa.string()),
            "faces_of_class": pa.array([sizes[name] for name in names], pa.int64()),
        }
    )


def judge(
    table: pa.Table, labels: list[str], params: Params, docs: Path
) -> tuple[dict[int, str], list[RuleResult]]:
    """Why rows of a flat table must leave, by row number, and all outcomes; writes data docs.

    Two suites run: on faces, then on the classes that the good faces form.
    """
    project = expectations.context(docs)
    rules = expectations.faces(labels, params)
    # For the docs: a column beside its own failures shows as EMPTY, a null among texts as nan.
    named = table.append_column("face", table["face_id"])
    named = named.append_column("person", table["identity"].fill_null("-"))
    outcomes = expectations.check(project, "faces", named, rules, ["person", "face"])
    reasons = reasons_of(outcomes)
    identities = table["identity"].to_pylist()
    classes = class_sizes(identities, reasons)
    rules = expectations.classes(params)
    found = expectations.check(project, "classes", classes, rules, ["identity"])
    small = {classes["identity"][row].as_py(): why for row, why in reasons_of(found).items()}
    for row, identity in enumerate(identities):
        if identity in small:
            reasons.setdefault(row, small[identity])
    return reasons, [*outcomes, *found]


def metrics(rows: int, reasons: dict[int, str], outcomes: list[RuleResult]) -> dict[str, Any]:
    """The stage's figures; reasons by how often, then by name."""
    counts = Counter(reasons.values())
    return {
        "rows": rows,
        "valid": rows - len(reasons),
        "rejected": len(reasons),
        "share": len(reasons) / rows if rows else 0.0,
        "expectations": {
            "total": len(outcomes),
            "failed": sum(1 for outcome in outcomes if outcome.rows),
        },
        "reasons": dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
    }


def gate(figures: dict[str, Any], limit: float, docs: Path) -> None:
    """`InputError` when a larger share than `limit` was rejected."""
    if figures["share"] <= limit:
        return
    often = ", ".join(f"{why} {count}" for why, count in list(figures["reasons"].items())[:3])
    raise InputError(
        f"{figures['share']:.1%} of {figures['rows']} faces were rejected, "
        f"validate.max_rejected = {limit} allows {limit:.1%}; "
        f"most often {often}; see {docs / 'index.html'}"
    )


def _split(labeled: Path, reasons: dict[int, str], rejected: bool) -> Iterator[pa.RecordBatch]:
    """The rows that have a reason (as `REJECTS`), or the others as they are."""
    first = 0
    for batch in tables.read_batches([labeled], rows=ROWS):
        why = pa.array([reasons.get(first + row) for row in range(batch.num_rows)], pa.string())
        first += batch.num_rows
        if rejected:
            columns = [batch.column(name) for name in schema.REJECTS.names if name != "reason"]
            batch = pa.RecordBatch.from_arrays([*columns, why], schema=schema.REJECTS)  # noqa: PLW2901
        yield batch.filter(pc.is_valid(why) if rejected else pc.is_null(why))


def _schema_of(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({error})") from error


def main(
    labeled: Path, valid: Path, rejects: Path, results: Path, docs: Path, params: Params
) -> None:
    """Validate a table; fails, all outputs written, when too large a share was rejected.

    Great Expectations needs the columns it checks in memory: some 2.5 kB a row with its copies,
    5 kB for a row that fails (100,000 faces peaked at 540 MB, at 730 MB when all were bad).
    """
    written = _schema_of(labeled)
    labels = [label.name for label in labels_of(written.names)]
    table = read_flat(labeled, [*_READ, *labels], written)
    table = table.append_column(CONFLICT, conflicts(table, labels, params.near_duplicate_bits))
    with atomic_folder(docs) as site:
        reasons, outcomes = judge(table, labels, params, site)
        shutil.rmtree(site / "static", ignore_errors=True)  # logos and fonts no page of ours uses
    tables.write_batches(valid, written, _split(labeled, reasons, rejected=False))
    tables.write_batches(rejects, schema.REJECTS, _split(labeled, reasons, rejected=True))
    figures = metrics(table.num_rows, reasons, outcomes)
    tables.write_json(results, figures)
    gate(figures, params.max_rejected, docs)


if __name__ == "__main__":
    run(main)
