"""Forget people, addresses and pictures: delete them everywhere, never fetch them again, prove it.

It costs every class that held something of what is forgotten.
"""

import argparse
from collections.abc import Sequence
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows import command, removal, workspace
from flows.pipeline import pipeline
from flows.removal import Case, Removal
from stages.core import paths
from stages.core.program import InputError
from stages.forget.proof import SearchReport


@flow(name="forget")
def forget(
    removals: list[Removal] = [],  # noqa: B006 - the form in the UI shows an empty list
    overrides: list[str] = [],  # noqa: B006
    when_busy: workspace.WhenBusy = "wait",
    commit: bool = False,
    push: bool = False,
) -> State[None]:
    """Delete everything of some people, addresses or pictures, and search for what is left.

    Every stage runs, and models are trained here: those made before hold what is forgotten.

    Args:
        removals: People, addresses or pictures to delete everywhere and never to fetch again.
        overrides: Parameters to set first, as KEY=VALUE.
        when_busy: Wait for another run of this workspace to end, or refuse to start.
        commit: Commit dvc.lock, params.yaml, the catalogue and the metrics to git.
        push: `dvc push` the outputs, then `git push` where there is a remote.
    """
    try:
        with workspace.held(when_busy, flow_run.name or "a run", get_run_logger().info):
            case = edit(removals)
            state = pipeline(
                overrides=overrides, when_busy=when_busy, commit=commit, push=push,
                return_state=True,
            )  # fmt: skip
            return _finish(case) if state.is_completed() else Failed(message=state.message)
    except InputError as error:
        return Failed(message=str(error))


def edit(removals: Sequence[Removal]) -> Case:
    """Change the catalogue and the list of the forgotten, both or none."""
    if not removals:
        raise InputError("removals: none; name an identity, a url or a picture")
    with workspace.all_or_none(paths.CATALOGUE, paths.FORGOTTEN):
        case = removal.gather(removals)
        removal.add_to_list(case)
        return case


def _finish(case: Case) -> State[None]:
    log = get_run_logger()
    removal.clean(case, UUID(flow_run.id), log.info)
    reports = removal.prove(case)
    for each in reports:
        counts = (each.place, each.files, each.bytes, len(each.found))
        log.info("proof: %s: %d files, %d bytes searched, found in %d", *counts)
    log.info(removal.UNREACHED)
    return verdict(reports)


def verdict(reports: Sequence[SearchReport]) -> State[None]:
    """How forgetting ended: failed, with names of files, as long as something is found.

    Files that could not be read, such as encrypted archives, are named and fail nothing.
    """
    left = [f"{each.place}/{name}" for each in reports for name in each.found]
    if left:
        shown = ", ".join(left[:20])
        return Failed(message=f"{len(left)} files still hold what is to be forgotten: {shown}")
    unread = [
        f"{each.place}/{name} ({why})" for each in reports for name, why in each.unread.items()
    ]
    rest = f"; not readable, look yourself: {', '.join(unread[:20])}" if unread else ""
    return Completed(message=f"Forgotten: nothing of it was found{rest}")


def main() -> None:
    """The flow as a program; exit code 1 when it failed."""
    parser = argparse.ArgumentParser(prog="python -m flows.forget", description=__doc__)
    for name, field in Removal.model_fields.items():
        text = f"{field.description}; again for more"
        parser.add_argument(f"--{name}", action="append", default=[], help=text)
    command.add_overrides(parser)
    command.add_when_busy(parser)
    command.add_sharing(parser)
    options = vars(parser.parse_args())
    values = {name: options.pop(name) for name in Removal.model_fields}
    removals = [Removal(**{name: value}) for name, each in values.items() for value in each]
    if not removals:
        parser.error("give --identity, --url or --picture")
    command.run(forget, options | {"removals": removals})


if __name__ == "__main__":
    main()
