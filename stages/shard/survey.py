"""A first pass over the rows to shard: number, size, and whether they can be written."""

import io
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image, UnidentifiedImageError

from stages.core.labels.kinds import Category, Label
from stages.core.program import InputError
from stages.core.schema import SPLITS

MEGABYTE = 1_000_000


@dataclass
class Survey:
    """The rows and the bytes of faces in each split, and a face's width in pixels."""

    rows: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    size: int = 0  # pixels

    def shards(self, megabytes: float) -> dict[str, int]:
        """The number of shards of each split that has rows."""
        most = megabytes * MEGABYTE
        return {
            split: max(1, math.ceil(self.bytes[split] / most))
            for split in SPLITS
            if self.rows[split]
        }


def survey(batches: Iterable[pa.RecordBatch], labels: Iterable[Label]) -> Survey:
    """Count rows and bytes; `InputError` names the first face or value that cannot be written."""
    counts = Survey()
    for batch in batches:
        check_values(batch, labels)
        columns = (batch.column(name).to_pylist() for name in ("split", "face_id", "face"))
        for split, face_id, face in zip(*columns, strict=True):
            counts.rows[split] += 1
            counts.bytes[split] += len(face["bytes"])
            size = width_of(face["bytes"], face_id)
            if counts.size not in (0, size):
                sizes = f"{size} pixels wide, those before it {counts.size}"
                raise InputError(f"face {face_id} is {sizes}: one size a data set; run crop again")
            counts.size = size
    return counts


def check_values(batch: pa.RecordBatch, labels: Iterable[Label]) -> None:
    """`InputError` for a split or a class that does not exist."""
    allowed = {label.name: label.classes for label in labels if isinstance(label, Category)}
    for name, values in ({"split": SPLITS} | allowed).items():
        for value in pc.unique(batch.column(name)).to_pylist():
            if value not in values and (value is not None or name == "split"):
                raise InputError(f"{name} = {value!r}: must be one of {', '.join(values)}")


def width_of(jpeg: bytes, face_id: str) -> int:
    """The width of a square colour JPEG; `InputError` for anything else."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            (width, height), mode = image.size, image.mode
    except (UnidentifiedImageError, OSError, SyntaxError):
        raise InputError(f"face {face_id} is not a JPEG; run crop again") from None
    if width != height or mode != "RGB":
        raise InputError(f"face {face_id} is {width}×{height} {mode}: must be a square in RGB")
    return width
