"""Does `shard` need more memory for more pictures? Peak resident memory at N and at 10 N.

`python -m benchmarks.shard_memory`, about a minute. The target is a ratio of 1.10 at most. Some
770 MB are TensorFlow and TFDS themselves, before the first row.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml
from PIL import Image

from benchmarks import machine
from stages import schema
from stages.tables import write_batches, write_json, write_rows

PICTURES = 2_000
TIMES = 10
SIDE = 160  # pixels; of noise, some 24 kB a face
PARTITION = 500
SHARD_MB = 8.0
TARGET = 1.10
RESULTS = Path(__file__).parent / "results" / "shard_memory.json"
ROOT = Path(__file__).parents[1]
PACKAGES = ("pyarrow", "tensorflow", "tensorflow-datasets")

Row = dict[str, object]


def noise(number: int) -> bytes:
    """A JPEG that no other number has."""
    pixels = np.random.default_rng(number).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    return file.getvalue()


def rows(start: int) -> list[Row]:
    """A partition's faces, with labels."""
    own = []
    for number in range(start, start + PARTITION):
        face_id = f"{hashlib.sha256(str(number).encode()).hexdigest()}-0"
        own.append(
            {
                "source": "folder",
                "identity": f"person-{number // 20}",
                "face_id": face_id,
                "face": {"bytes": noise(number), "path": f"{face_id}.jpg"},
                "age": float(number % 100),
                "gender": "female",
                "split": "test" if number % 10 == 0 else "train",
            }
        )
    return own


def write_inputs(folder: Path, pictures: int) -> None:
    """The faces, the examples and params.yaml, a partition in memory at a time."""
    columns = schema.examples(["age", "gender"])

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, pictures, PARTITION):
            own = rows(start)
            write_rows(folder / f"faces/folder/part-{start:06}.parquet", schema.FACES, own)
            yield from pa.Table.from_pylist(own, columns).to_batches()

    write_batches(folder / "balanced.parquet", columns, batches())
    params = {"scrape": {"sources": {"folder": ""}}, "shard": {"shard_mb": SHARD_MB, "seed": 1}}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")


def measure(pictures: int) -> dict[str, float]:
    """Peak resident memory of a child that runs the stage, MB, and its seconds."""
    arguments = ["faces", "balanced.parquet", "tfrecord", "parquet", "shard.json"]
    with tempfile.TemporaryDirectory() as name:
        write_inputs(Path(name), pictures)
        began = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-m", "stages.shard", *arguments],
            cwd=name,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            sys.exit(f"stages.shard ended with status {status}")
        seconds = time.monotonic() - began
        figures = json.loads((Path(name) / "shard.json").read_text(encoding="utf-8"))
    return {
        "pictures": pictures,
        "megabytes_of_faces": round(sum(figures[s]["bytes"] for s in ("train", "test")) / 1e6, 1),
        "shards": len(figures["shards"]),
        "peak_mb": round(usage.ru_maxrss * 1024 / 1e6, 1),  # Linux counts in KiB
        "seconds": round(seconds, 1),
    }


def main() -> None:
    """Measure both, print and keep the figures."""
    small, large = measure(PICTURES), measure(PICTURES * TIMES)
    ratio = round(large["peak_mb"] / small["peak_mb"], 3)
    for one in (small, large):
        print(", ".join(f"{name} {value}" for name, value in one.items()))
    print(f"ratio {ratio} (target at most {TARGET})")
    figures = {"small": small, "large": large, "ratio": ratio, "target": TARGET}
    write_json(RESULTS, figures | {"machine": machine.facts(PACKAGES)})


if __name__ == "__main__":
    main()
