"""Does a stage need more memory for more pictures? Peaks at N and at 10 N, ratio 1.10 at most.

    python -m benchmarks.memory [--stages scrape crop shard]

Each run is a process of its own on equal partitions; what counts is the kernel's own record of its
highest resident memory (VmHWM), of the stage's process and of the largest of its workers. The site
that `scrape` asks runs in the stage's process and counts too. Takes about five minutes.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # ships no types
import pyarrow as pa
import yaml

from benchmarks import machine
from benchmarks.pictures import drawn, noise, variants
from stages.core import label_schema, schema
from stages.core.labels.known import AGE, GENDER
from stages.core.tables import write_batches, write_json, write_rows

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "memory.json"
TIMES, TARGET = 10, 1.10
POLL = 0.02  # seconds between two looks
VARIANTS = 50  # pictures; others are these with a few bytes behind their end
PACKAGES = ("pyarrow", "onnxruntime", "tensorflow", "tensorflow-datasets", "icrawler")
SECTIONS = {
    # Both runs have more classes than are under way at once: 4 times the threads.
    "scrape": {"site": "site", "sources": {"demo": "celebrities.csv"}, "threads": 16},
    "shard": {"shard_mb": 8.0},
}

ROLES = ("stage", "worker")
Row = dict[str, Any]


def site(folder: Path, count: int, each: int = 10) -> None:
    """Classes of `each` pictures, 24 kB a picture, in a folder for source `demo` to serve."""
    picture = variants([noise(seed, 160) for seed in range(VARIANTS)])
    names = [f"person-{number:06}" for number in range(count // each)]
    for number in range(count):
        path = folder / "site" / names[number // each] / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number))
    rows = [f"{name},{name}" for name in names]
    (folder / "celebrities.csv").write_text("\n".join(["identity,query", *rows]) + "\n")
    (folder / "forgotten.csv").write_text("kind,sha256\n")


def images(folder: Path, count: int, each: int = 15) -> None:
    """Partitions of `each` drawn people."""
    picture = variants(list(drawn(VARIANTS)))
    for start in range(0, count, each):
        rows = [image(number, picture(number)) for number in range(start, start + each)]
        write_rows(folder / f"images/demo/part-{start:06}.parquet", schema.IMAGES, rows)


def image(number: int, data: bytes) -> Row:
    image_id = hashlib.sha256(data).hexdigest()
    person = {"source": "demo", "identity": f"person-{number // 15}", "image_id": image_id}
    return person | {"image": {"bytes": data, "path": f"{image_id}.jpg"}}


def faces(folder: Path, count: int, each: int = 500) -> None:
    """Partitions of `each` faces of 24 kB, and their rows with labels and a split."""
    picture = variants([noise(seed, 160) for seed in range(VARIANTS)])
    columns = label_schema.examples([AGE, GENDER])

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, count, each):
            rows = [face(number, picture(number)) for number in range(start, start + each)]
            write_rows(folder / f"faces/demo/part-{start:06}.parquet", schema.FACES, rows)
            yield from pa.Table.from_pylist(rows, columns).to_batches()

    write_batches(folder / "balanced.parquet", columns, batches())


def face(number: int, data: bytes) -> Row:
    face_id = f"{hashlib.sha256(data).hexdigest()}-0"
    return {
        "source": "demo",
        "identity": f"person-{number // 20}",
        "face_id": face_id,
        "face": {"bytes": data, "path": f"{face_id}.jpg"},
        "age": float(number % 100),
        "gender": "female",
        "split": "test" if number % 10 == 0 else "train",
    }


@dataclasses.dataclass(frozen=True)
class Case:
    """A stage's inputs for so many pictures, its arguments, N, and what it counts as done."""

    prepare: Callable[[Path, int], None]
    arguments: str
    pictures: int
    result: str


CASES = {
    "scrape": Case(
        site,
        "demo celebrities.csv forgotten.csv .store images attempts.parquet figures.json",
        800,
        "kept",
    ),
    "crop": Case(images, "images/demo .store faces rejects.parquet figures.json", 150, "faces"),
    "shard": Case(faces, "faces balanced.parquet tfrecord parquet figures.json", 2_000, "rows"),
}


def measure(stage: str, pictures: int) -> dict[str, Any]:
    """Peaks in MB of the stage's process and of its largest worker (0: it has none)."""
    case = CASES[stage]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case.prepare(folder, pictures)
        params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        params |= {section: params[section] | values for section, values in SECTIONS.items()}
        (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
        begin = time.monotonic()
        command = [sys.executable, "-m", f"stages.{stage}", *case.arguments.split()]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with (folder / "log").open("w") as log:
            child = subprocess.Popen(command, cwd=folder, env=environment, stderr=log)
            peaks = watch(child)
        seconds = round(time.monotonic() - begin, 1)
        if child.returncode:
            sys.exit(f"stages.{stage} failed:\n{(folder / 'log').read_text()[-2000:]}")
        figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    return {"pictures": pictures, "came_out": figures[case.result], "seconds": seconds, **peaks}


def watch(child: "subprocess.Popen[bytes]") -> dict[str, float]:
    """Look at a process and those below it until it ends."""
    peaks = dict.fromkeys(ROLES, 0.0)
    whole = psutil.Process(child.pid)
    while child.poll() is None:
        with suppress(psutil.NoSuchProcess):
            below = [each.pid for each in whole.children(recursive=True)]
            for role, pid in [("stage", child.pid), *(("worker", pid) for pid in below)]:
                peaks[role] = max(peaks[role], highest(pid))
        time.sleep(POLL)
    return peaks


def highest(pid: int) -> float:
    """A process's highest resident memory so far, MB. Unlike ru_maxrss, none of its parent's."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def compare(stage: str) -> dict[str, Any]:
    """Both runs of a stage and the ratios of their peaks, printed as a line per process."""
    count = CASES[stage].pictures
    small, large = measure(stage, count), measure(stage, TIMES * count)
    ratios = {role: large[role] / small[role] for role in ROLES if small[role]}
    for role, ratio in ratios.items():
        met = "met" if ratio <= TARGET else "MISSED"
        peaks = f"{small[role]:>8.1f} MB {large[role]:>8.1f} MB"
        print(f"{stage:<7}{role:<7}{peaks} {ratio:>7.3f} at most {TARGET}: {met}", flush=True)
    return {"small": small, "large": large, "ratios": ratios}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--stages", nargs="+", choices=CASES, default=list(CASES))
    stages = parser.parse_args().stages
    print(f"peaks at N and at {TIMES} N pictures, ratio; the site is part of scrape's process")
    found = {stage: compare(stage) for stage in stages}
    if len(stages) == len(CASES):
        write_json(RESULTS, {"target": TARGET, **found, "machine": machine.facts(PACKAGES)})


if __name__ == "__main__":
    main()
