"""`make ui`: a server and workers that start, are used, end whole and come back with everything."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import deployments, ui
from stages.core.program import InputError
from tests.flows import ui_program
from tests.flows.deploying import start
from tests.flows.small import STEP, Workspace
from tests.flows.ui_program import LONG, Ui, free_port, processes, settings, started, until

SLOW = "import time; print('at work', flush=True); time.sleep(600)"

FILE = """
deployments:
  - {name: a, description: "Does\\n  this", work_pool: {name: small}}
  - {name: b, work_pool: {name: big}}
  - {name: c, work_pool: {name: big}}
"""


def test_pools_and_menu_are_those_of_the_deployments(tmp_path: Path) -> None:
    (tmp_path / "prefect.yaml").write_text(FILE)
    pools, menu = deployments.read(tmp_path / "prefect.yaml")
    assert pools == ["big", "small"]
    assert menu == {"a": "Does this", "b": "", "c": ""}


@pytest.mark.parametrize(
    "text", ["deployments: []", "name: x", "deployments: [{name: a}]", "deployments: 3"]
)
def test_deployments_without_a_pool_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "prefect.yaml").write_text(text)
    with pytest.raises(InputError, match="each needs a name and a work_pool with a name"):
        deployments.read(tmp_path / "prefect.yaml")


def test_an_unknown_pool_is_refused_with_those_there_are() -> None:
    assert ui.chosen(["data", "gpu"], []) == ["data", "gpu"]
    assert ui.chosen(["data", "gpu"], ["gpu", "gpu"]) == ["gpu"]
    with pytest.raises(InputError, match=r"--pool cpu: not in prefect.yaml; it has data, gpu"):
        ui.chosen(["data", "gpu"], ["cpu"])


def test_a_server_elsewhere_that_does_not_answer_is_not_replaced_by_one_here() -> None:
    with pytest.raises(InputError, match="PREFECT_API_URL = http://team/api: no Prefect server"):
        ui.check_free("http://team/api", "http://127.0.0.1:4200/api", 4200)


@pytest.mark.slow
def test_a_port_that_something_else_has_is_one_line(small: Workspace) -> None:
    ui_program.with_flows(small)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        port = other.server_port
        done = subprocess.run(
            [sys.executable, "-m", "flows.ui", "--port", str(port)], cwd=small.folder,
            env=settings(small.folder), capture_output=True, text=True, check=False, timeout=LONG,
        )  # fmt: skip
        other.shutdown()
    assert done.returncode == 1
    told = f"--port {port}: in use, and no Prefect server answers us there; give another one"
    assert done.stderr.splitlines() == [told]


@contextmanager
def client(program: Ui) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: program.url}), get_client(sync_client=True) as api:
        yield api


def run(api: SyncPrefectClient, program: Ui) -> FlowRun:
    """A run of the pipeline that has ended."""
    number = start(api, "pipeline/pipeline")

    def ended() -> bool:
        state = api.read_flow_run(number).state
        return bool(state and state.is_final())

    until(ended, lambda: program.said() + str(api.read_flow_run(number).state))
    return api.read_flow_run(number)


@pytest.mark.slow
def test_the_whole_of_it(small: Workspace) -> None:
    """One story, since each server costs half a minute."""
    ui_program.with_flows(small)
    port = free_port()
    with started(small.folder, port) as program, client(program) as api:
        completed = run(api, program)
        assert completed.state
        assert completed.state.is_completed(), completed.state.message
        a_schedule_is_changed(api)
        a_second_one_only_adds_workers(small, program, port)
        ended = it_ends_in_the_middle_of_a_run(small, api, program)
    with started(small.folder, port) as program, client(program) as api:
        nothing_is_lost(api, [completed, ended])
        small.write("step.py", STEP)
        again = run(api, program)
        assert again.state
        assert again.state.is_completed(), "the ended run left a workspace that cannot be used"
        a_worker_that_dies_is_named(small, program)


def a_schedule_is_changed(api: SyncPrefectClient) -> None:
    """As somebody does in the UI: the nightly one paused, another added."""
    nightly = api.read_deployment_by_name("catalogue/nightly-refresh")
    (schedule,) = nightly.schedules
    assert schedule.id
    api.update_deployment_schedule(nightly.id, schedule.id, active=False)
    api.create_deployment_schedules(nightly.id, [(CronSchedule(cron="5 4 * * *"), True)])


def a_second_one_only_adds_workers(small: Workspace, program: Ui, port: int) -> None:
    def count(words: str) -> int:
        return sum(words in each for each in processes(small.folder))

    with started(small.folder, port, "--pool", "gpu") as second:
        assert "The server ran already; its deployments stay as they are" in second.said()
        counts = [count(words) for words in ("flows.server", "--pool data", "--pool gpu --name")]
        assert counts == [1, 1, 2]
        second.process.send_signal(signal.SIGINT)
        assert second.process.wait(LONG) == 0
    assert program.process.poll() is None
    assert count("--pool gpu --name") == 1


def it_ends_in_the_middle_of_a_run(
    small: Workspace, api: SyncPrefectClient, program: Ui
) -> FlowRun:
    small.write("step.py", SLOW)
    small.write("other.txt", "changed\n")
    number = start(api, "pipeline/pipeline")
    until(lambda: any("step.py" in each for each in processes(small.folder)), program.said)
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(LONG) == 0
    assert processes(small.folder) == []
    return FlowRun.model_construct(id=number)


def nothing_is_lost(api: SyncPrefectClient, runs: list[FlowRun]) -> None:
    states = [api.read_flow_run(each.id).state_name for each in runs]
    assert states == ["Completed", "Crashed"], "an ended run is not left Running"
    assert {each.key for each in api.read_artifacts()} >= {"metrics"}
    nightly = api.read_deployment_by_name("catalogue/nightly-refresh")
    kept = {(str(each.schedule.cron), each.active) for each in nightly.schedules}  # type: ignore[union-attr]
    assert kept == {("0 3 * * *", False), ("5 4 * * *", True)}


def a_worker_that_dies_is_named(small: Workspace, program: Ui) -> None:
    def is_worker(process: psutil.Process) -> bool:
        return process.ppid() == program.process.pid and "data" in process.cmdline()

    (worker,) = filter(is_worker, psutil.process_iter())
    worker.kill()
    assert program.process.wait(LONG) == 1
    told = program.said()
    assert "worker-data ended with exit code -9; the end of .store/ui/worker-data.log:" in told
    assert processes(small.folder) == []
