"""Write the examples with their faces as TFRecord (a TFDS folder) and as Parquet shards.

A row's shard, and its place there, is sha256(seed, face_id): shuffled, and the same however the
rows came. Memory holds one shard at most: the rows are first put aside on the disk by shard. Then
each shard is written by itself: here one after the other, on Ray side by side.
"""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, assert_never

import pyarrow as pa

from stages.core import cluster
from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import LABELS, labels_of
from stages.core.program import InputError, run
from stages.core.scratch import atomic_folder, temporary_folder
from stages.core.tables import partitions, read_batches, write_json
from stages.formats import parquet, tfrecord
from stages.network import devices
from stages.shard import spill
from stages.shard.joining import KEY, join
from stages.shard.params import Params
from stages.shard.survey import survey

GROUP_ROWS = 256  # of a Parquet row group
log = logging.getLogger(__name__)

Stream = Callable[[], Iterator[pa.RecordBatch]]


def order_of(face_id: str, seed: int) -> int:
    """A face's place in the shuffled split, 0 to 2^64 - 1."""
    return int.from_bytes(hashlib.sha256(f"{seed}\x1f{face_id}".encode()).digest()[:8], "big")


def put_aside(
    batches: Iterable[pa.RecordBatch], folder: Path, shards: dict[str, int], seed: int
) -> dict[str, list[Path]]:
    """Append every row to the file of its shard in `folder`; the files of each split, in order.

    Few rows in many shards may leave one empty: it has no file and is not counted.
    """
    for batch in batches:
        members: dict[str, list[int]] = defaultdict(list)
        columns = (batch.column(name).to_pylist() for name in ("split", "face_id"))
        for index, (split, face_id) in enumerate(zip(*columns, strict=True)):
            shard = order_of(face_id, seed) * shards[split] >> 64
            members[f"{split}-{shard:09}"].append(index)
        for name, indices in members.items():
            spill.append(folder / name, batch.take(pa.array(indices)))
    return {split: sorted(folder.glob(f"{split}-*")) for split in shards}


def shuffled(path: Path, seed: int) -> pa.Table:
    """The rows of a spill file in their final order."""
    rows = spill.read(path).combine_chunks()
    keys = list(zip(*(rows[name].to_pylist() for name in ("face_id", *KEY, "url")), strict=True))
    places = [(order_of(key[0], seed), *(text or "" for text in key)) for key in keys]
    return rows.take(pa.array(sorted(range(len(places)), key=places.__getitem__), pa.int64()))


def label_counts(rows: pa.Table, labels: list[str]) -> dict[str, Any]:
    """How many rows have a number; how many have each class."""
    return {name: _count(LABELS[name], rows[name].drop_null().to_pylist()) for name in labels}


def _count(label: Label, known: list[Any]) -> int | dict[str, int]:
    match label:
        case Number():
            return len(known)
        case Category() | Binary():
            return dict(sorted(Counter(str(value).lower() for value in known).items()))
        case _:
            assert_never(label)


@dataclass(frozen=True)
class Task:
    """A shard to write: the rows put aside for it, its name (split, number, of how many)."""

    aside: Path
    name: tuple[str, int, int]
    records: Path
    tables: Path
    labels: tuple[str, ...]
    size: int  # pixels
    seed: int


@cache
def records_of(folder: Path, labels: tuple[str, ...], size: int) -> tfrecord.Writer:
    """What writes TFRecord into a folder; one in a process, for TensorFlow takes seconds."""
    devices.quiet()
    return tfrecord.Writer(folder, list(labels), size)


def write_shard(task: Task) -> dict[str, Any]:
    """Write one shard in both formats and describe it; may run in a worker process."""
    rows, labels = shuffled(task.aside, task.seed), list(task.labels)
    parts = [rows.slice(at, GROUP_ROWS) for at in range(0, rows.num_rows, GROUP_ROWS)]
    wanted = ["image", *KEY, *labels]
    examples = (row for part in parts for row in part.select(wanted).to_pylist())
    record = task.records / tfrecord.file_name(*task.name)
    table = task.tables / parquet.file_name(*task.name)
    records_of(task.records, task.labels, task.size).write(record.name, examples)
    parquet.write(table, labels, parts)
    return {
        "split": task.name[0],
        "rows": rows.num_rows,
        "tfrecord": {"file": record.name, "bytes": record.stat().st_size},
        "parquet": {"file": table.name, "bytes": table.stat().st_size},
        "labels": label_counts(rows, labels),
    }


def write_each(tasks: list[Task], where: cluster.Cluster) -> Iterator[tuple[Task, dict[str, Any]]]:
    """Each shard's description when it is written.

    Here in this process: others would each take the seconds and the memory of TensorFlow again.
    """
    if where.address is None:
        yield from ((task, write_shard(task)) for task in tasks)
        return
    with cluster.pool(where) as pool:
        yield from pool.map_unordered(write_shard, tasks)


def write_shards(
    stream: Stream,
    labels: list[str],
    records: Path,
    tables: Path,
    params: Params,
    where: cluster.Cluster,
) -> dict[str, Any]:
    """Read the rows twice, write both folders and return the figures."""
    found = survey(stream(), labels)
    with (
        temporary_folder() as aside,
        atomic_folder(records) as new_records,
        atomic_folder(tables) as new_tables,
    ):
        shards = put_aside(stream(), aside, found.shards(params.shard_mb), params.seed)
        made_of = (new_records, new_tables, tuple(labels), found.size, params.seed)
        tasks = [
            Task(path, (split, number, len(paths)), *made_of)
            for split, paths in shards.items()
            for number, path in enumerate(paths)
        ]
        described = {}
        for task, figures in write_each(tasks, where):
            task.aside.unlink()
            described[task.name] = figures
        written = [described[task.name] for task in tasks]
        lengths = {name: [s["rows"] for s in written if s["split"] == name] for name in shards}
        records_of(new_records, tuple(labels), found.size).finish(lengths)
    splits = {
        name: {"rows": found.rows[name], "bytes": found.bytes[name], "shards": len(paths)}
        for name, paths in shards.items()
    }
    return {"rows": found.rows.total(), "size": found.size, **splits, "shards": written}


def main(
    faces: Path,
    balanced: Path,
    records: Path,
    tables: Path,
    results: Path,
    params: Params,
    sources: dict[str, str],
    where: Mapping[str, Any] = cluster.HERE,
) -> None:
    """Join `FACES` and `EXAMPLES`, write TFRecord into `records` and Parquet into `tables`."""
    first = next(read_batches([balanced]), None)
    if first is None:
        raise InputError(f"{balanced}: has no rows: nothing to write")
    labels = [label.name for label in labels_of(first.schema.names)]
    pixels = partial(read_batches, partitions(faces, sources), [*KEY, "face"])
    figures = write_shards(
        lambda: join(read_batches([balanced]), pixels()),
        labels,
        records,
        tables,
        params,
        cluster.read(where),
    )
    write_json(results, figures)
    log.info("wrote %d rows in %d shards", figures["rows"], len(figures["shards"]))


if __name__ == "__main__":
    from stages.shard import __main__ as shard  # noqa: PLW0406  workers find it by this name, not as __main__

    run(shard.main, sources="scrape.sources", where="cluster")
