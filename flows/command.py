"""Flows as programs: the options that they share, and what must hold before one starts."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

from flows import families, server
from stages.core import paths
from stages.core.program import InputError


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """`-S KEY=VALUE`."""
    parser.add_argument(
        "-S", "--set-param", dest="overrides", action="append", default=[], metavar="KEY=VALUE",
        help="set a parameter first, as `dvc exp run` takes it; again for more",
    )  # fmt: skip


def add_when_busy(parser: argparse.ArgumentParser) -> None:
    """`--when-busy`."""
    parser.add_argument(
        "--when-busy", choices=("wait", "refuse"), default="wait",
        help="when another run holds the workspace",
    )  # fmt: skip


def add_sharing(parser: argparse.ArgumentParser) -> None:
    """`--commit` and `--push`."""
    parser.add_argument("--commit", action="store_true", help="commit what git keeps of the run")
    parser.add_argument("--push", action="store_true", help="`dvc push`, then `git push`")


def add_training(parser: argparse.ArgumentParser) -> None:
    """`--training`."""
    parser.add_argument(
        "--training", choices=("here", "pool", "none"), default="here",
        help="train here, or on a work pool when the dataset changed, or not at all",
    )  # fmt: skip


def run(flow: Any, parameters: Mapping[str, Any]) -> NoReturn:
    """Run a flow and exit: code 1 when it failed, or one line when it could not start."""
    try:
        if not paths.DAG.exists():
            raise InputError(f"{paths.DAG}: no such file; run from the project's folder")
        families.guard()
        with server.reachable():
            state = flow(**parameters, return_state=True)
    except InputError as error:
        sys.exit(str(error))
    sys.exit(not state.is_completed())
