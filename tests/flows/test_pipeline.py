"""The flow follows DVC's graph, tells how it went, and leaves nothing running behind."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
    LogFilter,
    LogFilterFlowRunId,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelled, Completed, Crashed, Failed

from flows import dag, pipeline
from flows.dag import Stage
from flows.pipeline import NOT_STARTED, blamed, ending, without_pools
from tests.flows.small import ROOT, STEP, Workspace, environment, gone, started

LONG = """
import os, subprocess, sys, time
from pathlib import Path

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
beside = Path(f"beside-{sys.argv[1]}")
beside.write_text(f"{os.getpid()} {child.pid}")
beside.rename(f"running-{sys.argv[1]}")
time.sleep(600)
"""
BROKEN = """
import sys
print("one line")
if sys.argv[1] == "left-b":
    sys.exit("words of the stage")
"""


def stage(name: str, *needs: str, pool: str | None = None) -> Stage:
    return Stage(name, frozenset(needs), pool=pool)


def test_stages_for_a_pool_and_those_that_need_them_stay_away() -> None:
    graph = [stage("a"), stage("b", "a", pool="gpu"), stage("c", "b"), stage("d", "a")]
    assert [each.name for each in without_pools(graph)] == ["a", "d"]


def test_the_first_that_failed_is_to_blame() -> None:
    graph = {each.name: each for each in (stage("a"), stage("b", "a"), stage("c", "b"), stage("d"))}
    states: dict[str, State[Any]] = {"a": Failed(), "b": Cancelled(name=NOT_STARTED)}
    assert blamed("b", graph, states) == {"a"}
    assert blamed("c", graph, states) == {"a"}
    assert blamed("d", graph, states) == set()
    assert blamed("b", graph, {"a": Completed(name="Cached")}) == set()


def test_a_flow_ends_as_its_stages_do() -> None:
    assert ending({"a": Completed(), "b": Completed(name="Cached")}).is_completed()
    end = ending({"a": Failed(message="why"), "b": Cancelled(name=NOT_STARTED), "c": Completed()})
    assert (end.is_failed(), end.message) == (True, "a failed:\nwhy")
    assert ending({"a": Crashed(message="lost")}).is_failed()


def test_no_stage_is_named_in_the_flows() -> None:
    names = {each.name.split("@")[0] for each in dag.stages()}
    code = "".join(Path(file).read_text() for file in (pipeline.__file__, dag.__file__))
    assert not [name for name in names if f'"{name}"' in code]


@pytest.mark.slow
def test_help_names_every_parameter() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "flows.pipeline", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in ("targets", "force", "set-param", "training", "when-busy", "commit", "push"):
        assert name in said


# With a real server.


@pytest.fixture
def client(server: str) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: server}), get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def env(server: str, tmp_path: Path) -> dict[str, str]:
    return {"PREFECT_API_URL": server, "PREFECT_HOME": str(tmp_path / "prefect")}


def flow(workspace: Workspace, env: dict[str, str], *arguments: str, fails: bool = False) -> str:
    command = [sys.executable, "-m", "flows.pipeline", *arguments]
    done = workspace.run(*command, check=False, **env)
    assert bool(done.returncode) == fails, done.stdout
    return done.stdout


def last_run(client: SyncPrefectClient, said: str) -> FlowRun:
    """The run whose address the flow has told."""
    return client.read_flow_run(UUID(said.partition("runs/flow-run/")[2][:36]))


def states(client: SyncPrefectClient, run: FlowRun) -> dict[str, tuple[str, str | None]]:
    """By task: the name of its state, and the message."""
    only = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
    wait_until(lambda: all(_ended(task) for task in client.read_task_runs(flow_run_filter=only)))
    found = client.read_task_runs(flow_run_filter=only)
    return {task.name: (task.state.name or "", task.state.message) for task in found if task.state}


def _ended(task: Any) -> bool:
    return bool(task.state and task.state.is_final())


def wait_until(true: Callable[[], object], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited for nothing"
        time.sleep(0.1)


@pytest.mark.slow
def test_tasks_logs_tags_and_artifacts(
    small: Workspace, client: SyncPrefectClient, env: dict[str, str]
) -> None:
    run = last_run(client, flow(small, env, "--commit"))
    assert {name: state for name, (state, _) in states(client, run).items()} == dict.fromkeys(
        ["left@a", "left@b", "both", "model", "page"], "Completed"
    )
    assert f"data-{dag.dataset_version()}" in run.tags
    wait_until(lambda: "both: 1 of 1 files, 2.0 a second, 00:00 left" in _logged(client, run))
    keys = {each.key for each in _artifacts(client, run)}
    assert {"metrics", "lineage", "progress-both", "progress-left-a"} <= keys
    assert small.run("git", "log", "-1", "--format=%s").stdout.strip() == f"Run {run.name}"

    again = last_run(client, flow(small, env, "-S", "word=longer", "model"))
    assert {name: state for name, (state, _) in states(client, again).items()} == dict.fromkeys(
        ["left@a", "left@b", "both", "model"], "Completed"
    )
    metrics = next(each for each in _artifacts(client, again) if each.key == "metrics")
    (row,) = json.loads(metrics.data)
    assert (row["stage"], row["metric"], row["change"]) == ("model", "letters", "+4")

    idle = last_run(client, flow(small, env, "model"))
    assert {state for state, _ in states(client, idle).values()} == {"Cached"}


def _logged(client: SyncPrefectClient, run: FlowRun) -> list[str]:
    found = client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])))
    return [each.message for each in found]


def _artifacts(client: SyncPrefectClient, run: FlowRun) -> list[Any]:
    wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
    return list(client.read_artifacts(artifact_filter=wanted))


@pytest.mark.slow
def test_a_failure_says_why_and_holds_up_only_what_needs_it(
    small: Workspace, client: SyncPrefectClient, env: dict[str, str]
) -> None:
    small.write("step.py", BROKEN + STEP)
    run = last_run(client, flow(small, env, fails=True))
    found = states(client, run)
    assert found["left@a"][0] == "Completed"
    assert found["left@b"][0] == "Failed"
    assert "words of the stage" in str(found["left@b"][1])
    for name in ("both", "model", "page"):
        assert found[name] == (NOT_STARTED, "Needs left@b, which failed")
    assert run.state
    assert "words of the stage" in str(run.state.message)
    assert _logged(client, run).count("one line") == 3  # left@a, and left@b twice: meta says so


def interrupted(workspace: Workspace) -> list[int]:
    """Once both stages that can begin really run: the processes of them and of their children."""
    files = [workspace.folder / f"running-left-{key}" for key in "ab"]
    wait_until(lambda: all(file.exists() for file in files))
    return [int(number) for file in files for number in file.read_text().split()]


def check_end(workspace: Workspace, numbers: list[int]) -> None:
    """All end within 10 s, and DVC goes on as if nothing had been."""
    wait_until(lambda: all(gone(number) for number in numbers), 10)
    workspace.write("step.py", STEP)
    done = workspace.run("dvc", "--wait-for-lock", "repro")
    assert "killed" not in done.stdout  # what DVC says of a lock that nobody gave back
    assert not workspace.run("dvc", "status", "--quiet", check=False).returncode


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_stage(
    small: Workspace, client: SyncPrefectClient, env: dict[str, str], number: signal.Signals
) -> None:
    small.write("step.py", LONG)
    with running(small, env) as program:
        numbers = interrupted(small)
        program.send_signal(number)
        wait_until(lambda: all(gone(number) for number in numbers), 10)
        wait_until(lambda: program.poll() is not None)
        assert program.returncode
    check_end(small, numbers)


@contextmanager
def running(workspace: Workspace, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    log = workspace.folder.parent / "flow.log"
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:  # inherited, as by the tests from nohup
            signal.signal(number, signal.default_int_handler)
    with started(["python", "-m", "flows.pipeline"], log, environment(**env)) as program:
        yield program


@pytest.mark.slow
def test_cancelling_a_deployments_run_ends_every_stage(
    small: Workspace, client: SyncPrefectClient, env: dict[str, str]
) -> None:
    small.write("step.py", LONG)
    deployment = deploy(small, env)
    worker = ["prefect", "worker", "start", "--type", "process", "--pool", small.pool]
    with started(worker, small.folder.parent / "worker.log", environment(**env)):
        run = client.create_flow_run_from_deployment(deployment)
        numbers = interrupted(small)
        small.run("prefect", "flow-run", "cancel", str(run.id), **env)
        check_end(small, numbers)
        wait_until(lambda: _ended(client.read_flow_run(run.id)))
        state = client.read_flow_run(run.id).state
    assert state
    assert state.type == StateType.CANCELLED


def deploy(workspace: Workspace, env: dict[str, str]) -> UUID:
    """The pipeline as a deployment that a process worker runs in the workspace."""
    code = """
import sys
from flows.pipeline import pipeline
from prefect.flows import EntrypointType
print(pipeline.to_deployment(
    "test", work_pool_name=sys.argv[1], entrypoint_type=EntrypointType.MODULE_PATH,
    job_variables={"working_dir": sys.argv[2]},
).apply())
"""
    workspace.run("prefect", "work-pool", "create", "--type", "process", workspace.pool, **env)
    said = workspace.run("python", "-c", code, workspace.pool, str(workspace.folder), **env).stdout
    return UUID(said.split()[-1])


@pytest.mark.slow
def test_a_second_run_is_refused_by_name(
    small: Workspace, client: SyncPrefectClient, env: dict[str, str]
) -> None:
    small.write("step.py", LONG)
    with running(small, env):
        interrupted(small)
        second = last_run(client, flow(small, env, "--when-busy", "refuse", fails=True))
    assert second.state
    assert "holds the workspace" in str(second.state.message)


@pytest.mark.slow
def test_the_pool_is_told_of_another_dataset_only(
    small: Workspace, client: SyncPrefectClient, env: dict[str, str]
) -> None:
    run = last_run(client, flow(small, env, "--training", "pool"))
    assert set(states(client, run)) == {"left@a", "left@b", "both"}
    wait_until(lambda: _events(client))
    (event,) = _events(client)
    assert event["payload"]["version"] == dag.dataset_version()
    flow(small, env, "--training", "pool")
    assert len(_events(client)) == 1


def _events(client: SyncPrefectClient) -> list[Any]:
    wanted = {"filter": {"event": {"name": [pipeline.EVENT]}}}
    return list(client.request("POST", "/events/filter", json=wanted).json()["events"])


@pytest.mark.slow
def test_without_a_server(small: Workspace, env: dict[str, str]) -> None:
    alone = {"PREFECT_HOME": env["PREFECT_HOME"]}
    alone["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "300"
    said = flow(small, alone, "both")
    assert "Finished in state Completed()" in said
    assert "Error" not in said, "the server ended before its last lines were sent"
    assert small.read("both.txt") == "plainplaina\nplainb\n"
