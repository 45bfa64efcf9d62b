"""Prefect's server with its UI, and a worker in this folder for every work pool, until Ctrl-C.

`prefect.yaml` says what there is to run. Runs, artifacts and schedules are in Prefect's database
and outlive this program. Where a server answers already, only workers are started: that is how a
second machine joins.
"""

import argparse
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from prefect.settings import (
    PREFECT_API_URL,
)

from flows import deployments, families, server
from flows.children import Children, FailedError, StoppedError, tail
from flows.deployments import PREFECT
from stages.core import paths
from stages.core.program import InputError

LOGS = paths.STORE / "ui"


def serve(port: int, only: Sequence[str]) -> None:
    """Run until somebody ends it: `StoppedError`, or one of the programs: `FailedError`."""
    wanted, menu = deployments.read(deployments.FILE)
    pools = chosen(wanted, only)
    here = f"http://{server.HOST}:{port}/api"
    url = PREFECT_API_URL.value() or here
    families.guard()  # a server that an earlier start left would answer
    running = server.answers(url)
    if not running:
        check_free(url, here, port)
    with Children(LOGS, environment(url)) as children:
        if not running:
            log = children.start("server", server.command(port))
            if not children.wait(lambda: server.answers(url), server.START):
                raise FailedError(f"server does not answer after {server.START:.0f} s; {tail(log)}")
            deployments.deploy(url, wanted, children.env)
        for pool in pools:
            command = [*PREFECT, "worker", "start", "--type", "process", "--pool", pool]
            children.start(f"worker-{pool}", [*command, "--name", worker_name()])
        print(welcome(url, running, pools, menu), flush=True)
        children.wait(lambda: False)


def chosen(pools: list[str], only: Sequence[str]) -> list[str]:
    """The work pools to start workers for: all, or some of them."""
    for pool in only:
        if pool not in pools:
            raise InputError(f"--pool {pool}: not in {deployments.FILE}; it has {', '.join(pools)}")
    return sorted(set(only)) or pools


def check_free(url: str, here: str, port: int) -> None:
    """`InputError` where no server of ours could be at `url`."""
    if url != here:
        remedy = "start it, or unset the variable to have one here"
        raise InputError(f"PREFECT_API_URL = {url}: no Prefect server answers us there; {remedy}")
    with socket.socket() as probe:
        if probe.connect_ex((server.HOST, port)) == 0:
            raise InputError(
                f"--port {port}: in use, and no Prefect server answers us there; give another one"
            )


def environment(url: str) -> Mapping[str, str]:
    """For the server, the workers and their runs, which work in the folder that PWD names."""
    ours = {"PREFECT_API_URL": url, "PWD": str(Path.cwd())}
    return os.environ | {"PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false"} | ours


def worker_name() -> str:
    """The same at every start, so that the UI does not fill with workers that are gone."""
    return f"{Path.cwd().name}@{socket.gethostname()}"


def welcome(url: str, running: bool, pools: Sequence[str], menu: Mapping[str, str]) -> str:
    """Where to look, what to click, what runs where."""
    width = max(map(len, menu))
    kept = "The server ran already; its deployments stay as they are (`prefect deploy --all`)."
    return "\n".join([
        f"Prefect's UI: {url.removesuffix('/api')}",
        *[kept] * running,
        "Under Deployments, choose one; Run > Custom run shows its form:",
        *[f"  {name:{width}}  {what}" for name, what in menu.items()],
        f"Runs work in this folder; workers: {', '.join(pools)}; logs: {LOGS}.",
        "Ctrl-C ends all of it; runs, artifacts and schedules are kept.",
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m flows.ui", description=__doc__)
    parser.add_argument("--port", type=int, default=4200, help="of the server; 4200 by default")
    parser.add_argument(
        "--pool", action="append", default=[], help="a worker for it only; again for more"
    )
    options = parser.parse_args()
    if not 0 < options.port < 1 << 16:
        parser.error(f"--port {options.port}: 1 to {(1 << 16) - 1}")
    try:
        serve(options.port, options.pool)
    except StoppedError:
        print("Ended.")
    except (FailedError, InputError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
