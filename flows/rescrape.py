"""Add people, refresh classes, or forget: edit the lists, then run the pipeline.

Adding or refreshing a class costs that class. Forgetting costs every class that held something of
what is forgotten, and ends with a proof. Any number of the three may come together.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict, Field

from flows import editing, workspace
from flows import forget as forgetting
from flows.forget import CATALOGUE, LIST, UNREACHED, Case, Forget
from flows.pipeline import pipeline
from stages.core.labels.known import CATEGORIES
from stages.core.program import InputError
from stages.core.scratch import atomic_path
from stages.forget import forgotten as lists
from stages.forget.proof import SearchReport


def _one_of(label: str) -> Any:
    """A field with the label's classes to choose from; `flows.editing` checks the choice."""
    return Field("", json_schema_extra={"enum": ["", *CATEGORIES[label].classes]})


class Add(BaseModel):
    """A row of the catalogue. What is left empty is not known."""

    model_config = ConfigDict(str_strip_whitespace=True)

    identity: str = Field(description="Names the class: a-z, 0-9, - and _")
    query: str = Field(description="What the source is asked for")
    gender: str = _one_of("gender")
    race: str = _one_of("race")
    birth_date: str = Field("", description="Like 1984-07-31")
    job: str = _one_of("job")
    look_alike: str = _one_of("look_alike")


@flow(name="rescrape")
def rescrape(
    add: list[Add] = [],  # noqa: B006 - the form in the UI shows an empty list
    refresh: list[str] = [],  # noqa: B006
    forget: list[Forget] = [],  # noqa: B006
    targets: list[str] = [],  # noqa: B006
    overrides: list[str] = [],  # noqa: B006
    training: Literal["here", "pool", "none"] = "here",
    when_busy: workspace.WhenBusy = "wait",
    commit: bool = False,
    push: bool = False,
) -> State[None]:
    """Change who is in the dataset, then bring the DAG up to date.

    Args:
        add: People to add to the catalogue.
        refresh: Classes to ask for again, by identity; * for all.
        forget: People, addresses or pictures to delete everywhere and never to fetch again.
        targets: Stages to bring up to date, with what they need; all when empty.
        overrides: Parameters to set first, as `dvc exp run -S` takes them.
        training: Train here, or let a work pool do it when the dataset changed, or not at all.
        when_busy: Wait for another run of this workspace to end, or refuse to start.
        commit: Commit dvc.lock, params.yaml, the catalogue and the metrics to git.
        push: `dvc push` the outputs, then `git push` where there is a remote.
    """
    log = get_run_logger()
    try:
        _check(forget, targets, training)
        with workspace.held(when_busy, flow_run.name or "a run", log.info):
            case = edit(add, refresh, forget)
            state = pipeline(
                targets=targets, overrides=overrides, training=training, when_busy=when_busy,
                commit=commit, push=push, return_state=True,
            )  # fmt: skip
            if not state.is_completed():
                return Failed(message=state.message)
            return _finish(case) if case else Completed()
    except InputError as error:
        return Failed(message=str(error))


def _check(forget: Sequence[Forget], targets: Sequence[str], training: str) -> None:
    if forget and targets:
        raise InputError(f"targets = {targets}: forget needs every stage; leave it empty")
    if forget and training != "here":
        told = "forget trains here; models and galleries made before hold what is forgotten"
        raise InputError(f"training = {training!r}: {told}")


def edit(add: Sequence[Add], refresh: Sequence[str], forget: Sequence[Forget]) -> Case | None:
    """Change the catalogue and the list, both or none; what is to be forgotten, if anything."""
    before = {path: path.read_bytes() for path in (CATALOGUE, LIST)}
    try:
        case = forgetting.gather(forget) if forget else None
        if case:
            forgetting.add_to_list(case)
        for each in add:
            given = each.model_dump()
            if lists.read(LIST).found_in(each.identity, each.query):
                told = "is forgotten, by data/forgotten.csv"
                raise InputError(f"add.identity = {each.identity!r}: {told}")
            editing.add(CATALOGUE, given)
        if refresh:
            editing.refresh(CATALOGUE, refresh)
    except InputError:
        for path, content in before.items():
            with atomic_path(path) as beside:
                beside.write_bytes(content)
        raise
    return case


def _finish(case: Case) -> State[None]:
    log = get_run_logger()
    forgetting.clean(case, UUID(flow_run.id), log.info)
    outcomes = forgetting.prove(case)
    for each in outcomes:
        told = (each.place, each.files, each.bytes, len(each.found))
        log.info("proof: %s: %d files, %d bytes searched, found in %d", *told)
    log.info(UNREACHED)
    return verdict(outcomes)


def verdict(outcomes: Sequence[SearchReport]) -> State[None]:
    """How forgetting ended: failed, with names of files, as long as something is found."""
    left = [f"{each.place}/{name}" for each in outcomes for name in each.found]
    if left:
        shown = ", ".join(left[:20])
        return Failed(message=f"{len(left)} files still hold what is to be forgotten: {shown}")
    return Completed(message="Forgotten: nothing of it was found")


def main() -> None:
    """The flow as a program; exit code 1 when it failed."""
    parser = argparse.ArgumentParser(prog="python -m flows.rescrape", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    adding = commands.add_parser("add", help="a person to the catalogue")
    for name, field in Add.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        adding.add_argument(flag, required=field.is_required(), help=field.description, default="")
    refreshing = commands.add_parser("refresh", help="ask for classes again")
    refreshing.add_argument("classes", nargs="+", metavar="identity", help="'*' for all")
    dropping = commands.add_parser("forget", help="delete everywhere, and never fetch again")
    for name, field in Forget.model_fields.items():
        told = f"{field.description}; again for more"
        dropping.add_argument(f"--{name}", action="append", default=[], help=told)
    for each in (adding, refreshing, dropping):
        _add_options(each)
    given = vars(parser.parse_args())
    if not Path("dvc.yaml").exists():
        parser.error("no dvc.yaml here; run from the project's folder")
    command = given.pop("command")
    asked = _asked(command, given)
    if not asked[command]:
        dropping.error("give --identity, --url or --picture")
    state = rescrape(**asked, return_state=True)
    sys.exit(not state.is_completed())


_OPTIONS = ("targets", "overrides", "training", "when_busy", "commit", "push")


def _add_options(parser: argparse.ArgumentParser) -> None:
    """The pipeline's."""
    parser.add_argument("--targets", nargs="*", default=[], metavar="STAGE")
    parser.add_argument("-S", "--set-param", dest="overrides", action="append", default=[])
    parser.add_argument("--training", choices=("here", "pool", "none"), default="here")
    parser.add_argument("--when-busy", choices=("wait", "refuse"), default="wait")
    parser.add_argument("--commit", action="store_true")
    parser.add_argument("--push", action="store_true")


def _asked(command: str, given: dict[str, Any]) -> dict[str, Any]:
    """The flow's parameters for a command: what is no option of all says what is asked."""
    options = {name: given.pop(name) for name in _OPTIONS}
    if command == "refresh":
        return options | {"refresh": given["classes"]}
    if command == "add":
        return options | {"add": [Add(**given)]}
    wanted = [Forget(**{kind: value}) for kind, values in given.items() for value in values]
    return options | {"forget": wanted}


if __name__ == "__main__":
    main()
