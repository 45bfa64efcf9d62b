"""Does a second worker double the speed of crop: as a process of this machine, and on Ray?

    python -m benchmarks.cluster [--pictures 900] [--rounds 3] [--folder DIR | --zip FILE]

The same partitions of five pictures are cropped into an empty store by one worker and by two, in
turns; the better of the rounds counts. The start, until the first partition is done, is given
apart: Ray's is long. The speed is that of the last four fifths, when all workers are there. Every
way must give the same bytes. Without a folder or a zip the pictures are drawn. Takes about three
minutes on two idle cores; the driver and Ray's own processes need some of them too.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.partitions import row, write_partitions
from benchmarks.pictures import read_pictures
from stages.core import paths
from stages.core.cluster import Cluster
from stages.core.program import read_params, section
from stages.core.store import Store
from stages.crop import __main__ as crop

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "cluster.json"
EACH = 5  # pictures of a partition
PACKAGES = ("ray", "onnxruntime", "pyarrow", "opencv-python-headless")
ENGINES = {"processes": None, "ray": "local"}
WORKERS = (1, 2)


def measure_once(images: Path, where: Cluster, params: crop.Params) -> dict[str, Any]:
    """Seconds until the first partition, pictures per second from then on, digest of the faces."""
    with tempfile.TemporaryDirectory() as folder:
        tasks = crop.plan(images, Path(folder), params)
        elsewhere, begin = machine.other_work(), time.perf_counter()
        times, files = [], {}
        for task, (faces, _) in crop.crop_partitions(tasks, where):
            times.append(time.perf_counter() - begin)
            files[task.images.name] = faces
        others = (machine.other_work() - elsewhere) / times[-1]
        content = b"".join(path.read_bytes() for _, path in sorted(files.items()))
        assert all(crop.recall(Store(Path(folder)), task.key) for task in tasks)
    early = len(times) // 5
    speed = EACH * (len(times) - early) / (times[-1] - times[early - 1])
    return {
        "start_seconds": times[0],
        "pictures_per_second": speed,
        "cores_taken_by_others": others,
        "faces": hashlib.sha256(content).hexdigest(),
    }


def measure(pictures: list[bytes], rounds: int, folder: Path) -> dict[str, Any]:
    params = section(crop.Params, read_params(ROOT / paths.PARAMS), "crop")
    rows = [row(number, picture) for number, picture in enumerate(pictures)]
    write_partitions(folder / "images", rows, EACH)
    ways = {
        f"{engine}, {workers}": Cluster(address=address, workers=workers)
        for engine, address in ENGINES.items()
        for workers in WORKERS
    }
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, where in ways.items():
            runs[name].append(measure_once(folder / "images", where, params))
    if len({run["faces"] for some in runs.values() for run in some}) != 1:
        sys.exit("the faces differ from one way to another")
    best = {
        name: max(some, key=lambda run: run["pictures_per_second"]) for name, some in runs.items()
    }
    speeds = {name: run["pictures_per_second"] for name, run in best.items()}
    return {
        "pictures": len(rows),
        "ways": {
            name: {k: v for k, v in run.items() if k != "faces"} for name, run in best.items()
        },
        "two_workers_to_one": {e: speeds[f"{e}, 2"] / speeds[f"{e}, 1"] for e in ENGINES},
        "ray_to_processes": speeds["ray, 2"] / speeds["processes, 2"],
        "machine": machine.facts(PACKAGES),
    }


def report(result: dict[str, Any]) -> None:
    for name, run in result["ways"].items():
        speed, start = run["pictures_per_second"], run["start_seconds"]
        others = run["cores_taken_by_others"]
        print(f"{name:<14}{speed:>8.1f} pictures/s, start {start:.1f} s, others {others:.2f} cores")
    for engine, ratio in result["two_workers_to_one"].items():
        print(f"{engine}: two workers to one {ratio:.2f} ×")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=900)
    parser.add_argument("--rounds", type=int, default=3)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--folder", type=Path)
    source.add_argument("--zip", type=Path)
    options = parser.parse_args()
    pictures = read_pictures(options.pictures, options.folder, options.zip)
    with tempfile.TemporaryDirectory() as folder:
        result = measure(pictures, options.rounds, Path(folder))
    report(result)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
