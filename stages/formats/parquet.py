"""Parquet shards that pandas, DuckDB and Hugging Face `datasets` open, pictures included."""

import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.labels import schemas
from stages.core.labels.known import labels_of
from stages.core.schema import PICTURE

# Read by `datasets` to show the struct as a picture; it infers the other columns.
HUGGING_FACE = {"info": {"features": {"image": {"_type": "Image"}}}}
# Columns whose values repeat. The others, the pixels above all, gain nothing from a dictionary.
REPEATING = ["source", "identity", "licence", "split"]
FIRST = ["image", "face_id", "identity", "source", "url", "licence"]


def file_name(split: str, shard: int, shards: int) -> str:
    """The name Hugging Face looks for: the split comes first."""
    return f"{split}-{shard:05}-of-{shards:05}.parquet"


def columns(labels: list[str]) -> pa.Schema:
    """`EXAMPLES` with the column `image`, in the order a reader looks at them."""
    fields = {field.name: field for field in schemas.examples(labels_of(labels))}
    fields["image"] = pa.field("image", PICTURE)
    order = [*FIRST, *(name for name in fields if name not in FIRST)]
    metadata = {"huggingface": json.dumps(HUGGING_FACE)}
    return pa.schema([fields[name] for name in order], metadata=metadata)


def write(path: Path, labels: list[str], tables: Iterable[pa.Table]) -> None:
    """Write one shard, a row group per table."""
    own = columns(labels)
    plain = [field.name for field in own if not pa.types.is_nested(field.type)]
    with pq.ParquetWriter(
        path,
        own,
        compression="zstd",
        use_dictionary=[*REPEATING, *(name for name in labels if name in plain)],
        write_statistics=plain,  # the smallest picture is of no use, and large
    ) as writer:
        for table in tables:
            writer.write_table(table.select(own.names).cast(own))
