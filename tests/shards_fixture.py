"""Small folders of shards for tests, written by the writer of `stages.shard`."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_never

import numpy as np
from PIL import Image

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import LABELS
from stages.formats import tfrecord

LABELED = ("age", "gender", "eyeglasses")


def draw(count: int, labels: tuple[str, ...], size: int, seed: int) -> list[dict[str, Any]]:
    """Examples whose picture tells their labels: a stripe each, as bright as the value is high.

    A fifth of the values are missing.
    """
    chance = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        image = chance.integers(0, 40, (size, size, 3), dtype=np.uint8)
        row: dict[str, Any] = {
            "face_id": f"{seed}-{number}",
            "identity": f"person {number % 7}",
            "source": "drawn",
        }
        stripe = size // max(1, len(labels))
        for place, name in enumerate(labels):
            last = highest(LABELS[name])
            value = int(chance.integers(0, last + 1))
            image[place * stripe : (place + 1) * stripe] += np.uint8(200 * value / last)
            row[name] = shown(LABELS[name], value) if chance.random() < 0.8 else None
        rows.append(row | {"face": {"bytes": encode(image)}})
    return rows


def highest(label: Label) -> int:
    match label:
        case Number():
            return label.high
        case Category() | Binary():
            return len(label.classes) - 1
        case _:
            assert_never(label)


def shown(label: Label, value: int) -> int | str:
    return label.classes[value] if isinstance(label, Category) else value


def encode(image: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=92)
    return stream.getvalue()


def write(
    folder: Path, splits: Mapping[str, list[dict[str, Any]]], labels: tuple[str, ...], size: int
) -> Path:
    """Write each split's rows in shards of at most 64 and return the folder."""
    folder.mkdir(parents=True)
    writer = tfrecord.Writer(folder, [LABELS[name] for name in labels], size)
    lengths: dict[str, list[int]] = {}
    for split, rows in splits.items():
        parts = [rows[start : start + 64] for start in range(0, len(rows), 64)]
        for number, part in enumerate(parts):
            writer.write(tfrecord.file_name(split, number, len(parts)), part)
        if parts:
            lengths[split] = [len(part) for part in parts]
    writer.finish(lengths)
    return folder


def trial(
    folder: Path,
    train: int = 96,
    other: int = 32,
    size: int = 32,
    labels: tuple[str, ...] = LABELED,
) -> Path:
    """A folder with all three splits of drawn examples."""
    counts = {"train": train, "validation": other, "test": other}
    drawn = {
        split: draw(count, labels, size, seed)
        for seed, (split, count) in enumerate(counts.items())
        if count
    }
    return write(folder, drawn, labels, size)
