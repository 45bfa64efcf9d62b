"""Are many small partitions as fast to crop as few large ones?

    python -m benchmarks.partitions [--pictures 600] [--rounds 3] [--folder DIR | --zip FILE]

`python -m stages.crop`, started anew and with an empty store, on the same pictures: one to a
partition, as search gives them at the least; 500 to a partition, as a folder gives them; and, the
best that large ones can do, one partition to a core. The better of the rounds counts, taken in
turns. Small pictures make the strictest test, as detection hides less. Without a folder or a zip
they are drawn. Takes about a minute.
"""

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.pictures import read_pictures
from stages.core import schema
from stages.core.tables import write_rows

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "partitions.json"
FOLDER = 500  # scrape.files_per_partition
RATIO = 1.0  # at most, to a folder's
PACKAGES = ("onnxruntime", "pyarrow", "opencv-python-headless", "numpy")


def row(number: int, picture: bytes) -> dict[str, Any]:
    """A row of `IMAGES` with what crop needs."""
    image_id = hashlib.sha256(picture).hexdigest()
    blank: dict[str, Any] = dict.fromkeys(schema.IMAGES.names)
    image = {"bytes": picture, "path": f"{image_id}.jpg"}
    known = {"image_id": image_id, "source": "measured", "identity": f"person-{number:05}"}
    return blank | known | {"metadata": [], "image": image}


def write_partitions(folder: Path, rows: list[dict[str, Any]], size: int) -> int:
    """Write the rows as partitions of `size`, and return how many these are."""
    starts = range(0, len(rows), size)
    for start in starts:
        write_rows(folder / f"part-{start:05}.parquet", schema.IMAGES, rows[start : start + size])
    return len(starts)


def crop(images: Path, scratch: Path) -> dict[str, float]:
    """Seconds, processor seconds, and cores taken by others while the stage runs."""
    shutil.rmtree(scratch, ignore_errors=True)
    outputs = [scratch / name for name in ("store", "faces", "rejects.parquet", "crop.json")]
    command = [sys.executable, "-m", "stages.crop", images, *outputs]
    used, elsewhere, begin = processor(), machine.other_work(), time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    others = (machine.other_work() - elsewhere) / seconds
    return {"seconds": seconds, "processor": processor() - used, "others": others}


def processor() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def measure(pictures: list[bytes], rounds: int, folder: Path) -> dict[str, Any]:
    rows = [row(number, picture) for number, picture in enumerate(pictures)]
    cores = len(os.sched_getaffinity(0))
    sizes = {"small": 1, "folder": FOLDER, "per core": -(-len(rows) // cores)}
    counts = {name: write_partitions(folder / name, rows, size) for name, size in sizes.items()}
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in sizes}
    for _ in range(rounds):
        for name, runs in taken.items():
            runs.append(crop(folder / name, folder / "scratch"))
    best = {name: min(runs, key=lambda run: run["seconds"]) for name, runs in taken.items()}
    seconds = {name: run["seconds"] for name, run in best.items()}
    return {
        "pictures": len(rows),
        "partitions": counts,
        **best,
        "ratio": {name: seconds["small"] / seconds[name] for name in ("folder", "per core")},
        "at_most": RATIO,
        "machine": machine.facts(PACKAGES),
    }


def report(result: dict[str, Any]) -> None:
    for name, count in result["partitions"].items():
        told = (
            "{seconds:.1f} s, {processor:.1f} s of processors, {others:.2f} cores taken by others"
        )
        print(f"{count:>5} partitions: {told.format(**result[name])}")
    ratio = result["ratio"]
    verdict = "met" if ratio["folder"] <= RATIO else "MISSED"
    print(f"to those of a folder: {ratio['folder']:.2f} at most {RATIO}: {verdict}")
    print(f"to one per core: {ratio['per core']:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--folder", type=Path)
    source.add_argument("--zip", type=Path)
    options = parser.parse_args()
    pictures = read_pictures(options.pictures, options.folder, options.zip)
    if not pictures:
        sys.exit("no pictures found")
    with tempfile.TemporaryDirectory() as folder:
        result = measure(pictures, options.rounds, Path(folder))
    report(result)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
