"""Add people to the catalogue or ask for classes again, then run the pipeline.

Adding or refreshing a class costs that class alone.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict, Field, create_model

from flows import command, editing, workspace
from flows.pipeline import pipeline
from stages.core import paths
from stages.core.csvfile import read_csv
from stages.core.labels.known import CATEGORIES
from stages.core.program import InputError
from stages.forget import forgotten


class _Row(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    identity: str = Field(description="Names the class: a-z, 0-9, - and _")
    query: str = Field(description="What the source is asked for")


def _fields() -> dict[str, Any]:
    """A field for each further column of this project's catalogue, as far as it can be read."""
    try:
        columns, _ = read_csv(Path(__file__).parents[1] / paths.CATALOGUE)
    except InputError:  # whoever edits the catalogue hears of it
        return {}
    own = (*_Row.model_fields, "edition")
    return {name: (str, _field(name)) for name in columns if name not in own}


def _field(name: str) -> Any:
    """A text; for a category one of its classes, which `flows.editing` checks."""
    if name in CATEGORIES:
        return Field("", json_schema_extra={"enum": ["", *CATEGORIES[name].classes]})
    return Field("", description="Like 1984-07-31" if name == "birth_date" else "")


Person = create_model(
    "Person", __base__=_Row, __doc__="A row of the catalogue. Empty: unknown.", **_fields()
)


@flow(name="catalogue")
def catalogue(
    add: list[Person] = [],  # type: ignore[valid-type]  # noqa: B006 - forms show an empty list
    refresh: list[str] = [],  # noqa: B006
    targets: list[str] = [],  # noqa: B006
    overrides: list[str] = [],  # noqa: B006
    training: Literal["here", "pool", "none"] = "here",
    when_busy: workspace.WhenBusy = "wait",
    commit: bool = False,
    push: bool = False,
) -> State[None]:
    """Add or refresh people, then bring the DAG up to date.

    Args:
        add: People to add to the catalogue.
        refresh: Classes to ask for again, by identity; * for all.
        targets: Stages to bring up to date, with what they need; all when empty.
        overrides: Parameters to set first, as KEY=VALUE.
        training: Train here, or let a work pool do it when the dataset changed, or not at all.
        when_busy: Wait for another run of this workspace to end, or refuse to start.
        commit: Commit dvc.lock, params.yaml, the catalogue and the metrics to git.
        push: `dvc push` the outputs, then `git push` where there is a remote.
    """
    try:
        with workspace.held(when_busy, flow_run.name or "a run", get_run_logger().info):
            edit(add, refresh)
            state = pipeline(
                targets=targets, overrides=overrides, training=training, when_busy=when_busy,
                commit=commit, push=push, return_state=True,
            )  # fmt: skip
            return Completed() if state.is_completed() else Failed(message=state.message)
    except InputError as error:
        return Failed(message=str(error))


def edit(add: Sequence[BaseModel], refresh: Sequence[str]) -> None:
    """Change the catalogue; `InputError` leaves it as it was."""
    with workspace.all_or_none(paths.CATALOGUE):
        for person in add:
            _add(person.model_dump())
        if refresh:
            editing.refresh(paths.CATALOGUE, refresh)


def _add(row: dict[str, str]) -> None:
    if forgotten.read(paths.FORGOTTEN).found_in(row["identity"], row["query"]):
        reason = f"is forgotten, by {paths.FORGOTTEN}"
        raise InputError(f"add.identity = {row['identity']!r}: {reason}")
    editing.add(paths.CATALOGUE, row)


def main() -> None:
    """The flow as a program; exit code 1 when it failed."""
    parser = argparse.ArgumentParser(prog="python -m flows.catalogue", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    adding = commands.add_parser("add", help="a person to the catalogue")
    for name, field in Person.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        adding.add_argument(flag, required=field.is_required(), help=field.description, default="")
    refreshing = commands.add_parser("refresh", help="ask for classes again")
    refreshing.add_argument("refresh", nargs="+", metavar="identity", help="'*' for all")
    for each in (adding, refreshing):
        each.add_argument("--targets", nargs="*", default=[], metavar="STAGE")
        command.add_overrides(each)
        command.add_training(each)
        command.add_when_busy(each)
        command.add_sharing(each)
    options = vars(parser.parse_args())
    if options.pop("command") == "add":
        options["add"] = [Person(**{name: options.pop(name) for name in Person.model_fields})]
    command.run(catalogue, options)


if __name__ == "__main__":
    main()
