"""Check every labeled face with Great Expectations; bad rows are rejected with the reason."""

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
from stages.core.program import InputError
from stages.core.scratch import atomic_folder
from stages.core.stage import run
from stages.validate import expectations
from stages.validate.columns import ROWS, class_sizes, read_flat
from stages.validate.conflicts import CONFLICT, conflicts
from stages.validate.expectations import RuleResult
from stages.validate.params import Params

_READ = ["face_id", "image_id", "identity", "phash", "width", "height", "box", "keypoints"]
_READ += ["confidence"]


def reasons_of(outcomes: Iterable[RuleResult]) -> dict[int, str]:
    """The first reason of every failing row, by its number."""
    reasons: dict[int, str] = {}
    for outcome in outcomes:
        for row in outcome.rows:
            reasons.setdefault(row, outcome.reason)
    return reasons


def judge(
    table: pa.Table, labels: list[str], params: Params, docs: Path
) -> tuple[dict[int, str], list[RuleResult]]:
    """Why rows of a flat table are rejected, by row number, and all outcomes; writes data docs.

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
    of_classes = expectations.check(project, "classes", classes, rules, ["identity"])
    small = {classes["identity"][row].as_py(): why for row, why in reasons_of(of_classes).items()}
    for row, identity in enumerate(identities):
        if identity in small:
            reasons.setdefault(row, small[identity])
    return reasons, [*outcomes, *of_classes]


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
        f"most often: {often}; see {docs / 'index.html'}"
    )


def _split(labeled: Path, reasons: dict[int, str], rejected: bool) -> Iterator[pa.RecordBatch]:
    """The rejected rows as `REJECTS`, or the others unchanged."""
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
