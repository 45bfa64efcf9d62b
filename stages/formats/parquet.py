"""Parquet shards, faces included, that pandas, DuckDB and Hugging Face `datasets` open."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stages.core import label_schema
from stages.core.labels.kinds import Label
from stages.core.schema import PICTURE
from stages.core.tables import read_batches

# What `datasets` reads to show the struct as a picture; it infers the other columns.
HUGGING_FACE = {"info": {"features": {"face": {"_type": "Image"}}}}
# Columns whose values repeat. The others gain nothing from a dictionary, faces least of all.
REPEATING = ["source", "identity", "licence", "split"]
FIRST = ["face", "face_id", "identity", "source", "url", "licence"]


def file_name(split: str, shard: int, shards: int) -> str:
    """The name that Hugging Face looks for: the split comes first."""
    return f"{split}-{shard:05}-of-{shards:05}.parquet"


def columns(labels: Iterable[Label]) -> pa.Schema:
    """`EXAMPLES` with the column `face`; the columns that people look at come first."""
    fields = {field.name: field for field in label_schema.examples(labels)}
    fields["face"] = pa.field("face", PICTURE)
    order = [*FIRST, *(name for name in fields if name not in FIRST)]
    metadata = {"huggingface": json.dumps(HUGGING_FACE)}
    return pa.schema([fields[name] for name in order], metadata=metadata)


def write(path: Path, labels: Iterable[Label], tables: Iterable[pa.Table]) -> None:
    """Write one shard, a row group per table."""
    labels = list(labels)
    own = columns(labels)
    plain = [field.name for field in own if not pa.types.is_nested(field.type)]
    with pq.ParquetWriter(
        path,
        own,
        compression="zstd",
        use_dictionary=[*REPEATING, *(label.name for label in labels)],
        write_statistics=plain,  # of faces, statistics would store the smallest and largest again
    ) as writer:
        for table in tables:
            writer.write_table(table.select(own.names).cast(own))


def faces(paths: Iterable[Path]) -> Iterator[bytes]:
    """The JPEG bytes of every face of some shards, in their order, a row group at a time."""
    for batch in read_batches(paths, ["face"]):
        yield from (face["bytes"] for face in batch.column("face").to_pylist())
