"""A team's set-up: Prefect on PostgreSQL, and a second machine's worker in a clone of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.flows import ui_program
from tests.flows.deploying import start
from tests.flows.small import Workspace
from tests.flows.ui_program import free_port, started, until

pytestmark = pytest.mark.slow

PASSWORD = "a word of the test's own"
# initdb refuses to work for root.
USER = "nobody" if os.getuid() == 0 else None


def binaries() -> Path:
    """Where PostgreSQL's programs are: in the path, or where Debian has them."""
    found = shutil.which("initdb")
    installed = [Path(found).resolve().parent] if found else []
    installed += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in installed:
        if all((folder / name).exists() for name in ("initdb", "postgres", "psql")):
            return folder
    pytest.skip("no PostgreSQL here: no initdb, postgres and psql in PATH or /usr/lib/postgresql")


@dataclass(frozen=True)
class Database:
    """A running PostgreSQL, to be asked in SQL."""

    programs: Path
    port: int

    @property
    def url(self) -> str:
        word = PASSWORD.replace(" ", "%20").replace("'", "%27")
        return f"postgresql+asyncpg://prefect:{word}@127.0.0.1:{self.port}/postgres"

    def ask(self, query: str) -> str:
        command = [self.programs / "psql", "--no-psqlrc", "-At", "-c", query]
        env = os.environ | {
            "PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "prefect",
            "PGPASSWORD": PASSWORD, "PGDATABASE": "postgres",
        }  # fmt: skip
        return subprocess.run(
            command, env=env, check=True, text=True, stdout=subprocess.PIPE
        ).stdout.strip()  # fmt: skip


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """An empty PostgreSQL with a password, in a folder that goes away after the tests."""
    programs, port = binaries(), free_port()
    with tempfile.TemporaryDirectory(prefix="faceline-postgresql-") as name:
        folder = Path(name)
        (folder / "password").write_text(PASSWORD)
        if USER:
            shutil.chown(folder, USER)
            shutil.chown(folder / "password", USER)
        made = subprocess.run(
            [
                programs / "initdb", "--pgdata", folder / "data", "--username", "prefect",
                "--pwfile", folder / "password", "--auth", "scram-sha-256", "--no-sync",
            ],
            user=USER, cwd=folder, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert made.returncode == 0, made.stdout
        with served(programs, folder, port):
            yield Database(programs, port)


@contextmanager
def served(programs: Path, folder: Path, port: int) -> Iterator[None]:
    log = folder / "server.log"
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder}
    settings = [f"-c{name}={value}" for name, value in options.items()]
    with log.open("wb") as file:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *settings],
            user=USER, cwd=folder, stdout=file, stderr=file,
        )  # fmt: skip
    try:
        ready = [programs / "pg_isready", "--quiet", "--host", "127.0.0.1", "--port", str(port)]
        until(lambda: subprocess.run(ready, check=False).returncode == 0, log.read_text)
        yield
    finally:
        server.terminate()
        server.wait(60)


def test_two_machines_share_a_server_on_postgresql(database: Database, small: Workspace) -> None:
    """The first has the server and the data, the second the GPU; each has a folder of its own."""
    ui_program.with_flows(small)
    second = small.folder.parent / "second"
    port, on_postgresql = free_port(), {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database.url}
    with started(small.folder, port, "--pool", "data", **on_postgresql) as program:
        finish(program.url, "pipeline/pipeline")
        shutil.copytree(small.folder, second)
        (small.folder / "model.json").unlink()
        (second / "model.json").unlink()
        with started(second, port, "--pool", "gpu", PREFECT_API_URL=program.url) as joined:
            assert "The server ran already" in joined.said()
            finish(program.url, "train/train-gpu", pull=False, push=False)
    assert (second / "model.json").exists()
    assert not (small.folder / "model.json").exists()
    ended = "select d.name, r.state_name from flow_run r join deployment d on d.id = deployment_id"
    rows = database.ask(f"{ended} where r.auto_scheduled = false order by 1").splitlines()
    assert rows == ["pipeline|Completed", "train-gpu|Completed"]
    assert not list(small.folder.parent.glob("prefect-*/prefect.db")), "something is in SQLite"


def finish(url: str, deployment: str, **parameters: object) -> None:
    """Run a deployment to its end."""
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as api:
        number = start(api, deployment, **parameters)

        def ended() -> bool:
            state = api.read_flow_run(number).state
            return bool(state and state.is_final())

        until(ended, lambda: str(api.read_flow_run(number).state))
        state = api.read_flow_run(number).state
        assert state
        assert state.is_completed(), state.message
