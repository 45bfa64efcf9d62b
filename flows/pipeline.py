"""Run DVC's DAG as a Prefect flow: one task per DVC stage, named as it.

DVC stays the one owner of what must run. A stage that it skips ends as a completed task in the
state `Cached`; one that fails fails its task with its own last lines, and what needs it does not
start. However a run ends, no stage of it goes on.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.futures import PrefectFuture, as_completed
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed, Failed
from prefect.tasks import exponential_backoff

from flows import artifacts, children, command, dag, parameters, sharing, workspace
from flows.progress_artifact import ProgressArtifact
from stages.core import paths, preflight
from stages.core.program import InputError

BACKOFF = 5  # seconds before the first retry, twice as long before each other
EVENT, RESOURCE = "faceline.dataset.changed", "faceline.dataset"
NOT_STARTED = "NotStarted"
RESTORED = "is cached - skipping run"  # DVC's words for what its run cache gave back
Verdict = Literal["run", "force", "unchanged"]


@task(cache_policy=NO_CACHE)
def reproduce(stage: dag.Stage, verdict: Verdict, blame: Sequence[str]) -> State[None]:
    """`dvc repro` of one stage alone, its output line by line in the task's log."""
    if blame:
        return Cancelled(name=NOT_STARTED, message=f"Needs {', '.join(blame)}, which failed")
    if verdict == "unchanged":
        return Completed(name="Cached", message="Nothing it depends on has changed")
    log, progress = get_run_logger(), ProgressArtifact(stage.name)

    def show(line: str) -> None:
        log.info(line)
        progress.read(line)

    dvc = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item"]
    try:
        force = ["--force"] * (verdict == "force")
        done = children.run([*dvc, *force, stage.name], show, at_rest=dag.at_rest)
    except children.StoppedError:
        return Cancelled(message="The run was cancelled")
    if done.code:
        return Failed(message="\n".join(done.last))
    progress.finish()
    if any(RESTORED in line for line in done.last):
        return Completed(name="Cached", message="Restored from DVC's run cache")
    return Completed()


def run_stages(stages: Sequence[dag.Stage], force: bool = False) -> dict[str, State[Any]]:
    """Run stages, each after those it needs, independent ones side by side; their last states.

    To be called in a flow. What a stage needs beyond `stages` is taken as it is.
    """
    known = {stage.name: stage for stage in stages}
    futures: dict[str, PrefectFuture[Any]] = {}
    states: dict[str, State[Any]] = {}
    with children.within():
        while len(states) < len(known):
            for name, stage in known.items():
                needs = stage.needs & known.keys()
                if name not in futures and needs <= states.keys():
                    blame, needed = blamed(name, known, states), [futures[each] for each in needs]
                    futures[name] = _start(stage, force, blame, needed)
            running = {futures[name]: name for name in futures.keys() - states.keys()}
            first = next(as_completed([*running]))
            first.wait()  # else its state is asked of the server, which may lag behind
            states[running[first]] = first.state
    return states


def blamed(name: str, known: Mapping[str, dag.Stage], states: Mapping[str, State[Any]]) -> set[str]:
    """The failed stages because of which a stage cannot start."""
    failed: set[str] = set()
    for before in known[name].needs & states.keys():
        if states[before].name == NOT_STARTED:
            failed |= blamed(before, known, states)
        elif not states[before].is_completed():
            failed.add(before)
    return failed


def _start(
    stage: dag.Stage, force: bool, blame: set[str], needed: Sequence[PrefectFuture[Any]]
) -> PrefectFuture[Any]:
    verdict: Verdict = "force" if force else "run"
    if not blame and not force and dag.unchanged(stage):
        verdict = "unchanged"
    named = reproduce.with_options(
        name=stage.name,
        task_run_name=stage.name,
        retries=stage.retries,
        retry_delay_seconds=exponential_backoff(BACKOFF),
        tags={stage.pool} if stage.pool else set(),
    )
    # All of `needed` have ended. Prefect draws its graph from them, but would not call the task
    # at all when one has failed.
    return named.submit(
        stage, verdict, sorted(blame), return_state=False, wait_for=[] if blame else needed
    )


def ending(states: Mapping[str, State[Any]]) -> State[None]:
    """How a flow ends whose stages ended so: failed when one did, in its own words."""
    failed = {
        name: state
        for name, state in states.items()
        if not state.is_completed() and state.name != NOT_STARTED
    }
    if failed:
        words = "\n".join(f"{name} failed:\n{state.message}" for name, state in failed.items())
        return Failed(message=words)
    return Completed()


@flow(name="pipeline")
def pipeline(
    targets: list[str] = [],  # noqa: B006 - the form in the UI shows an empty list
    force: bool = False,
    overrides: list[str] = [],  # noqa: B006
    training: Literal["here", "pool", "none"] = "here",
    when_busy: workspace.WhenBusy = "wait",
    commit: bool = False,
    push: bool = False,
) -> State[None]:
    """Bring the DAG up to date.

    Args:
        targets: Stages to bring up to date, with what they need; all when empty.
        force: Run stages that did not change as well.
        overrides: Parameters to set first, as KEY=VALUE.
        training: Train here, or let a work pool do it when the dataset changed, or not at all.
        when_busy: Wait for another run of this workspace to end, or refuse to start.
        commit: Commit dvc.lock, params.yaml, the catalogue and the metrics to git.
        push: `dvc push` the outputs, then `git push` where there is a remote.
    """
    name = flow_run.name or "a run"
    try:
        with workspace.held(when_busy, name, get_run_logger().info):
            parameters.override(overrides)
            preflight.check_names(paths.PARAMS)
            return _update(dag.stages(targets), force, training, commit, push)
    except InputError as error:
        return Failed(message=str(error))


def _update(
    stages: Sequence[dag.Stage], force: bool, training: str, commit: bool, push: bool
) -> State[None]:
    log, before = get_run_logger(), dag.dataset_version()
    chosen = stages if training == "here" else without_pools(stages)
    end = ending(run_stages(chosen, force))
    artifacts.publish(chosen)
    version = dag.dataset_version()
    if version:
        tag(f"data-{version}")
    if end.is_completed() and commit:
        made = workspace.commit(f"Run {flow_run.name}")
        log.info("committed %s", made) if made else log.info("nothing to commit")
    if end.is_completed() and push:
        workspace.push(log.info)
        sharing.push_commits(log.info, flow_run.name or "a run")
    if training == "pool" and version and version != before:
        announce(version)
    return end


def without_pools(stages: Iterable[dag.Stage]) -> list[dag.Stage]:
    """The stages, of some in order, that neither want a work pool nor need one that does."""
    left_out: set[str] = set()
    for stage in stages:
        if stage.pool or stage.needs & left_out:
            left_out.add(stage.name)
    return [stage for stage in stages if stage.name not in left_out]


def tag(name: str) -> None:
    """Add a tag to the flow run that this is part of."""
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(flow_run.id)
        client.update_flow_run(run.id, tags={*run.tags, name})


def announce(version: str) -> None:
    """Tell Prefect that the dataset changed; an automation may start the training."""
    facts = {"version": version, "revision": workspace.revision()}
    emit_event(EVENT, resource={"prefect.resource.id": RESOURCE, **facts}, payload=facts)


def main() -> None:
    """The flow as a program; exit code 1 when it failed."""
    parser = argparse.ArgumentParser(prog="python -m flows.pipeline", description=__doc__)
    parser.add_argument("targets", nargs="*", help="stages to bring up to date; all by default")
    parser.add_argument("--force", action="store_true", help="run stages that did not change")
    command.add_overrides(parser)
    command.add_training(parser)
    command.add_when_busy(parser)
    command.add_sharing(parser)
    command.run(pipeline, vars(parser.parse_args()))


if __name__ == "__main__":
    main()
