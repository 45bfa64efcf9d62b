"""Does one more celebrity cost the same among 10 as among 100? And nothing at all, next to nothing?

    python -m benchmarks.incremental [--additions 3]

Two copies of the project, with few and with many drawn people, are brought up to date as far as
their shards. Then the same people are added to either in turn, one at a time, and `dvc repro shard`
is timed, by stage as well: a stage's seconds end where the next begins, so DVC's own hashing is
theirs. Processor seconds are given beside, which other programs disturb less. Takes about four
minutes.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks import machine
from tests import project as projects
from tests.project import Project

RESULTS = Path(__file__).parent / "results" / "incremental.json"
SMALL, LARGE = 10, 100
TARGETS = {
    "seconds when nothing changed, of 100": 6.0,
    "one more of 100 to one more of 10": 1.3,
}
PARAMS: dict[str, dict[str, Any]] = {
    "scrape": {"max_results": 10, "download_timeout": 2.0},
    "validate": {"max_rejected": 0.9},
}
PACKAGES = ("dvc", "pyarrow", "onnxruntime", "tensorflow", "great-expectations")


@dataclass
class Timing:
    """Seconds of one `dvc repro`: until the first stage, then by stage; all of it."""

    stages: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    processor: float = 0.0  # of DVC and the stages
    others: float = 0.0  # cores taken by other programs


def person(number: int) -> str:
    """A row of the catalogue; what the person looks like follows from the slug."""
    races, genders = ("white", "black", "asian", "indian", "other"), ("female", "male")
    jobs, animals = ("actor", "musician", "athlete"), ("cat", "dog", "fox", "bear")
    born = f"{1940 + number * 7 % 60}-{number % 12 + 1:02}-{number % 28 + 1:02}"
    labels = [genders[number % 2], races[number % 5], born, jobs[number % 3], animals[number % 4]]
    return ",".join([f"invented-{number:03}", f"Invented {number:03}", "1", *labels])


def repro(project: Project) -> Timing:
    """Bring a project up to date; exits with DVC's words when that fails."""
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    found, name = Timing(), "before the first"
    elsewhere, busy, begin = machine.other_work(), spent(), time.perf_counter()
    child = subprocess.Popen(
        ["dvc", "repro", "shard"],
        cwd=project.folder,
        env=os.environ | {"PATH": programs, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines, since = [], begin
    for line in child.stdout or ():
        lines.append(line)
        if line.startswith("Running stage"):
            present = time.perf_counter()
            found.stages[name] = present - since
            name, since = line.split("'")[1], present
    if child.wait():
        sys.exit("".join(lines[-40:]))
    found.stages[name] = time.perf_counter() - since
    found.seconds, found.processor = time.perf_counter() - begin, spent() - busy
    found.others = max(machine.other_work() - elsewhere, 0) / found.seconds
    return found


def spent() -> float:
    """Processor seconds of all children that have ended, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def start(folder: Path, count: int) -> Project:
    project = projects.create(folder / str(count), [person(number) for number in range(count)])
    project.set_params(**PARAMS)
    taken = repro(project)
    print(f"{count:>4} people from nothing {taken.seconds:>7.1f} s", flush=True)
    return project


def add(project: Project, number: int) -> Timing:
    with project.catalogue.open("a", encoding="utf-8") as catalogue:
        catalogue.write(person(number) + "\n")
    return repro(project)


def measure(folder: Path, additions: int) -> dict[str, Any]:
    copies = {count: start(folder, count) for count in (SMALL, LARGE)}
    idle = [repro(copies[LARGE]) for _ in range(additions)]
    added: dict[int, list[Timing]] = {count: [] for count in copies}
    turns = cycle([(SMALL, LARGE), (LARGE, SMALL)])
    for number, turn in enumerate(islice(turns, additions), LARGE):
        for count in turn:
            added[count].append(add(copies[count], number))
    seconds = {count: median(timings) for count, timings in added.items()}
    figures = [median(idle), seconds[LARGE] / seconds[SMALL]]
    return {
        "figures": dict(zip(TARGETS, figures, strict=True)),
        "nothing_changed_seconds": [each.seconds for each in idle],
        "addition_seconds": {n: [each.seconds for each in some] for n, some in added.items()},
        "addition_processor_seconds": {
            n: statistics.median(each.processor for each in some) for n, some in added.items()
        },
        "stage_seconds": {count: by_stage(timings) for count, timings in added.items()},
        "cores_taken_by_others": statistics.median(
            each.others for some in (idle, *added.values()) for each in some
        ),
    }


def median(timings: list[Timing]) -> float:
    return statistics.median(each.seconds for each in timings)


def by_stage(timings: list[Timing]) -> dict[str, float]:
    names = timings[0].stages
    return {name: statistics.median(each.stages[name] for each in timings) for name in names}


def report(result: dict[str, Any]) -> None:
    small, large = (result["stage_seconds"][count] for count in (SMALL, LARGE))
    print(f"one more, seconds by stage{SMALL:>12}{LARGE:>8}")
    for name in large:
        print(f"  {name:<26}{small[name]:>10.2f}{large[name]:>8.2f}")
    small, large = (result["addition_processor_seconds"][count] for count in (SMALL, LARGE))
    print(f"  {'all, processor seconds':<26}{small:>10.2f}{large:>8.2f}")
    for name, figure in result["figures"].items():
        met = "met" if figure <= TARGETS[name] else "MISSED"
        print(f"{name:<38}{figure:>8.2f} at most {TARGETS[name]}: {met}")
    print(f"cores taken by other programs: {result['cores_taken_by_others']:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--additions", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), options.additions)
    report(result)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({**result, "machine": machine.facts(PACKAGES)}, indent=2) + "\n")


if __name__ == "__main__":
    main()
