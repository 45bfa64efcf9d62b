"""Faces and examples of two sources, as `crop` and `undersample` would write them."""

import datetime
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from stages.core import label_schema, schema
from stages.core.labels.known import labels_of
from stages.core.tables import write_batches
from stages.shard.__main__ import main
from stages.shard.params import Params

NAMES = ["age", "gender", "eyeglasses"]
SOURCES = {"demo": "data/celebrities.csv", "folder": "pictures"}
SIZE = 16
Row = dict[str, Any]


def jpeg(seed: int, size: int = SIZE, mode: str = "RGB") -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "JPEG", quality=90)
    return file.getvalue()


def face(number: int, source: str = "demo", identity: str | None = "ann") -> Row:
    image_id = hashlib.sha256(f"{source} {identity} {number}".encode()).hexdigest()
    return {
        "image_id": image_id,
        "source": source,
        "identity": identity,
        "url": f"https://example.org/{number}.jpg",
        "fetched_at": datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC),
        "licence": "CC0",
        "face_id": f"{image_id}-0",
        "box": {"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0},
        "keypoints": [1.0] * 10,
        "confidence": 0.99,
        "faces_in_image": 1,
        "face": {"bytes": jpeg(number), "path": f"{image_id}-0.jpg"},
    }


def people() -> dict[tuple[str, str], list[Row]]:
    """Faces by (source, partition), in the order of the tables."""
    parts = {("demo", who): [face(n, "demo", who) for n in range(12)] for who in ("ann", "bob")}
    parts["folder", "part-0"] = [face(n, "folder", None) for n in range(12)]
    return {part: sorted(rows, key=lambda row: str(row["face_id"])) for part, rows in parts.items()}


def labels(number: int) -> Row:
    """Every third label is missing."""
    return {
        "age": None if number % 3 == 0 else float(number),
        "gender": None if number % 3 == 1 else ("male", "female")[number % 2],
        "eyeglasses": None if number % 3 == 2 else number % 2 == 0,
        "split": ("train", "train", "test", "validation")[number % 4],
    }


def examples() -> list[Row]:
    """All faces but every fifth, as `undersample` may leave them."""
    rows = [row for part in people().values() for row in part]
    return [row | labels(n) for n, row in enumerate(rows) if n % 5]


def write_faces(folder: Path, row_group: int = 5) -> None:
    for (source, name), rows in people().items():
        whole = pa.Table.from_pylist(rows, schema.FACES)
        path = folder / source / f"{name}.parquet"
        write_batches(path, schema.FACES, whole.to_batches(max_chunksize=row_group))


def write_inputs(folder: Path, row_group: int = 5) -> tuple[Path, Path]:
    write_faces(folder / "faces", row_group)
    whole = pa.Table.from_pylist(examples(), label_schema.examples(labels_of(NAMES)))
    batches = whole.to_batches(max_chunksize=row_group)
    write_batches(folder / "balanced.parquet", label_schema.examples(labels_of(NAMES)), batches)
    return folder / "faces", folder / "balanced.parquet"


def outputs(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "shards" / "tfrecord", folder / "shards" / "parquet", folder / "shard.json"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def batches(rows: list[Row], columns: pa.Schema, size: int) -> Iterator[pa.RecordBatch]:
    yield from pa.Table.from_pylist(rows, columns).to_batches(max_chunksize=size)


def write_shards(folder: Path) -> None:
    """Both formats, several shards of train, and the figures."""
    main(*write_inputs(folder), *outputs(folder), Params(shard_mb=0.003, seed=1), SOURCES)
