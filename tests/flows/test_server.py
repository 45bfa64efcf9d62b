"""The server answers its own pages and programs; a page of another site can start nothing."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from flows import server
from flows.server import is_own
from tests.flows.small import Workspace, environment, gone

NAMES = frozenset({"faceline.example.org"})
OWN = [
    ("127.0.0.1:4200", None),
    ("localhost:4200", None),
    ("[::1]:4200", None),
    ("10.0.0.5:4200", None),
    ("faceline.example.org", None),
    ("FACELINE.example.org", "https://faceline.example.org"),
    ("127.0.0.1:4200", "http://127.0.0.1:4200"),
    ("localhost:4200", "http://localhost:4200"),
    ("127.0.0.1:4200", "http://localhost:4200"),  # the page was opened by the other name
]
FOREIGN = [
    ("evil.example", None),  # a name that was made to lead here
    ("evil.example:4200", "http://evil.example:4200"),
    ("127.0.0.1.evil.example:4200", None),
    ("localhost.evil.example", None),
    ("", None),
    ("[", None),
    ("user@evil.example", None),
    ("127.0.0.1:4200", "http://evil.example"),
    ("127.0.0.1:4200", "null"),
    ("127.0.0.1:4200", "http://127.0.0.1:8000"),  # another server of this machine
    ("127.0.0.1:4200", "http://localhost:8000"),
    ("127.0.0.1:4200", "file://"),
    ("127.0.0.1:4200", "http://127.0.0.1:4200.evil.example"),
    ("127.0.0.1:4200", "http://127.0.0.1:4200@evil.example"),
]


def headers(host: str, origin: str | None) -> list[tuple[bytes, bytes]]:
    fields = [(b"host", host.encode())]
    return fields + ([(b"origin", origin.encode())] if origin is not None else [])


@pytest.mark.parametrize(("host", "origin"), OWN)
def test_own_requests_pass(host: str, origin: str | None) -> None:
    assert is_own(headers(host, origin), NAMES)


@pytest.mark.parametrize(("host", "origin"), FOREIGN)
def test_foreign_requests_do_not(host: str, origin: str | None) -> None:
    assert not is_own(headers(host, origin), NAMES)


def test_a_request_without_a_host_or_with_two_does_not_pass() -> None:
    assert not is_own([], NAMES)
    assert not is_own([(b"host", b"localhost"), (b"host", b"localhost")], NAMES)
    twice = [(b"origin", b"http://localhost"), (b"origin", b"http://evil.example")]
    assert not is_own([(b"host", b"localhost"), *twice], NAMES)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API's address of our server, with a database of its own."""
    folder, port = tmp_path_factory.mktemp("server"), server.free_port()
    env = environment(PREFECT_HOME=str(folder))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            server.command(port, "--temporary"), cwd=folder, env=env, stdout=log, stderr=log
        )
    address = f"http://127.0.0.1:{port}/api"
    until = time.monotonic() + server.START
    while not server.answers(address):
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < until
        time.sleep(0.2)
    yield address
    process.terminate()
    process.wait(60)


@pytest.mark.slow
def test_a_page_of_another_site_cannot_create_a_run(url: str) -> None:
    flow = httpx.post(f"{url}/flows/", json={"name": "x"}).json()["id"]
    body = {"flow_id": flow, "state": {"type": "SCHEDULED"}}
    for host, origin in [each for each in FOREIGN if each[0] not in ("", "[")]:
        fields = {"host": host} | ({"origin": origin} if origin is not None else {})
        for content_type in ("application/json", "text/plain", None):
            more = {"content-type": content_type} if content_type else {}
            answer = httpx.post(
                f"{url}/flow_runs/", content=httpx.Request("POST", url, json=body).content,
                headers=fields | more,
            )  # fmt: skip
            assert answer.status_code in (400, 403), (host, origin, content_type)
            assert "access-control-allow-origin" not in answer.headers
    assert httpx.post(f"{url}/flow_runs/count", json={}).json() == 0
    own = {"origin": url.removesuffix("/api")}
    assert httpx.post(f"{url}/flow_runs/", json=body, headers=own).status_code == 201


def test_an_address_without_a_server_is_one_line(small: Workspace) -> None:
    address = f"http://127.0.0.1:{server.free_port()}/api"
    done = subprocess.run(
        [sys.executable, "-m", "flows.pipeline"], cwd=small.folder,
        env=environment(PREFECT_API_URL=address), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"PREFECT_API_URL = {address}: no Prefect server answers us there")


@pytest.mark.slow
@pytest.mark.parametrize("number", [15, 9])
def test_the_temporary_server_ends_with_its_flow(small: Workspace, number: int) -> None:
    small.write("step.py", "import time; time.sleep(600)")
    command = [sys.executable, "-m", "flows.pipeline"]
    env = environment(PREFECT_HOME=str(small.folder.parent / "prefect"))
    with (small.folder.parent / "log").open("wb") as log:
        flow = subprocess.Popen(command, cwd=small.folder, env=env, stdout=log, stderr=log)
    working = wait_for(small.folder, "step.py")
    servers = wait_for(small.folder, "flows.server")
    flow.send_signal(number)
    flow.wait(60)
    until = time.monotonic() + 20
    while not all(map(gone, [*working, *servers])) and time.monotonic() < until:
        time.sleep(0.1)
    assert all(map(gone, [*working, *servers]))


def wait_for(folder: Path, word: str) -> list[int]:
    """The numbers of processes that work in a folder and have a word in their command."""
    import psutil

    until = time.monotonic() + server.START
    while time.monotonic() < until:
        processes = [
            each.pid
            for each in psutil.process_iter(["cwd", "cmdline"])
            if each.info["cwd"] == str(folder) and word in " ".join(each.info["cmdline"] or [])
        ]
        if processes:
            return processes
        time.sleep(0.2)
    pytest.fail(f"no process of {word}: {(folder.parent / 'log').read_text()}")
