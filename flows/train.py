"""Run the stages that want a work pool (`meta.pool` in dvc.yaml): train and evaluate models.

Their machine shares nothing with the dataset's but git and DVC's remote: it pulls the commit and
what these stages read, the shards, runs them alone, and pushes models, metrics and dvc.lock back.
No other stage runs there, and no other data are fetched.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from dvc.repo import Repo
from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Failed
from pydantic import Field

from flows import artifacts, command, dag, parameters, sharing, workspace
from flows.pipeline import ending, run_stages, tag
from stages.core import paths
from stages.core.program import InputError, read_params

Revision = Annotated[str, Field(pattern="^[^-]")]  # git would take another for an option


def pool_stages() -> list[dag.Stage]:
    """The stages that want a work pool, each after those it needs."""
    return [stage for stage in dag.stages() if stage.pool]


def inputs(stages: Sequence[dag.Stage]) -> list[str]:
    """The paths of what the stages read and other stages make, as DVC tracks them."""
    names = {stage.name for stage in stages}
    with Repo() as repo:
        ours = [stage for stage in repo.index.stages if stage.addressing in names]
        read = [Path(dep.fs_path) for stage in ours for dep in stage.deps]
        made = [out for out in repo.index.outs if out.stage.addressing not in names]
        return sorted({out.def_path for out in made if _overlaps(Path(out.fs_path), read)})


def _overlaps(path: Path, others: Sequence[Path]) -> bool:
    return any(path.is_relative_to(other) or other.is_relative_to(path) for other in others)


def refuse_others(overrides: Sequence[str], stages: Sequence[dag.Stage]) -> None:
    """`InputError` when overrides change what is not a parameter of these stages; sets none.

    A section is named as its stage. Where the other stages do not run, what they have made would
    no longer be what params.yaml says.
    """
    text, before = paths.PARAMS.read_bytes(), read_params(paths.PARAMS)
    try:
        parameters.override(overrides)
        after = read_params(paths.PARAMS)
    finally:
        paths.PARAMS.write_bytes(text)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    allowed = {stage.name.partition("@")[0] for stage in stages}
    if beyond := sorted(changed - allowed):
        raise InputError(
            f"overrides: {', '.join(overrides)}: changes {', '.join(beyond)}, for stages that do "
            f"not run here; allowed: {', '.join(sorted(allowed))}"
        )


@flow(name="train")
def train(
    overrides: list[str] = [],  # noqa: B006 - the form in the UI shows an empty list
    revision: Revision | None = None,
    pull: bool = False,
    push: bool = False,
    when_busy: workspace.WhenBusy = "wait",
) -> State[None]:
    """Train and evaluate the models on the dataset as it is.

    Args:
        overrides: Parameters of these stages to set first, as KEY=VALUE.
        revision: A branch, tag or commit to check out first.
        pull: `git pull` first, and `dvc pull` what these stages read.
        push: Commit, `dvc push` the models and results, and `git push`.
        when_busy: Wait for another run of this workspace to end, or refuse to start.
    """
    name, log = flow_run.name or "a run", get_run_logger()
    try:
        with workspace.held(when_busy, name, log.info):
            if pull or revision:
                sharing.pull_commits(log.info, revision)
            return _train(overrides, pull, push)
    except InputError as error:
        return Failed(message=str(error))


def _train(overrides: Sequence[str], pull: bool, push: bool) -> State[None]:
    """Train in a workspace that has its commit; one that was pulled is left as clean."""
    name, log = flow_run.name or "a run", get_run_logger()
    finished = False
    try:
        if push:
            sharing.refuse_detached()
        refuse_others(overrides, pool_stages())
        parameters.override(overrides)
        stages = pool_stages()  # with the models that the parameters name now
        names = [stage.name for stage in stages]
        if pull:
            sharing.pull_data(log.info, inputs(stages), names)
        end: State[Any] = ending(run_stages(stages))
        artifacts.publish(stages)
        if version := dag.dataset_version():
            tag(f"data-{version}")
        finished = end.is_completed()
        if push and finished:
            workspace.commit(f"Run {name}")
            sharing.push_data(log.info, names)
            sharing.push_commits(log.info, name)
        return end
    finally:
        if pull and not finished:
            sharing.put_aside(log.info, name)


def main() -> None:
    """The flow as a program; exit code 1 when it failed."""
    parser = argparse.ArgumentParser(prog="python -m flows.train", description=__doc__)
    command.add_overrides(parser)
    parser.add_argument("--revision", help="a branch, tag or commit to check out first")
    parser.add_argument("--pull", action="store_true", help="`git pull` and `dvc pull` first")
    parser.add_argument(
        "--push", action="store_true", help="commit, `dvc push` and `git push` what was made"
    )
    command.add_when_busy(parser)
    command.run(train, vars(parser.parse_args()))


if __name__ == "__main__":
    main()
