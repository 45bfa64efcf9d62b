"""`python -m flows.ui` in a folder, for tests."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.flows.small import ROOT, Workspace, environment

LONG = 300.0  # seconds; a busy machine takes a minute to start a server
READY = "Ctrl-C ends all of it"


@dataclass(frozen=True)
class Ui:
    """The running program, its output, and the address of its server's API."""

    process: subprocess.Popen[bytes]
    output: Path
    url: str

    def said(self) -> str:
        return self.output.read_text()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def settings(folder: Path, **more: str) -> dict[str, str]:
    """The environment, with a Prefect of the folder's own and workers that look often."""
    home = str(folder.parent / f"prefect-{folder.name}")
    return environment(PREFECT_HOME=home, PYTHONPATH="", PREFECT_WORKER_QUERY_SECONDS="2", **more)


def with_flows(workspace: Workspace) -> None:
    """Give a small workspace the real flows and their deployments."""
    for name in ("flows", "stages"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, workspace.folder / name, ignore=ignored)
    shutil.copy(ROOT / "prefect.yaml", workspace.folder)


@contextmanager
def started(folder: Path, port: int, *arguments: str, **env: str) -> Iterator[Ui]:
    """The program from when it is ready; ended after the block, when it has not by itself."""
    output = folder.parent / f"ui-{len(list(folder.parent.glob('ui-*')))}.log"
    command = [sys.executable, "-u", "-m", "flows.ui", "--port", str(port), *arguments]
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=settings(folder, **env), stdout=file, stderr=file
        )
    ui = Ui(process, output, f"http://127.0.0.1:{port}/api")
    try:
        until(lambda: READY in ui.said() or process.poll() is not None, ui.said)
        assert READY in ui.said(), ui.said()
        yield ui
    finally:
        process.terminate()
        process.wait(LONG)


def until(done: Callable[[], object], told: Callable[[], str], seconds: float = LONG) -> None:
    """Wait until something holds; what is `told` helps where it never does."""
    limit = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < limit, told()
        time.sleep(0.2)


def processes(folder: Path) -> list[str]:
    """The commands of all other processes that work in a folder."""
    found = []
    for process in psutil.process_iter(["cwd", "cmdline"]):
        if process.info["cwd"] == str(folder) and process.pid != os.getpid():
            found.append(" ".join(process.info["cmdline"] or []))
    return found
