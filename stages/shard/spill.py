"""Rows spilled to disk, a file per shard, so that only one shard at a time is in memory."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa


def append(path: Path, batch: pa.RecordBatch) -> None:
    """Append rows to a file as another Arrow stream.

    The file is closed again at once, so that many shards do not need many open files.
    """
    with path.open("ab") as file, pa.ipc.new_stream(file, batch.schema) as writer:
        writer.write_batch(batch)


def read(path: Path) -> pa.Table:
    """All rows of a file in the order they were appended."""
    return pa.Table.from_batches(list(_batches(path)))


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path)) as file:
        while file.tell() < file.size():
            yield from pa.ipc.open_stream(file)
