"""The tables that the suites look at: flat columns of faces, and sizes of classes."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from stages.core import tables

ROWS = 8192  # no pixels: about 5 MB in flight


def flatten(batch: pa.RecordBatch) -> pa.RecordBatch:
    """`LABELED` columns as a suite can name them: a box's width and height, the keypoints' number.

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


def class_sizes(identities: list[str | None], rejected: Iterable[int]) -> pa.Table:
    """A row per identity in alphabetical order: how many of its faces are good so far.

    rejected: numbers of rows. Faces without an identity form no class.
    """
    bad = set(rejected)
    sizes = Counter({identity: 0 for identity in identities if identity is not None})
    sizes.update(
        identity
        for row, identity in enumerate(identities)
        if identity is not None and row not in bad
    )
    names = sorted(sizes)
    return pa.table(
        {
            "identity": pa.array(names, pa.string()),
            "faces_of_class": pa.array([sizes[name] for name in names], pa.int64()),
        }
    )
