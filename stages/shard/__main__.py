"""Write the examples with their faces as TFRecord (a TFDS folder) and as Parquet shards.

sha256(seed, face_id) decides a row's shard and its position there, so the shuffle is reproducible.
At most one shard is in memory: the rows are first written to a temporary file per shard, then each
shard is written on its own; with Ray several at a time.
"""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, assert_never

import pyarrow as pa

from stages.core import cluster
from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import labels_of
from stages.core.program import InputError
from stages.core.scratch import atomic_folder, temporary_folder
from stages.core.stage import run
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


def spill_rows(
    batches: Iterable[pa.RecordBatch], folder: Path, shards: dict[str, int], seed: int
) -> dict[str, list[Path]]:
    """Append every row to the file of its shard in `folder`; return each split's files in order.

    shards: the number of shards of each split. A shard that gets no row has no file and is not
    counted.
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


def label_counts(rows: pa.Table, labels: Iterable[Label]) -> dict[str, Any]:
    """By label: the number of rows with a value for a number, the number per class for others."""
    return {label.name: _count(label, rows[label.name].drop_null().to_pylist()) for label in labels}


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
    """A shard to write: the file of its rows, its split, its number, and how many there are."""

    rows: Path
    name: tuple[str, int, int]
    tfrecord_folder: Path
    parquet_folder: Path
    labels: tuple[Label, ...]
    size: int  # pixels
    seed: int


@cache
def writer_of(folder: Path, labels: tuple[Label, ...], size: int) -> tfrecord.Writer:
    """The writer of a TFRecord folder, made once per process: importing TensorFlow is slow."""
    devices.quiet()
    return tfrecord.Writer(folder, labels, size)


def write_shard(task: Task) -> dict[str, Any]:
    """Write one shard in both formats and describe it; may run in a worker process."""
    rows = shuffled(task.rows, task.seed)
    parts = [rows.slice(at, GROUP_ROWS) for at in range(0, rows.num_rows, GROUP_ROWS)]
    columns = ["face", *KEY, *(label.name for label in task.labels)]
    examples = (row for part in parts for row in part.select(columns).to_pylist())
    record = task.tfrecord_folder / tfrecord.file_name(*task.name)
    table = task.parquet_folder / parquet.file_name(*task.name)
    writer_of(task.tfrecord_folder, task.labels, task.size).write(record.name, examples)
    parquet.write(table, task.labels, parts)
    return {
        "split": task.name[0],
        "rows": rows.num_rows,
        "tfrecord": {"file": record.name, "bytes": record.stat().st_size},
        "parquet": {"file": table.name, "bytes": table.stat().st_size},
        "labels": label_counts(rows, task.labels),
    }


def write_each(tasks: list[Task], where: cluster.Cluster) -> Iterator[tuple[Task, dict[str, Any]]]:
    """Write the shards and return each one's description, in the order they finish.

    Without Ray all are written in this process: each further process would need the time and the
    memory of another TensorFlow.
    """
    if where.address is None:
        yield from ((task, write_shard(task)) for task in tasks)
        return
    with cluster.pool(where) as pool:
        yield from pool.map_unordered(write_shard, tasks)


def write_shards(
    stream: Stream,
    labels: Sequence[Label],
    tfrecord_folder: Path,
    parquet_folder: Path,
    params: Params,
    where: cluster.Cluster,
) -> dict[str, Any]:
    """Read the rows twice, write both folders and return the figures."""
    faces = survey(stream(), labels)
    with (
        temporary_folder() as spilled,
        atomic_folder(tfrecord_folder) as new_tfrecord,
        atomic_folder(parquet_folder) as new_parquet,
    ):
        shards = spill_rows(stream(), spilled, faces.shards(params.shard_mb), params.seed)
        common = (new_tfrecord, new_parquet, tuple(labels), faces.size, params.seed)
        tasks = [
            Task(path, (split, number, len(paths)), *common)
            for split, paths in shards.items()
            for number, path in enumerate(paths)
        ]
        described = {}
        for task, figures in write_each(tasks, where):
            task.rows.unlink()
            described[task.name] = figures
        written = [described[task.name] for task in tasks]
        lengths = {name: [s["rows"] for s in written if s["split"] == name] for name in shards}
        writer_of(new_tfrecord, tuple(labels), faces.size).finish(lengths)
    splits = {
        name: {"rows": faces.rows[name], "bytes": faces.bytes[name], "shards": len(paths)}
        for name, paths in shards.items()
    }
    return {"rows": faces.rows.total(), "size": faces.size, **splits, "shards": written}


def main(
    faces: Path,
    balanced: Path,
    tfrecord_folder: Path,
    parquet_folder: Path,
    metrics: Path,
    params: Params,
    sources: dict[str, str],
    where: Mapping[str, Any] = cluster.HERE,
) -> None:
    """Join `FACES` and `EXAMPLES`, write both folders of shards and their figures."""
    first = next(read_batches([balanced]), None)
    if first is None:
        raise InputError(
            f"{balanced}: has no rows, so there is no face to write; results/data/*.json say what "
            "each stage left out"
        )
    pixels = partial(read_batches, partitions(faces, sources), [*KEY, "face"])
    figures = write_shards(
        lambda: join(read_batches([balanced]), pixels()),
        labels_of(first.schema.names),
        tfrecord_folder,
        parquet_folder,
        params,
        cluster.read(where),
    )
    write_json(metrics, figures)
    log.info("wrote %d rows in %d shards", figures["rows"], len(figures["shards"]))


if __name__ == "__main__":
    from stages.shard import __main__ as shard  # noqa: PLW0406  workers find it by this name, not as __main__

    run(shard.main, sources="scrape.sources", where="cluster")
