"""Write the examples with their faces as TFRecord (a TFDS folder) and as Parquet shards.

A row's shard, and its place there, is sha256(seed, face_id): shuffled, and the same however the
rows came. Memory holds one shard at most: the rows are first put aside on the disk by shard.
"""

import hashlib
import logging
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import Field

from stages.labels import LABELS
from stages.shards import parquet, spill, tfrecord
from stages.shards.joining import KEY, join
from stages.shards.survey import survey
from stages.stage import InputError, Section, run
from stages.tables import appearing_folder, partitions, read_batches, write_json
from stages.training import devices

GROUP_ROWS = 256  # of a Parquet row group
log = logging.getLogger(__name__)

Stream = Callable[[], Iterator[pa.RecordBatch]]


class Params(Section):
    """The `shard` section of `params.yaml`."""

    shard_mb: float = Field(gt=0, le=1024)  # megabytes of faces in a shard
    seed: int


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
    counts: dict[str, Any] = {}
    for name in labels:
        known = rows[name].drop_null().to_pylist()
        classes = Counter(str(value).lower() for value in known)
        counts[name] = (
            len(known) if LABELS[name].kind == "number" else dict(sorted(classes.items()))
        )
    return counts


def write_shard(
    rows: pa.Table, name: tuple[str, int, int], records: tfrecord.Writer, tables: Path
) -> dict[str, Any]:
    """Write one shard (split, number, of how many) in both formats and describe it."""
    parts = [rows.slice(at, GROUP_ROWS) for at in range(0, rows.num_rows, GROUP_ROWS)]
    wanted = ["image", *KEY, *records.labels]
    examples = (row for part in parts for row in part.select(wanted).to_pylist())
    record, table = records.folder / tfrecord.file_name(*name), tables / parquet.file_name(*name)
    records.write(record.name, examples)
    parquet.write(table, records.labels, parts)
    return {
        "split": name[0],
        "rows": rows.num_rows,
        "tfrecord": {"file": record.name, "bytes": record.stat().st_size},
        "parquet": {"file": table.name, "bytes": table.stat().st_size},
        "labels": label_counts(rows, records.labels),
    }


def write_shards(
    stream: Stream, labels: list[str], records: Path, tables: Path, params: Params
) -> dict[str, Any]:
    """Read the rows twice, write both folders and return the figures."""
    found = survey(stream(), labels)
    records.parent.mkdir(parents=True, exist_ok=True)
    written: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory(dir=records.parent, prefix=".spill-") as aside,
        appearing_folder(records) as new_records,
        appearing_folder(tables) as new_tables,
    ):
        shards = put_aside(stream(), Path(aside), found.shards(params.shard_mb), params.seed)
        writer = tfrecord.Writer(new_records, labels, found.size)
        for split, paths in shards.items():
            for shard, path in enumerate(paths):
                rows = shuffled(path, params.seed)
                path.unlink()
                written.append(write_shard(rows, (split, shard, len(paths)), writer, new_tables))
        lengths = {name: [s["rows"] for s in written if s["split"] == name] for name in shards}
        writer.finish(lengths)
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
) -> None:
    """Join `FACES` and `EXAMPLES`, write TFRecord into `records` and Parquet into `tables`."""
    devices.quiet()
    first = next(read_batches([balanced]), None)
    if first is None:
        raise InputError(f"{balanced}: has no rows: nothing to write")
    labels = [name for name in first.schema.names if name in LABELS]
    pixels = partial(read_batches, partitions(faces, sources), [*KEY, "face"])
    figures = write_shards(
        lambda: join(read_batches([balanced]), pixels()), labels, records, tables, params
    )
    write_json(results, figures)
    log.info("wrote %d rows in %d shards", figures["rows"], len(figures["shards"]))


if __name__ == "__main__":
    run(main, sources="scrape.sources")
