"""What does Prefect cost on top of DVC? The demo by `dvc repro`, and by the flow, server running.

    python -m benchmarks.flow [--people 36 --epochs 40] [--rounds 1]

The demo is run from nothing both ways, in a fresh copy each time, and then once more by the flow
with nothing to do. What a stage costs is measured apart, where no training's own variation hides
it: on chains of stages that do nothing, a long one against a short one. Takes a quarter of an hour.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.incremental import person
from tests import project as projects
from tests.flows.small import PROGRAMS, Workspace, create, serving

RESULTS = Path(__file__).parent / "results" / "flow.json"
PEOPLE, EPOCHS = 36, 40  # of the demo
SHORT, LONG = 2, 14  # stages that do nothing
TARGETS = {
    "the flow's time to that of dvc repro, on the demo": 1.10,
    "seconds that a stage costs more": 1.0,
    "seconds when nothing changed": 12.0,
}
PACKAGES = ("dvc", "prefect")
WAYS = {"dvc repro": ["dvc", "repro"], "flow": ["python", "-m", "flows.pipeline"]}


def seconds(workspace: Workspace, command: list[str], env: dict[str, str]) -> float:
    """How long a command takes; raises with its words when it fails."""
    begin = time.perf_counter()
    workspace.run(str(PROGRAMS / command[0]), *command[1:], check=True, **env)
    return time.perf_counter() - begin


def demo(folder: Path, people: int, epochs: int) -> Workspace:
    """The demo in a repository of its own; nothing has been run."""
    project = projects.clone(folder)
    if people != PEOPLE:
        project.write_catalogue([person(number) for number in range(people)])
        project.set_params(scrape={"min_pictures": 1}, validate={"max_rejected": 0.9})
    project.set_params(train={"epochs": epochs})
    made = Workspace(folder)
    made.run("git", "add", ".")
    made.run("git", "commit", "--quiet", "--allow-empty", "--message", "To be measured")
    return made


def chain(folder: Path, length: int) -> Workspace:
    """Stages that do nothing, each after another."""
    made = create(folder)
    stages = {
        f"s{number}": {
            "cmd": f"cat s{number}.txt > s{number + 1}.txt",
            "deps": [f"s{number}.txt"],
            "outs": [f"s{number + 1}.txt"],
        }
        for number in range(length)
    }
    made.write("dvc.yaml", json.dumps({"stages": stages}))
    made.write("s0.txt", "a\n")
    return made


def timed(
    make: Callable[[Path], Workspace], folder: Path, rounds: int, env: dict[str, str]
) -> dict[str, list[float]]:
    """Seconds from nothing by each way, in turn, and of the flow with nothing to do."""
    found: dict[str, list[float]] = {way: [] for way in (*WAYS, "nothing to do")}
    for _ in range(rounds):
        for way, command in WAYS.items():
            copy = make(folder / "copy")
            found[way].append(seconds(copy, command, env))
            print(f"{way:<16}{found[way][-1]:>8.1f} s", flush=True)
            if way == "flow":
                found["nothing to do"].append(seconds(copy, command, env))
            shutil.rmtree(copy.folder)
    return found


def measure(folder: Path, people: int, epochs: int, rounds: int) -> dict[str, Any]:
    home = folder / "prefect"
    home.mkdir()
    elsewhere, begin = machine.other_work(), time.perf_counter()
    with serving(home) as url:
        env = {"PREFECT_API_URL": url, "PREFECT_HOME": str(home)}
        chains = {
            length: timed(partial(chain, length=length), folder, 3, env) for length in (SHORT, LONG)
        }
        whole = timed(partial(demo, people=people, epochs=epochs), folder, rounds, env)
    taken = time.perf_counter() - begin
    middle = {way: statistics.median(some) for way, some in whole.items()}
    more = {length: median_difference(empty) for length, empty in chains.items()}
    stage = (more[LONG] - more[SHORT]) / (LONG - SHORT)
    figures = [middle["flow"] / middle["dvc repro"], stage, middle["nothing to do"]]
    return {
        "figures": dict(zip(TARGETS, figures, strict=True)),
        "demo": {"people": people, "epochs": epochs},
        "demo_seconds": whole,
        "chain_seconds": chains,
        "cores_taken_by_others": max(machine.other_work() - elsewhere, 0) / taken,
    }


def median_difference(found: dict[str, list[float]]) -> float:
    return statistics.median(found["flow"]) - statistics.median(found["dvc repro"])


def report(result: dict[str, Any]) -> None:
    for name, figure in result["figures"].items():
        met = "met" if figure <= TARGETS[name] else "MISSED"
        print(f"{name:<52}{figure:>8.2f} at most {TARGETS[name]}: {met}")
    print(f"cores taken by other programs: {result['cores_taken_by_others']:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), options.people, options.epochs, options.rounds)
    report(result)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({**result, "machine": machine.facts(PACKAGES)}, indent=2) + "\n")


if __name__ == "__main__":
    main()
