"""What one and a hundred million pictures would take: the table of docs/scale.md.

    python -m benchmarks.scale [--measure]

Rates are those of benchmarks/results. `--measure` first measures what no other benchmark does: what
DVC takes per file of a folder, shard's two halves, and split's memory and time per face. It takes
about five minutes. All else is multiplication: nothing here was run at such a size.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks import machine
from benchmarks.memory import faces, highest
from benchmarks.table import read
from stages.core import label_schema
from stages.core.cluster import Cluster
from stages.core.labels.known import AGE, GENDER
from stages.core.tables import partitions, read_batches, write_json
from stages.pictures.copies import HASH_BITS, near_pairs
from stages.shard import __main__ as shard
from stages.shard.joining import KEY, join
from stages.shard.survey import survey

RESULTS = Path(__file__).parent / "results" / "scale.json"
SIZES = (1_000_000, 100_000_000)
FILES = (1_000, 4_000)  # of a folder that DVC watches
SHARDED, SPLIT = 6_000, (50_000, 200_000)  # faces
PICTURE, FACE = 150_000, 4_000  # bytes: as searches give them; of 96 pixels, as the demo's
EACH = 50  # pictures kept of a class
PAGES = 3  # result pages read for a class
COPIES = {"picture": 3, "face": 6}  # store, DVC's cache, answers; faces also as two kinds of shard
HASHES, BITS = 400_000, 4  # hashes to compare; split.near_duplicate_bits
PACKAGES = ("dvc", "pyarrow", "numpy", "scipy", "tensorflow")


def dvc(folder: Path, *arguments: str) -> float:
    """Seconds of a DVC command."""
    begin = time.perf_counter()
    program = Path(sys.executable).with_name("dvc")
    subprocess.run([program, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def dvc_per_file() -> dict[str, float]:
    """Milliseconds a file: to add a folder of new ones, to add it after one more, to look again."""
    found: dict[int, dict[str, float]] = {}
    for count in FILES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "out").mkdir()
            for number in range(count):
                (folder / f"out/{number:06}.parquet").write_bytes(os.urandom(8_000))
            dvc(folder, "init", "--no-scm", "--quiet")
            took = {"add": dvc(folder, "add", "--quiet", "out")}
            (folder / "out/one-more.parquet").write_bytes(b"new")
            took["add after one more"] = dvc(folder, "add", "--quiet", "out")
            took["status"] = dvc(folder, "status", "--quiet")
            found[count] = took
    few, many = (found[count] for count in FILES)
    return {name: 1000 * (many[name] - few[name]) / (FILES[1] - FILES[0]) for name in few}


def shard_halves() -> dict[str, float]:
    """Seconds per 1,000 faces: reading and putting aside by one process, writing by any worker."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        faces(folder, SHARDED)
        pixels = partial(read_batches, partitions(folder / "faces", ["demo"]), [*KEY, "face"])

        def stream() -> Any:
            return join(read_batches([folder / "balanced.parquet"]), pixels())

        (folder / "aside").mkdir()
        begin = time.perf_counter()
        found = survey(stream(), ["age", "gender"])
        paths = shard.put_aside(stream(), folder / "aside", found.shards(16.0), 1)
        half = time.perf_counter()
        made_of = (folder, folder, ("age", "gender"), found.size, 1)
        tasks = [
            shard.Task(path, (split, number, len(own)), *made_of)
            for split, own in paths.items()
            for number, path in enumerate(own)
        ]
        shard.records_of(folder, *made_of[2:4])  # TensorFlow's start is not counted
        start = time.perf_counter()
        list(shard.write_each(tasks, Cluster(address=None, workers=None)))
        end = time.perf_counter()
    return {"read": 1000 * (half - begin) / SHARDED, "write": 1000 * (end - start) / SHARDED}


def split_once(rows: int) -> tuple[float, float]:
    """Seconds, and the process's highest memory in bytes, to split so many faces."""
    from stages.split.__main__ import split
    from stages.split.params import Params

    chance = np.random.default_rng(1)
    hashes = [f"{number:016x}" for number in chance.integers(0, 2**63, rows)]
    columns: dict[str, Any] = {name: pa.nulls(rows, kind) for name, kind in _columns()}
    columns |= {
        "image_id": [f"{number:064x}" for number in range(rows)],
        "phash": hashes,
        "identity": [f"person-{number // EACH:08}" for number in range(rows)],
        "url": [
            f"https://host-{number % 999}.example/pictures/{number}.jpg" for number in range(rows)
        ],
        "gender": ["female" if number % 3 else "male" for number in range(rows)],
    }
    table = pa.table(columns, label_schema.labeled([AGE, GENDER]))
    params = Params(
        by="identity", validation=0.1, test=0.1, near_duplicate_bits=4, keep_official_split=False,
        stratify=["gender"], seed=1,
    )  # fmt: skip
    begin = time.perf_counter()
    split(table, params)
    return time.perf_counter() - begin, 1e6 * highest(os.getpid())


def _columns() -> list[tuple[str, pa.DataType]]:
    return [(field.name, field.type) for field in label_schema.labeled([AGE, GENDER])]


def split_per_face() -> dict[str, float]:
    """Seconds per million faces, bytes per face; each size in a process of its own."""
    took = []
    for rows in SPLIT:
        with get_context("spawn").Pool(1) as pool:
            took.append(pool.apply(split_once, (rows,)))
    (some, low), (many, high) = took
    step = SPLIT[1] - SPLIT[0]
    return {"seconds": 1e6 * (many - some) / step, "bytes": (high - low) / step}


def compared_a_second() -> float:
    """Pairs of hashes that split's search for near-duplicates compares in a second."""
    hashes = np.unique(np.random.default_rng(1).integers(0, 2**63, HASHES).astype(np.uint64))
    begin = time.perf_counter()
    near_pairs(hashes, BITS)
    return compared(HASHES) / (time.perf_counter() - begin)


def compared(hashes: int) -> float:
    """Pairs among so many hashes that agree in one band at least (stages/pictures/copies.py)."""
    bands = BITS + 1
    return hashes**2 / 2 * bands / 2 ** (HASH_BITS / bands)


def measure() -> None:
    found = {"dvc": dvc_per_file(), "shard": shard_halves(), "split": split_per_face()}
    found["split"]["compared_a_second"] = compared_a_second()
    write_json(RESULTS, {**found, "machine": machine.facts(PACKAGES)})


def rows(pictures: int) -> list[tuple[str, str]]:
    """What so many pictures take, by name; times are of one core where nothing else is said."""
    own, classes = read("scale"), pictures / EACH
    crop = read("crop")["pictures_per_second"]["ours, 2 workers"] / 2
    fetch = read("scrape")["processor_seconds_per_picture"]["ours, a list"]
    stored = pictures * (COPIES["picture"] * PICTURE + COPIES["face"] * FACE)
    return [
        ("classes, so partitions of scrape and of crop", f"{classes:,.0f}"),
        ("result pages of one search site, a second apart", span(classes * PAGES)),
        ("fetching, processor", span(pictures * fetch)),
        ("fetching, line at 100 MB/s", span(pictures * PICTURE / 1e8)),
        ("crop, one core", span(pictures / crop)),
        ("crop, 64 cores", span(pictures / crop / 64)),
        ("shard, reading: one process", span(pictures * own["shard"]["read"] / 1000)),
        ("shard, writing: one core", span(pictures * own["shard"]["write"] / 1000)),
        ("split, memory", f"{pictures * own['split']['bytes'] / 1e9:,.1f} GB"),
        (
            "split, comparing perceptual hashes",
            span(compared(pictures) / own["split"]["compared_a_second"]),
        ),
        ("disk, pictures and faces with their copies", f"{stored / 1e12:,.1f} TB"),
        ("DVC, first look at both folders' files", span(2 * classes * own["dvc"]["add"] / 1000)),
        (
            "DVC, after one class more",
            span(2 * classes * own["dvc"]["add after one more"] / 1000),
        ),
    ]


def span(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"


def table() -> str:
    """Markdown."""
    columns = [rows(size) for size in SIZES]
    lines = ["| | 1 million pictures | 100 million |", "|---|---|---|"]
    both = zip(*columns, strict=True)
    return "\n".join([*lines, *(f"| {name} | {few} | {many} |" for (name, few), (_, many) in both)])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--measure", action="store_true")
    if parser.parse_args().measure:
        measure()
    print(json.dumps({name: read("scale")[name] for name in ("dvc", "shard", "split")}))
    print(table())


if __name__ == "__main__":
    main()
