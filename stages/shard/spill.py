"""Rows put aside on the disk, one file a shard, so that no more than one shard is in memory."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa


def append(path: Path, batch: pa.RecordBatch) -> None:
    """Add rows to a file as one more Arrow stream; the file is open only meanwhile.

    So a thousand shards take no more open files than one.
    """
    with path.open("ab") as file, pa.ipc.new_stream(file, batch.schema) as writer:
        writer.write_batch(batch)


def read(path: Path) -> pa.Table:
    """All rows of a file in the order they came."""
    return pa.Table.from_batches(list(_batches(path)))


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path)) as file:
        while file.tell() < file.size():
            yield from pa.ipc.open_stream(file)
