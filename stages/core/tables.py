"""Reading and writing Arrow tables: whole files or none, the same bytes for the same rows."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.program import InputError
from stages.core.scratch import atomic_path

BATCH_ROWS = 256  # pictures of some 100 kB: about 25 MB in flight
GROUP_BYTES = 1_000_000  # of rows; smaller batches are gathered into a row group of that size


def write_batches(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Stream record batches to one Parquet file and return the number of rows."""
    rows = 0
    with (
        atomic_path(path) as beside,
        pq.ParquetWriter(beside, schema, compression="zstd") as writer,
    ):
        for group in _row_groups(batches):
            writer.write_table(group)
            rows += group.num_rows
    return rows


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """One for every few rows would take more memory and space than the rows."""
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size >= GROUP_BYTES:
            yield pa.Table.from_batches(held)
            held, size = [], 0
    if held:
        yield pa.Table.from_batches(held)


def write_rows(path: Path, schema: pa.Schema, rows: list[dict[str, Any]]) -> int:
    """Write dictionaries, one a row, as one Parquet file and return their number."""
    with atomic_path(path) as beside:
        _write_few(beside, pa.Table.from_pylist(rows, schema))
    return len(rows)


def to_parquet(table: pa.Table) -> bytes:
    """A table of a few rows as the Parquet file that `write_rows` makes of them, in memory."""
    sink = pa.BufferOutputStream()
    _write_few(sink, table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _write_few(sink: Any, table: pa.Table) -> None:
    """For many small files, whose making, and reading, is their cost.

    LZ4, and no dictionaries, as the others take longer to set up than to run; statistics but of
    the pictures, where the smallest and the largest would be in the file a second time.
    """
    plain = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
    with pq.ParquetWriter(
        sink, table.schema, compression="lz4", use_dictionary=False, write_statistics=plain
    ) as writer:
        writer.write_table(table)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write metrics as DVC reads them: sorted by the caller, indented, ending in a newline."""
    with atomic_path(path) as beside:
        beside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_batches(
    paths: Iterable[Path], columns: list[str] | None = None, rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Stream the rows of Parquet files in order; `InputError` names a file that is damaged."""
    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                # One column holds nearly all bytes: threads cost more than they give.
                yield from file.iter_batches(rows, columns=columns, use_threads=False)
        except (pa.ArrowInvalid, OSError) as error:
            raise InputError(f"{path}: not a readable Parquet file ({error})") from error


def count_rows(path: Path) -> int:
    """How many rows a Parquet file has; `InputError` when it is damaged."""
    try:
        rows: int = pq.read_metadata(path).num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({error})") from error
    return rows


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """A whole table, for those without pictures; `InputError` when the file is damaged."""
    batches = list(read_batches([path], columns))
    if batches:
        return pa.Table.from_batches(batches)
    # Not pq.read_table: it imports pandas and takes several times longer, for each of many files.
    with pq.ParquetFile(path) as file:
        return file.read(columns)


def partitions(folder: Path, sources: Iterable[str]) -> list[Path]:
    """The partition files of the named sources, in the order every later table keeps."""
    return [
        path for source in sorted(sources) for path in sorted((folder / source).glob("*.parquet"))
    ]


def count_reasons(attempts: pa.Table) -> dict[str, int]:
    """How often each reason stands in a table, most frequent first."""
    reasons = Counter(attempts["reason"].drop_null().to_pylist())
    return dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
