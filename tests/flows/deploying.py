"""Deployments and workers on a real server, for tests."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
)
from prefect.client.schemas.objects import FlowRun

from tests.flows.small import PROGRAMS, environment, started

LONG = 600.0  # seconds; a busy machine starts a run in half a minute


def settings(server: str, folder: Path) -> dict[str, str]:
    """The environment of programs in a folder, as a shell gives it that stands there."""
    home = folder.parent / f"prefect-{folder.name}"
    return environment(
        PREFECT_API_URL=server, PREFECT_HOME=str(home), PWD=str(folder), PYTHONPATH="",
        PREFECT_WORKER_QUERY_SECONDS="2",
    )  # fmt: skip


def prefect(server: str, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [PROGRAMS / "prefect", "--no-prompt", *arguments], cwd=folder, text=True, check=False,
        env=settings(server, folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert not done.returncode, done.stdout
    return done.stdout


@contextmanager
def deployed(server: str, client: SyncPrefectClient, folder: Path) -> Iterator[None]:
    """All deployments of a folder's prefect.yaml, gone after the block with all their runs."""
    for pool in ("data", "gpu"):
        prefect(server, folder, "work-pool", "create", "--type", "process", "--overwrite", pool)
    prefect(server, folder, "deploy", "--all")
    try:
        yield
    finally:
        for each in client.read_deployments():
            client.delete_deployment(each.id)


@contextmanager
def worker(server: str, folder: Path, pool: str) -> Iterator[Path]:
    """A worker that was started in a folder; gives its log."""
    log = folder.parent / f"{folder.name}-{pool}.log"
    command = ["prefect", "worker", "start", "--type", "process", "--pool", pool]
    with started(command, log, settings(server, folder), folder):
        yield log


def ended(client: SyncPrefectClient, deployment: str, logs: list[Path]) -> FlowRun:
    """The first run of a deployment that has ended, whatever started it."""
    named = DeploymentFilter(name=DeploymentFilterName(any_=[deployment]))
    until = time.monotonic() + LONG
    while True:
        for run in client.read_flow_runs(deployment_filter=named):
            if run.state and run.state.is_final():
                return run
        words = "\n".join(log.read_text()[-3000:] for log in logs)
        assert time.monotonic() < until, f"no run of {deployment} has ended\n{words}"
        time.sleep(0.5)


def start(client: SyncPrefectClient, name: str, **parameters: object) -> UUID:
    """Start a deployment's flow, by `flow/deployment`."""
    deployment = client.read_deployment_by_name(name)
    return client.create_flow_run_from_deployment(deployment.id, parameters=parameters).id
