"""Run experiments side by side and compare them: `dvc exp run`, each in a workspace of its own.

DVC makes the workspaces (`--temp`), shares its cache and run cache with them, and keeps each
experiment in git, to see with `dvc exp show` and to take over with `dvc exp apply`. What git and
DVC ignore is not in them: a stage finds no `.store`, so one that scrapes asks the web again.
"""

import argparse
import shlex
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import dvc.api
from dvc.repo import Repo
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture, wait
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed, Failed
from pydantic import Field

from flows import children, command, parameters, sharing, workspace
from flows.train import inputs, pool_stages, refuse_others
from stages.core.program import InputError

Row = dict[str, Any]
# DVC's words when an experiment has left its queue for a workspace. Of two that are queued at once
# each may take the other's place, so the next one enters then, or when this one has ended.
STARTED = "Reproducing experiment"
WRAPPED = "ERROR: failed to reproduce"  # DVC's words after a stage's own
WORKSPACE = "workspace"  # DVC's name for the files as they are
PER_CLASS = ".classes."  # figures of single classes: `dvc exp show` has them


@task(cache_policy=NO_CACHE)
def run_one(
    name: str, overrides: Sequence[str], targets: Sequence[str], started: threading.Event
) -> State[None]:
    """`dvc exp run --temp` of one list of overrides, its output line by line in the task's log."""
    log = get_run_logger()

    def show(line: str) -> None:
        log.info(line)
        if line.startswith(STARTED):
            started.set()

    dvc = [sys.executable, "-m", "dvc", "--wait-for-lock", "exp", "run", "--temp"]
    dvc += ["--name", name, *(f"--set-param={each}" for each in overrides)]
    dvc += ["--single-item", *targets] if targets else []
    try:
        done = children.run(dvc, show)
    except children.StoppedError:
        return Cancelled(message="The run was cancelled")
    finally:
        started.set()
    return Failed(message="\n".join(done.last)) if done.code else Completed()


@flow(name="experiments")
def experiments(
    experiments: Annotated[list[list[str]], Field(min_length=1)],
    jobs: Annotated[int, Field(ge=1)] = 1,
    training_only: bool = False,
    when_busy: workspace.WhenBusy = "wait",
) -> State[None]:
    """Run experiments and compare them with the workspace.

    Args:
        experiments: The parameters that each one sets, as KEY=VALUE.
        jobs: How many run at the same time.
        training_only: Run the training stages alone, for a machine without the other data.
        when_busy: Wait for another run of this workspace to end, or refuse to start.
    """
    log, run = get_run_logger(), flow_run.name or "experiment"
    named = {
        f"{sharing.slug(run)}-{number}": each for number, each in enumerate(experiments, start=1)
    }
    try:
        for overrides in experiments:
            parameters.check(overrides)
        with workspace.held(when_busy, run, log.info), children.within():
            if not training_only:
                refuse_unshared()
            targets = _prepare(experiments) if training_only else []
            states = _run_all(named, targets, jobs)
            _publish(compare(named, states, dvc.api.exp_show()))
    except InputError as error:
        return Failed(message=str(error))
    if failed := [name for name, state in states.items() if not state.is_completed()]:
        return Failed(message=f"{len(failed)} of {len(states)} failed: {', '.join(failed)}")
    return Completed()


def refuse_unshared() -> None:
    """`InputError` for data that stages read and an experiment's workspace would lack.

    DVC makes it of what git and DVC track; data from elsewhere are read by an absolute path.
    """
    with Repo() as repo:
        made = [Path(out.fs_path) for out in repo.index.outs]
        root = Path(repo.root_dir)
        read = {Path(dep.fs_path) for stage in repo.index.stages for dep in stage.deps}
    for path in sorted(read):
        tracked = any(path.is_relative_to(out) or out.is_relative_to(path) for out in made)
        if path.is_relative_to(root) and path.exists() and not (tracked or _is_in_git(path)):
            name = path.relative_to(root)
            remedy = f"`dvc add {name}` and commit {name}.dvc, or name it by an absolute path"
            raise InputError(f"experiments: {name} is in neither git nor DVC: {remedy}")


def _is_in_git(path: Path) -> bool:
    command = ["git", "ls-files", "--error-unmatch", "--", str(path)]
    return not children.run(command, lambda _: None).code


def _prepare(experiments: Sequence[Sequence[str]]) -> list[str]:
    """What to run of the stages that want a pool, with the data that they read in DVC's cache."""
    stages = pool_stages()
    for overrides in experiments:
        refuse_others(overrides, stages)
    sharing.pull_data(get_run_logger().info, inputs(stages), [stage.name for stage in stages])
    # Whole groups: an experiment may name other models.
    return list(dict.fromkeys(stage.name.partition("@")[0] for stage in stages))


def _run_all(
    named: Mapping[str, Sequence[str]], targets: Sequence[str], jobs: int
) -> dict[str, State[Any]]:
    futures: dict[str, PrefectFuture[Any]] = {}
    running: set[PrefectFuture[Any]] = set()
    for name, overrides in named.items():
        while len(running) >= jobs:
            running = wait([*running], timeout=1).not_done
        started = threading.Event()
        experiment = run_one.with_options(name=name)
        futures[name] = experiment.submit(name, overrides, targets, started, return_state=False)
        while not started.wait(timeout=1) and not futures[name].state.is_final():
            pass
        running.add(futures[name])
    wait([*futures.values()])
    return {name: future.state for name, future in futures.items()}


def compare(
    named: Mapping[str, Sequence[str]], states: Mapping[str, State[Any]], shown: Sequence[Row]
) -> list[Row]:
    """A row per experiment after one of what is here, with the numbers that differ among them.

    `shown` is what `dvc exp show` says: a row per experiment, a column per metric and parameter.
    """
    by_name = {row["Experiment"] or row["rev"]: row for row in shown}
    ran = [name for name in named if states[name].is_completed() and name in by_name]
    figures = {name: _numbers(by_name.get(name, {})) for name in [WORKSPACE, *ran]}
    columns = dict.fromkeys(key for row in figures.values() for key in row)
    differing = [key for key in columns if len({row.get(key) for row in figures.values()}) > 1]
    outcomes: dict[str, Row] = {WORKSPACE: {"overrides": "", "outcome": ""}}
    for name, overrides in named.items():
        outcomes[name] = {"overrides": shlex.join(overrides), "outcome": _outcome(states[name])}
    return [
        {"experiment": name} | row | {key: figures.get(name, {}).get(key) for key in differing}
        for name, row in outcomes.items()
    ]


def _numbers(row: Row) -> dict[str, float]:
    return {
        key: value
        for key, value in row.items()
        if isinstance(value, float) and PER_CLASS not in key
    }


def _outcome(state: State[Any]) -> str:
    """The state's name, and of one that is not good why: DVC's error, or the stage's last line."""
    if state.is_completed():
        return str(state.name)
    lines = [each for each in (state.message or "").splitlines() if not each.startswith(WRAPPED)]
    errors = [each for each in lines if each.startswith("ERROR: ")]
    return f"{state.name}: {(errors[:1] or lines[-1:] or [''])[0]}"


def _publish(rows: Sequence[Row]) -> None:
    create_table_artifact(
        key="experiments",
        table=list(rows),
        description="What differs, as `dvc exp show --only-changed` says; "
        "take one over with `dvc exp apply <experiment>`",
    )


def main() -> None:
    """The flow as a program; exit code 1 when an experiment failed."""
    parser = argparse.ArgumentParser(prog="python -m flows.experiments", description=__doc__)
    parser.add_argument(
        "experiments", nargs="+", type=shlex.split, metavar="'KEY=VALUE ...'",
        help="the parameters that one experiment sets, as `dvc exp run -S` takes them",
    )  # fmt: skip
    parser.add_argument("-j", "--jobs", type=int, default=1, help="how many at the same time")
    parser.add_argument(
        "--training-only", action="store_true",
        help="the training stages alone, for a machine without the other data",
    )  # fmt: skip
    command.add_when_busy(parser)
    command.run(experiments, vars(parser.parse_args()))


if __name__ == "__main__":
    main()
