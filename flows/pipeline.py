"""Run DVC's DAG as a Prefect flow: one task per DVC stage, named as it.

DVC stays the one owner of what must run. A stage that it skips ends as a completed task in the
state `Cached`; a stage that fails fails its task with its own last lines, and nothing after it
starts.
"""

import argparse
import subprocess
import sys
from collections import deque
from pathlib import Path

import networkx
from dvc.repo import Repo
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

LAST_LINES = 15  # of a failing stage, shown in the UI


def stage_order(targets: list[str]) -> list[str]:
    """DVC's stages, each after those it needs: all, or `targets` and what they need."""
    with Repo() as repo:
        graph = repo.index.graph  # an edge leads from a stage to one it needs
        wanted = [stage for target in targets for stage in repo.stage.collect(target)]
        needed = set(wanted).union(*(networkx.descendants(graph, stage) for stage in wanted))
        order = [*networkx.topological_sort(graph.reverse())]
        return [stage.addressing for stage in order if not targets or stage in needed]


@task
def reproduce(stage: str, force: bool) -> State[None]:
    """`dvc repro` of one stage alone, its output line by line in the task's log."""
    log = get_run_logger()
    command = [sys.executable, "-m", "dvc", "repro", "--single-item", stage]
    lines: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        command + ["--force"] * force, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            log.info(line.rstrip())
            lines.append(line.rstrip())
    if process.returncode:
        return Failed(message="\n".join(lines))
    if any("didn't change, skipping" in line for line in lines):
        return Completed(name="Cached", message="Nothing it depends on has changed")
    return Completed()


@flow(name="pipeline")
def pipeline(targets: list[str] | None = None, force: bool = False) -> State[None]:
    """Bring every stage up to date, or only `targets` and what they need; `force` reruns them."""
    for stage in stage_order(targets or []):
        state = reproduce.with_options(name=stage)(stage, force, return_state=True)
        if state.is_failed():
            return Failed(message=f"{stage} failed:\n{state.message}")
    create_table_artifact(
        key="metrics", table=_changes(), description="`dvc metrics diff`: HEAD against this run"
    )
    return Completed()


def _changes() -> list[dict[str, str]]:
    with Repo() as repo:
        diff = repo.metrics.diff()["diff"]
    return [
        {"file": file, "metric": name, **{side: str(value) for side, value in change.items()}}
        for file, metrics in sorted(diff.items())
        for name, change in sorted(metrics.items())
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m flows.pipeline", description=__doc__)
    parser.add_argument("targets", nargs="*", help="stages to bring up to date; all by default")
    parser.add_argument("--force", action="store_true", help="run stages that did not change")
    if not Path("dvc.yaml").exists():
        parser.error("no dvc.yaml here; run from the project's folder")
    given = parser.parse_args()
    sys.exit(pipeline(given.targets, given.force, return_state=True).is_failed())
